#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <numeric>

#include "edgebert/model/huggingface_config.h"

namespace edgebert {
namespace {

using Json = nlohmann::ordered_json;

const char* HiddenAct(Activation activation) {
  switch (activation) {
    case Activation::kGeluTanh:
      return "gelu_new";
    case Activation::kRelu:
      return "relu";
    case Activation::kGelu:
      break;
  }
  return "gelu";
}

Json OffRamps(const ModelConfig& config) {
  Json pooling = Json::array();
  for (const Pooling each : config.pooling) {
    pooling.push_back(PoolingName(each));
  }
  return {{"count", config.off_ramp_layers.size()},
          {"layers", config.off_ramp_layers},
          {"pooling", pooling},
          {"pooler_size", config.pooler_size},
          {"activation", "tanh"},
          {"shared", config.shared_off_ramp}};
}

Json Spans(const ModelConfig& config) {
  Json groups = Json::array();
  const auto heads = config.num_heads;
  for (auto group = config.attention_spans.begin(); group != config.attention_spans.end();
       group += heads) {
    groups.push_back(std::vector<int>(group, group + heads));
  }
  return groups;
}

}  // namespace

Result<std::string> WriteHuggingFaceConfig(const ModelConfig& config) {
  const bool is_albert = config.family == Family::kAlbert;
  const bool classifies = !config.off_ramp_layers.empty();
  Json json = {
      {"architectures",
       {fmt::format("{}{}", is_albert ? "Albert" : "Bert",
                    classifies ? "ForSequenceClassification" : "Model")}},
      {"model_type", FamilyName(config.family)},
      {"vocab_size", config.vocabulary_size},
      {"hidden_size", config.hidden_size},
      {"intermediate_size", config.intermediate_size},
      {"num_attention_heads", config.num_heads},
      {"num_hidden_layers", config.num_layers},
      {"num_hidden_groups", config.num_distinct_layers},
      {"max_position_embeddings", config.max_positions},
      {"type_vocab_size", config.num_segments},
      {"hidden_act", HiddenAct(config.activation)},
      {"layer_norm_eps", config.layer_norm_epsilon},
  };
  if (is_albert) {
    json["embedding_size"] = config.embedding_size;
    json["inner_group_num"] = 1;
  }
  json["layer_map"] = config.layer_map;
  if (!config.attention_spans.empty()) {
    json["attention_spans"] = Spans(config);
  }
  if (classifies) {
    Json names = Json::object();
    Json ids = Json::object();
    for (size_t id = 0; id < config.labels.size(); ++id) {
      names[std::to_string(id)] = config.labels[id];
      ids[config.labels[id]] = id;
    }
    json["id2label"] = names;
    json["label2id"] = ids;
    json["off_ramps"] = OffRamps(config);
  }
  std::string text = json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
  const Result<HuggingFaceConfig> read = ParseHuggingFaceConfig(text);
  if (!read.ok()) {
    return read.status().WithContext("a Hugging Face configuration cannot hold this model");
  }
  if (read->model != config) {
    return Unsupported(
        "a Hugging Face configuration cannot hold this model: it would be read as another shape");
  }
  return text;
}

}  // namespace edgebert
