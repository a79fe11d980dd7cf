#ifndef EDGEBERT_PIPELINE_CLASSIFIER_MODEL_H_
#define EDGEBERT_PIPELINE_CLASSIFIER_MODEL_H_

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "edgebert/base/status.h"
#include "edgebert/engine/encoder.h"
#include "edgebert/hardware/hardware.h"
#include "edgebert/model/model.h"
#include "edgebert/pipeline/cost_estimator.h"
#include "edgebert/text/tokenizer.h"

namespace edgebert {

/// How a model is made ready.
struct ClassifierModelOptions {
  /// Unset: `host` for AF8 models, `fp32` for float32 ones.
  std::optional<Arithmetic> arithmetic = std::nullopt;
  /// Unset: the accelerator description that is built in.
  std::optional<HardwareDescription> hardware = std::nullopt;
  WeightLocation weights_in = WeightLocation::kDram;
  /// How AF8 weights lie in this machine's memory.
  WeightStorage weight_storage = kDefaultWeightStorage;
  /// For Load() of a task file. Unset: its base lies beside it.
  std::optional<std::filesystem::path> base = std::nullopt;
};

/// A model ready to classify: tokenizer, encoder, exit settings and cost estimator. Immutable; any
/// number of Classifiers, in any threads, share one.
class ClassifierModel {
 public:
  /// Reads a model or task file.
  static Result<std::shared_ptr<const ClassifierModel>> Load(
      const std::filesystem::path& path, const ClassifierModelOptions& options = {});

  /// Takes a model that ReadModelFile() or ImportHuggingFace() returned.
  static Result<std::shared_ptr<const ClassifierModel>> Create(
      Model model, const ClassifierModelOptions& options = {});

  const ModelConfig& config() const { return encoder_->config(); }
  const std::vector<std::string>& labels() const { return config().labels; }
  const ExitSettings& exits() const { return exits_; }
  const std::string& provenance() const { return provenance_; }
  const Tokenizer& tokenizer() const { return *tokenizer_; }
  const CostEstimator& costs() const { return costs_; }
  const std::shared_ptr<const Encoder>& encoder() const { return encoder_; }

 private:
  ClassifierModel(std::shared_ptr<const Encoder> encoder,
                  std::unique_ptr<const Tokenizer> tokenizer, ExitSettings exits,
                  std::string provenance, CostEstimator costs);

  std::shared_ptr<const Encoder> encoder_;
  std::unique_ptr<const Tokenizer> tokenizer_;
  ExitSettings exits_;
  std::string provenance_;
  CostEstimator costs_;
};

}  // namespace edgebert

#endif  // EDGEBERT_PIPELINE_CLASSIFIER_MODEL_H_
