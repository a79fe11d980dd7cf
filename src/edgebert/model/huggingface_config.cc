#include "edgebert/model/huggingface_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>
#include <utility>
#include <vector>

#include "edgebert/base/text.h"

namespace edgebert {
namespace {

using Json = nlohmann::json;

struct Architecture {
  std::string_view name;
  Family family;
  bool classifies;
};
constexpr std::array<Architecture, 4> kArchitectures = {{
    {"BertModel", Family::kBert, false},
    {"BertForSequenceClassification", Family::kBert, true},
    {"AlbertModel", Family::kAlbert, false},
    {"AlbertForSequenceClassification", Family::kAlbert, true},
}};

/// A value as it stands in the file, short enough for a message.
std::string Shown(const Json& value) {
  constexpr size_t kMaxShownBytes = 60;
  if (value.is_structured()) {
    return value.is_array() ? "a list" : "an object";
  }
  std::string text = value.dump(-1, ' ', true, Json::error_handler_t::replace);
  if (text.size() > kMaxShownBytes) {
    text.resize(kMaxShownBytes);
    text += "…";
  }
  return text;
}

/// Reads typed values of an object; null counts as absent, as in Python's configurations.
class Reader {
 public:
  /// `scope` stands before keys in messages: "" or "off_ramps.".
  Reader(const Json& object, std::string_view scope) : object_(object), scope_(scope) {}

  const Json* Find(const char* key) const {
    const auto found = object_.find(key);
    return found == object_.end() || found->is_null() ? nullptr : &*found;
  }

  Result<int> Integer(const char* key, int minimum, int maximum,
                      std::optional<int> absent = std::nullopt) const {
    const Json* const value = Find(key);
    if (value == nullptr) {
      return absent ? Result<int>(*absent) : Missing(key);
    }
    if (!value->is_number_integer() || !InRange(*value, minimum, maximum)) {
      return Wrong(key, *value, fmt::format("an integer from {} to {}", minimum, maximum));
    }
    return value->get<int>();
  }

  /// A list of `count` integers.
  Result<std::vector<int>> Integers(const char* key, int count, int minimum, int maximum) const {
    const Json* const list = Find(key);
    const std::string expected =
        fmt::format("a list of {} integers from {} to {}", count, minimum, maximum);
    if (list == nullptr) {
      return Missing(key);
    }
    if (!list->is_array() || list->size() != static_cast<size_t>(count)) {
      return Wrong(key, *list, expected);
    }
    std::vector<int> values;
    for (const Json& value : *list) {
      if (!value.is_number_integer() || !InRange(value, minimum, maximum)) {
        return Wrong(key, value, expected);
      }
      values.push_back(value.get<int>());
    }
    return values;
  }

  Result<bool> Boolean(const char* key, bool absent) const {
    const Json* const value = Find(key);
    if (value == nullptr) {
      return absent;
    }
    if (!value->is_boolean()) {
      return Wrong(key, *value, "true or false");
    }
    return value->get<bool>();
  }

  Result<std::string> Text(const char* key, std::optional<std::string> absent) const {
    const Json* const value = Find(key);
    if (value == nullptr) {
      return absent ? Result<std::string>(*absent) : Missing(key);
    }
    if (!value->is_string()) {
      return Wrong(key, *value, "a string");
    }
    return value->get<std::string>();
  }

  /// Refuses any value of `key` but `accepted`; absence is taken as `accepted`.
  template <typename T>
  Status Only(const char* key, const T& accepted) const {
    const Json* const value = Find(key);
    if (value != nullptr && *value != Json(accepted)) {
      return Unsupported(fmt::format("{}{} is {}, which is not supported: expected {}", scope_, key,
                                     Shown(*value), Json(accepted).dump()));
    }
    return OkStatus();
  }

  Status Wrong(const char* key, const Json& value, std::string_view expected) const {
    return DataLoss(fmt::format("{}{} is {}, expected {}", scope_, key, Shown(value), expected));
  }

  Status Missing(const char* key) const {
    return DataLoss(fmt::format("{}{} is missing", scope_, key));
  }

 private:
  static bool InRange(const Json& value, int minimum, int maximum) {
    if (value.is_number_unsigned()) {
      const auto number = value.get<uint64_t>();
      return number <= static_cast<uint64_t>(maximum) &&
             static_cast<int64_t>(number) >= int64_t{minimum};
    }
    const auto number = value.get<int64_t>();
    return number >= minimum && number <= maximum;
  }

