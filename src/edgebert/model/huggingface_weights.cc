#include "edgebert/model/huggingface_weights.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>
#include <string_view>

#include "edgebert/model/huggingface_names.h"
#include "edgebert/model/model.h"

namespace edgebert {
namespace {

/// "bert." or "albert." where the checkpoint's encoder is a member of a larger module, else "".
std::string Prefix(const SafetensorsFile& file, Family family) {
  const std::string prefix = fmt::format("{}.", FamilyName(family));
  const auto& entries = file.entries();
  const bool found = std::any_of(entries.begin(), entries.end(),
                                 [&](const auto& entry) { return entry.name.starts_with(prefix); });
  return found ? prefix : "";
}

/// What checkpoints converted from TensorFlow call a LayerNorm's parameter, or "".
std::string OldName(const std::string& name) {
  constexpr std::string_view kGain = "LayerNorm.weight";
  constexpr std::string_view kBias = "LayerNorm.bias";
  if (name.ends_with(kGain)) {
    return name.substr(0, name.size() - kGain.size()) + "LayerNorm.gamma";
  }
  if (name.ends_with(kBias)) {
    return name.substr(0, name.size() - kBias.size()) + "LayerNorm.beta";
  }
  return "";
}

/// Tensors that checkpoints hold and classification with this head does not use.
bool IsHarmless(std::string_view name, const std::string& prefix, HuggingFaceHead head) {
  const auto in_encoder = [&](std::string_view rest) {
    return name.starts_with(prefix) && name.substr(prefix.size()).starts_with(rest);
  };
  if (in_encoder("embeddings.position_ids") || in_encoder("embeddings.token_type_ids")) {
    return true;
  }
  if (head != HuggingFaceHead::kClassifier && in_encoder("pooler.")) {
    return true;
  }
  constexpr std::string_view kPretrainingHeads[] = {"cls.predictions.", "cls.seq_relationship.",
                                                    "predictions.", "sop_classifier."};
  return std::any_of(std::begin(kPretrainingHeads), std::end(kPretrainingHeads),
                     [&](std::string_view start) { return name.starts_with(start); });
}

}  // namespace

Result<std::vector<Tensor>> ReadHuggingFaceWeights(const SafetensorsFile& file,
                                                   const HuggingFaceConfig& config) {
  const std::string prefix = Prefix(file, config.model.family);
  const HuggingFaceNames names(config, prefix);
  const std::vector<TensorSpec> specs = ExpectedTensors(config.model);
  std::vector<const SafetensorsEntry*> sources;
  std::set<std::string_view> used;
  for (const TensorSpec& spec : specs) {
    const std::string name = names.Of(spec.name);
    const SafetensorsEntry* entry = file.Find(name);
    if (entry == nullptr) {
      entry = file.Find(OldName(name));
    }
    if (entry == nullptr) {
      return DataLoss(fmt::format("{}: tensor '{}' is missing, expected with shape [{}]",
                                  file.path().string(), name, fmt::join(spec.shape, " × ")));
    }
    if (entry->shape != spec.shape) {
      return DataLoss(fmt::format("{}: tensor '{}' has shape [{}], expected [{}] by config.json",
                                  file.path().string(), entry->name, fmt::join(entry->shape, " × "),
                                  fmt::join(spec.shape, " × ")));
    }
    sources.push_back(entry);
    used.insert(entry->name);
  }
  for (const SafetensorsEntry& entry : file.entries()) {
    if (!used.contains(entry.name) && !IsHarmless(entry.name, prefix, config.head)) {
      return Unsupported(fmt::format(
          "{}: tensor '{}' has no place in {} as config.json describes it, expected no such tensor",
          file.path().string(), entry.name, config.architecture));
    }
  }
  std::vector<Tensor> tensors;
  for (size_t i = 0; i < specs.size(); ++i) {
    EDGEBERT_ASSIGN_OR_RETURN(const std::vector<float> values, file.ReadFloats(*sources[i]));
    tensors.push_back(MakeFloatTensor(specs[i].name, specs[i].shape, values));
  }
  return tensors;
}

}  // namespace edgebert
