#ifndef EDGEBERT_MODEL_HUGGINGFACE_NAMES_H_
#define EDGEBERT_MODEL_HUGGINGFACE_NAMES_H_

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "edgebert/model/huggingface_config.h"

namespace edgebert {

/// What Hugging Face calls this library's tensors.
class HuggingFaceNames {
 public:
  /// `prefix` is what stands before the encoder's names: "bert.", "albert." or nothing.
  HuggingFaceNames(const HuggingFaceConfig& config, const std::string& prefix);

  /// Their name of the tensor `ours`, one of ExpectedTensors().
  std::string Of(std::string_view ours) const;

 private:
  void AddLayer(Family family, const std::string& prefix, int distinct);

  /// Modules or whole tensors, this library's name to Hugging Face's.
  std::map<std::string, std::string, std::less<>> names_;
};

}  // namespace edgebert

#endif  // EDGEBERT_MODEL_HUGGINGFACE_NAMES_H_
