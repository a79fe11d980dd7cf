#ifndef EDGEBERT_TRAIN_TORCH_ENCODER_H_
#define EDGEBERT_TRAIN_TORCH_ENCODER_H_

#include <torch/torch.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "edgebert/base/status.h"
#include "edgebert/model/model.h"
#include "edgebert/train/adaptive_span.h"
#include "edgebert/train/fake_quantize.h"
#include "edgebert/train/recipe.h"

namespace edgebert {

/// Sentences of a step, padded to the longest.
struct Batch {
  torch::Tensor ids;          ///< [sentences × tokens], int64.
  torch::Tensor segment_ids;  ///< [sentences × tokens], int64.
  torch::Tensor is_token;     ///< [sentences × tokens], bool: not padding.
  torch::Tensor labels;       ///< [sentences], int64.
  torch::Tensor examples;     ///< [sentences], int64: indices into the data.
  int64_t tokens = 0;         ///< Without padding.
};

/// What a forward pass gives.
struct EncoderOutputs {
  std::vector<torch::Tensor> logits;  ///< [off-ramps] of [sentences × classes].
  std::vector<torch::Tensor> states;  ///< [layers] of [sentences × tokens × hidden].
};

struct ForwardOptions {
  MatmulPrecision precision = MatmulPrecision::kFloat32;
  double dropout = 0;  ///< Share of hidden values and attention probabilities set to zero.
};

/// An encoder with off-ramps in libtorch: the same computation as engine/, differentiable, with
/// whatever compression is switched on. Names of parameters are those of ExpectedTensors().
class TorchEncoder {
 public:
  /// Takes a float32 model. The embedding's tensors are frozen, all others train.
  TorchEncoder(const Model& model, torch::Device device);

  EncoderOutputs Forward(const Batch& batch, const ForwardOptions& options);

  const ModelConfig& config() const { return config_; }
  torch::Device device() const { return device_; }
  torch::Tensor& parameter(const std::string& name) { return parameters_.at(name); }
  const std::map<std::string, torch::Tensor>& parameters() const { return parameters_; }
  /// Of matrices by name; those that are not listed are neither pruned nor quantised.
  std::map<std::string, WeightCompression>& compression() { return compression_; }
  /// Set: activations are quantised.
  std::optional<ActivationBiases>& activation_biases() { return activation_biases_; }
  AdaptiveSpan& span() { return span_; }

  /// Replaces a frozen embedding table, e.g. by its pruned and quantised values.
  void SetEmbedding(const std::string& name, const torch::Tensor& values);

  /// The model as the products see it: pruned weights are zero, spans whole numbers, weights and
  /// activations in AF8 where they are quantised. Exit settings are not set. `source` gives what
  /// the encoder does not know: tokenizer and labels.
  Result<Model> ToModel(const Model& source) const;

 private:
  /// The type of a product's operands.
  torch::ScalarType ProductType() const;
  torch::Tensor Quantized(const torch::Tensor& values, int layer, ActivationSite site,
                          torch::ScalarType type = torch::kFloat32) const;
  torch::Tensor Linear(const torch::Tensor& input, const std::string& name);
  torch::Tensor Normalized(const torch::Tensor& values, const std::string& prefix) const;
  torch::Tensor Embed(const Batch& batch);
  torch::Tensor Attend(const torch::Tensor& input, const Batch& batch, int layer);
  torch::Tensor OffRamp(const torch::Tensor& states, const Batch& batch, int layer);
  torch::Tensor Dropped(const torch::Tensor& values) const;

  ModelConfig config_;
  torch::Device device_;
  std::map<std::string, torch::Tensor> parameters_;
  std::map<std::string, WeightCompression> compression_;
  std::optional<ActivationBiases> activation_biases_;
  AdaptiveSpan span_;

  ForwardOptions options_;                             // Of the forward pass under way.
  std::map<std::string, torch::Tensor> step_weights_;  // Compressed once a pass.
};

}  // namespace edgebert

#endif  // EDGEBERT_TRAIN_TORCH_ENCODER_H_
