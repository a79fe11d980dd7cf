#ifndef EDGEBERT_PIPELINE_GATED_COUNTER_H_
#define EDGEBERT_PIPELINE_GATED_COUNTER_H_

#include <cstdint>
#include <vector>

#include "edgebert/accel/gated_products.h"
#include "edgebert/base/status.h"
#include "edgebert/engine/encoder.h"
#include "edgebert/model/model.h"
#include "edgebert/tiler/tile_program.h"

namespace edgebert {

/// Watches a sentence in `device` arithmetic and adds up the products that the accelerator gates on
/// the way, from the zeros of every operand.
class GatedCounter : public LayerObserver {
 public:
  /// `config` and `biases` are an AF8 model's; the program is for the sentence's length. All must
  /// outlive it.
  GatedCounter(const ModelConfig& config, const ActivationBiases& biases,
               const WeightLaneCounts& weights, const TileProgram& program)
      : config_(config), biases_(biases), weights_(weights), program_(program) {}

  void OnLayer(const LayerView& view) override;

  /// Of the layers so far.
  Result<int64_t> gated() const {
    return status_.ok() ? Result<int64_t>(gated_) : Result<int64_t>(status_);
  }

 private:
  void Add(const TileSection& section, int index, const OperandCodes& operands);
  /// [heads × tokens × tokens], as the engine makes them and does not keep them.
  std::vector<uint8_t> Probabilities(int layer, const std::vector<uint8_t>& query,
                                     const std::vector<uint8_t>& key) const;

  const ModelConfig& config_;
  const ActivationBiases& biases_;
  const WeightLaneCounts& weights_;
  const TileProgram& program_;
  std::vector<uint8_t> input_;  ///< Of the next layer.
  Status status_;
  int64_t gated_ = 0;
};

}  // namespace edgebert

#endif  // EDGEBERT_PIPELINE_GATED_COUNTER_H_