  const Json& object_;
  std::string_view scope_;
};

Result<const Architecture*> ReadArchitecture(const Reader& reader) {
  std::vector<std::string> names;
  std::transform(kArchitectures.begin(), kArchitectures.end(), std::back_inserter(names),
                 [](const Architecture& a) { return std::string(a.name); });
  const std::string accepted = fmt::format("expected one of {}", fmt::join(names, ", "));
  const Json* const value = reader.Find("architectures");
  if (value == nullptr) {
    return DataLoss("architectures is missing, " + accepted);
  }
  if (!value->is_array() || value->size() != 1 || !value->front().is_string()) {
    return reader.Wrong("architectures", *value, "a list of one name, " + accepted);
  }
  const auto name = value->front().get<std::string>();
  const auto* const found = std::find_if(kArchitectures.begin(), kArchitectures.end(),
                                         [&](const Architecture& a) { return a.name == name; });
  if (found == kArchitectures.end()) {
    return Unsupported(
        fmt::format("architecture {} is not supported, {}", Shown(value->front()), accepted));
  }
  EDGEBERT_ASSIGN_OR_RETURN(const std::string model_type,
                            reader.Text("model_type", std::string(FamilyName(found->family))));
  if (model_type != FamilyName(found->family)) {
    return Unsupported(fmt::format("model_type is {}, but architecture {} is of type \"{}\"",
                                   Shown(model_type), name, FamilyName(found->family)));
  }
  return found;
}

Result<Activation> ReadActivation(const Reader& reader, Family family) {
  EDGEBERT_ASSIGN_OR_RETURN(
      const std::string name,
      reader.Text("hidden_act", family == Family::kAlbert ? "gelu_new" : "gelu"));
  if (name == "gelu") {
    return Activation::kGelu;
  }
  if (name == "gelu_new" || name == "gelu_pytorch_tanh") {
    return Activation::kGeluTanh;
  }
  if (name == "relu") {
    return Activation::kRelu;
  }
  return Unsupported(fmt::format(
      "hidden_act is {}, expected one of gelu, gelu_new, gelu_pytorch_tanh, relu", Shown(name)));
}

/// Refuses what would make another network of the same tensors.
Status CheckVariants(const Reader& reader) {
  EDGEBERT_RETURN_IF_ERROR(reader.Only("position_embedding_type", "absolute"));
  EDGEBERT_RETURN_IF_ERROR(reader.Only("is_decoder", false));
  EDGEBERT_RETURN_IF_ERROR(reader.Only("is_encoder_decoder", false));
  EDGEBERT_RETURN_IF_ERROR(reader.Only("add_cross_attention", false));
  EDGEBERT_RETURN_IF_ERROR(reader.Only("inner_group_num", 1));
  EDGEBERT_RETURN_IF_ERROR(reader.Only("problem_type", "single_label_classification"));
  const Json* const pruned = reader.Find("pruned_heads");
  if (pruned != nullptr && !pruned->empty()) {
    return Unsupported("pruned_heads is not empty, which is not supported");
  }
  if (reader.Find("quantization_config") != nullptr) {
    return Unsupported(
        "quantization_config is there, but only fp32, fp16 and bf16 weights are read");
  }
  return OkStatus();
}

Status ReadSpans(const Reader& reader, ModelConfig& config) {
  const Json* const spans = reader.Find("attention_spans");
  if (spans == nullptr) {
    return OkStatus();
  }
  const auto groups = static_cast<size_t>(config.num_distinct_layers);
  if (!spans->is_array() || spans->size() != groups) {
    return reader.Wrong("attention_spans", *spans, fmt::format("a list of {} lists", groups));
  }
  for (size_t group = 0; group < groups; ++group) {
    const Json object = {{"spans", (*spans)[group]}};
    const std::string scope = fmt::format("attention_spans[{}].", group);
    EDGEBERT_ASSIGN_OR_RETURN(
        const std::vector<int> heads,
        Reader(object, scope).Integers("spans", config.num_heads, 0, config.max_positions));
    config.attention_spans.insert(config.attention_spans.end(), heads.begin(), heads.end());
  }
  return OkStatus();
}

Status ReadShape(const Reader& reader, ModelConfig& config) {
  const auto read = [&](const char* key, int minimum, int maximum, int& value,
                        std::optional<int> absent = std::nullopt) -> Status {
    EDGEBERT_ASSIGN_OR_RETURN(value, reader.Integer(key, minimum, maximum, absent));
    return OkStatus();
  };
  EDGEBERT_RETURN_IF_ERROR(read("vocab_size", 1, kMaxVocabulary, config.vocabulary_size));
  EDGEBERT_RETURN_IF_ERROR(read("hidden_size", 1, kMaxDimension, config.hidden_size));
  EDGEBERT_RETURN_IF_ERROR(read("intermediate_size", 1, kMaxDimension, config.intermediate_size));
  EDGEBERT_RETURN_IF_ERROR(read("num_attention_heads", 1, kMaxHeads, config.num_heads));
  EDGEBERT_RETURN_IF_ERROR(read("num_hidden_layers", 1, kMaxLayers, config.num_layers));
  EDGEBERT_RETURN_IF_ERROR(read("max_position_embeddings", 4, kMaxPositions, config.max_positions));
  EDGEBERT_RETURN_IF_ERROR(read("type_vocab_size", 1, 16, config.num_segments));
  const bool is_albert = config.family == Family::kAlbert;
  EDGEBERT_RETURN_IF_ERROR(read("embedding_size", 1, kMaxDimension, config.embedding_size,
                                is_albert ? std::nullopt : std::optional(config.hidden_size)));
  if (!is_albert && config.embedding_size != config.hidden_size) {
    return Unsupported(fmt::format("embedding_size is {}, expected hidden_size, {}, for BERT",
                                   config.embedding_size, config.hidden_size));
  }
  if (config.hidden_size % config.num_heads != 0) {
    return DataLoss(fmt::format("hidden_size is {}, which num_attention_heads, {}, does not divide",
                                config.hidden_size, config.num_heads));
  }
  EDGEBERT_RETURN_IF_ERROR(read("num_hidden_groups", 1, config.num_layers,
                                config.num_distinct_layers, is_albert ? 1 : config.num_layers));
  // Divided as transformers divides, in double precision, so that uneven groups fall as there.
  const double layers_per_group =
      static_cast<double>(config.num_layers) / static_cast<double>(config.num_distinct_layers);
  for (int layer = 0; layer < config.num_layers; ++layer) {
    config.layer_map.push_back(static_cast<int>(layer / layers_per_group));
  }
  if (reader.Find("layer_map") != nullptr) {
    EDGEBERT_ASSIGN_OR_RETURN(config.layer_map, reader.Integers("layer_map", config.num_layers, 0,
                                                                config.num_distinct_layers - 1));
  }
  EDGEBERT_RETURN_IF_ERROR(ReadSpans(reader, config));
  const Json* const epsilon = reader.Find("layer_norm_eps");
  if (epsilon != nullptr) {
    if (!epsilon->is_number() || !(epsilon->get<double>() >= 0 && epsilon->get<double>() <= 0.1)) {
      return reader.Wrong("layer_norm_eps", *epsilon, "a number from 0 to 0.1");
    }
    config.layer_norm_epsilon = epsilon->get<float>();
  }
  return OkStatus();
}

Result<std::vector<std::string>> ReadLabels(const Reader& reader) {
  const Json* const names = reader.Find("id2label");
  if (names != nullptr && !names->is_object()) {
    return reader.Wrong("id2label", *names, "an object");
  }
  const int named =
      names == nullptr ? 2 : static_cast<int>(std::min(names->size(), size_t{INT_MAX}));
  EDGEBERT_ASSIGN_OR_RETURN(const int count, reader.Integer("num_labels", 0, INT_MAX, named));
  if (names != nullptr && count != named) {
    return DataLoss(
        fmt::format("num_labels is {}, but id2label has {} entries", count, names->size()));
  }
  if (count == 1) {
    return Unsupported("num_labels is 1: regression is not supported, expected 2 or more classes");
  }
  if (count < 2 || count > kMaxClasses) {
    return DataLoss(fmt::format("{} has {} classes, expected 2 to {}",
                                names == nullptr ? "num_labels" : "id2label", count, kMaxClasses));
  }
  std::vector<std::string> labels;
  for (int id = 0; id < count; ++id) {
    if (names == nullptr) {
      labels.push_back(fmt::format("LABEL_{}", id));
      continue;
    }
    const auto found = names->find(std::to_string(id));
    if (found == names->end()) {
      return DataLoss(
          fmt::format("id2label has no entry \"{}\", expected \"0\" to \"{}\"", id, count - 1));
    }
    if (!found->is_string()) {
      return DataLoss(
          fmt::format("id2label entry \"{}\" is {}, expected a string", id, Shown(*found)));
    }
    labels.push_back(found->get<std::string>());
  }
  return labels;
}

Status ReadOffRamps(const Json& object, ModelConfig& config) {
  if (!object.is_object()) {
    return DataLoss(fmt::format("off_ramps is {}, expected an object", Shown(object)));
  }
  static const std::vector<std::string> kKeys = {"count",       "layers",     "pooling",
                                                 "pooler_size", "activation", "shared"};
  for (const auto& [key, value] : object.items()) {
    if (std::find(kKeys.begin(), kKeys.end(), key) == kKeys.end()) {
      return DataLoss(
          fmt::format("off_ramps has unknown key {}{}", Shown(key), DidYouMean(key, kKeys)));
    }
  }
  const Reader reader(object, "off_ramps.");
  EDGEBERT_RETURN_IF_ERROR(reader.Only("activation", "tanh"));
  EDGEBERT_ASSIGN_OR_RETURN(const int count, reader.Integer("count", 1, kMaxLayers));
  if (reader.Find("layers") != nullptr) {
    EDGEBERT_ASSIGN_OR_RETURN(config.off_ramp_layers,
                              reader.Integers("layers", count, 1, config.num_layers));
  } else if (count != config.num_layers) {
    return Unsupported(fmt::format(
        "off_ramps.count is {}, expected num_hidden_layers, {}, or a list off_ramps.layers", count,
        config.num_layers));
  } else {
    config.off_ramp_layers.resize(static_cast<size_t>(count));
    std::iota(config.off_ramp_layers.begin(), config.off_ramp_layers.end(), 1);
  }
  EDGEBERT_ASSIGN_OR_RETURN(config.shared_off_ramp, reader.Boolean("shared", false));
  EDGEBERT_ASSIGN_OR_RETURN(config.pooler_size, reader.Integer("pooler_size", 1, kMaxDimension));
  const Json* const pooling = reader.Find("pooling");
  if (pooling == nullptr) {
    return reader.Missing("pooling");
  }
  constexpr std::string_view kExpected = "a list of one or both of \"cls\" and \"mean\"";
  if (!pooling->is_array() || pooling->empty() || pooling->size() > 2) {
    return reader.Wrong("pooling", *pooling, kExpected);
  }
  for (const Json& name : *pooling) {
    const bool is_mean = name == PoolingName(Pooling::kMean);
    const Pooling value = is_mean ? Pooling::kMean : Pooling::kCls;
    const bool twice = !config.pooling.empty() && config.pooling.front() == value;
    if ((!is_mean && name != PoolingName(Pooling::kCls)) || twice) {
      return reader.Wrong(
          "pooling", *pooling,
          fmt::format("{}, found {}{}", kExpected, Shown(name), twice ? " twice" : ""));
    }
    config.pooling.push_back(value);
  }
  return OkStatus();
}

Status ReadHead(const Reader& reader, bool classifies, HuggingFaceConfig& config) {
  const Json* const off_ramps = reader.Find("off_ramps");
  if (!classifies) {
    if (off_ramps != nullptr) {
      return Unsupported(fmt::format(
          "off_ramps is there, but architecture {} has no classes: expected {}ForSequence"
          "Classification",
          config.architecture, config.model.family == Family::kAlbert ? "Albert" : "Bert"));
    }
    return OkStatus();
  }
  EDGEBERT_ASSIGN_OR_RETURN(config.model.labels, ReadLabels(reader));
  if (off_ramps != nullptr) {
    config.head = HuggingFaceHead::kOffRamps;
    return ReadOffRamps(*off_ramps, config.model);
  }
  config.head = HuggingFaceHead::kClassifier;
  config.model.off_ramp_layers = {config.model.num_layers};
  config.model.pooling = {Pooling::kCls};
  config.model.pooler_size = config.model.hidden_size;
  return OkStatus();
}

}  // namespace

Result<HuggingFaceConfig> ParseHuggingFaceConfig(std::string_view json) {
  EDGEBERT_RETURN_IF_ERROR(CheckJsonHasNoNul(json));
  const Json object = Json::parse(json, nullptr, /*allow_exceptions=*/false);
  if (!object.is_object()) {
    return DataLoss(object.is_discarded() ? "is not valid JSON" : "is no JSON object");
  }
  const Reader reader(object, "");
  EDGEBERT_ASSIGN_OR_RETURN(const Architecture* const architecture, ReadArchitecture(reader));
  HuggingFaceConfig config;
  config.architecture = architecture->name;
  config.model.family = architecture->family;
  EDGEBERT_RETURN_IF_ERROR(CheckVariants(reader));
  EDGEBERT_ASSIGN_OR_RETURN(config.model.activation, ReadActivation(reader, architecture->family));
  EDGEBERT_RETURN_IF_ERROR(ReadShape(reader, config.model));
  EDGEBERT_RETURN_IF_ERROR(ReadHead(reader, architecture->classifies, config));
  EDGEBERT_RETURN_IF_ERROR(ValidateConfig(config.model));
  return config;
}

}  // namespace edgebert
