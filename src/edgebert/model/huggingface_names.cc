#include "edgebert/model/huggingface_names.h"

#include <fmt/format.h>

#include "edgebert/model/model.h"

namespace edgebert {

void HuggingFaceNames::AddLayer(Family family, const std::string& prefix, int distinct) {
  const std::string ours = fmt::format("layer.{}", distinct);
  const bool is_albert = family == Family::kAlbert;
  const std::string theirs =
      fmt::format(fmt::runtime(is_albert ? "{}encoder.albert_layer_groups.{}.albert_layers.0"
                                         : "{}encoder.layer.{}"),
                  prefix, distinct);
  for (const char* projection : {"query", "key", "value"}) {
    names_[fmt::format("{}.attention.{}", ours, projection)] =
        fmt::format("{}.attention.{}{}", theirs, is_albert ? "" : "self.", projection);
  }
  const auto add = [&](std::string_view our_module, std::string_view bert,
                       std::string_view albert) {
    names_[fmt::format("{}.{}", ours, our_module)] =
        fmt::format("{}.{}", theirs, is_albert ? albert : bert);
  };
  add("attention.output", "attention.output.dense", "attention.dense");
  add("attention.norm", "attention.output.LayerNorm", "attention.LayerNorm");
  add("feed_forward.up", "intermediate.dense", "ffn");
  add("feed_forward.down", "output.dense", "ffn_output");
  add("feed_forward.norm", "output.LayerNorm", "full_layer_layer_norm");
}

HuggingFaceNames::HuggingFaceNames(const HuggingFaceConfig& config, const std::string& prefix) {
  const ModelConfig& model = config.model;
  names_["embedding.word"] = prefix + "embeddings.word_embeddings.weight";
  names_["embedding.position"] = prefix + "embeddings.position_embeddings.weight";
  names_["embedding.segment"] = prefix + "embeddings.token_type_embeddings.weight";
  names_["embedding.norm"] = prefix + "embeddings.LayerNorm";
  names_["embedding.projection"] = prefix + "encoder.embedding_hidden_mapping_in";
  for (int distinct = 0; distinct < model.num_distinct_layers; ++distinct) {
    AddLayer(model.family, prefix, distinct);
  }
  for (const int layer : model.off_ramp_layers) {
    const std::string ours = OffRampPrefix(model, layer);
    if (config.head == HuggingFaceHead::kOffRamps) {
      const int number = model.shared_off_ramp ? 0 : layer;
      names_[ours + "pooler"] = fmt::format("off_ramps.{}.pooler", number);
      names_[ours + "classifier"] = fmt::format("off_ramps.{}.classifier", number);
    } else {
      names_[ours + "pooler"] =
          prefix + (model.family == Family::kAlbert ? "pooler" : "pooler.dense");
      names_[ours + "classifier"] = "classifier";
    }
  }
}

std::string HuggingFaceNames::Of(std::string_view ours) const {
  if (const auto whole = names_.find(ours); whole != names_.end()) {
    return whole->second;
  }
  const size_t dot = ours.rfind('.');
  return names_.find(ours.substr(0, dot))->second +
         (ours.substr(dot + 1) == "bias" ? ".bias" : ".weight");
}

}  // namespace edgebert
