#ifndef EDGEBERT_BENCH_COMPARISON_H_
#define EDGEBERT_BENCH_COMPARISON_H_

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "edgebert/base/status.h"
#include "edgebert/bench/measurement.h"
#include "edgebert/bench/peers.h"
#include "edgebert/model/model.h"

namespace edgebert {

/// What the peers are given.
struct ComparisonOptions {
  /// On which ONNX Runtime's int8 variants are compared; labels, if any, guard their accuracy.
  Workload trial;
  std::vector<BenchSentence> calibration;  ///< For OpenVINO's quantisation.
  int cut_layer = 0;  ///< Depth of the graph cut at our mean exit layer; 0 for none.
};

/// Runtimes that are loaded, and what they compete as.
struct PeerSet {
  std::vector<std::unique_ptr<BenchRuntime>> runtimes;
  std::vector<Contender> contenders;
  std::optional<size_t> int8_baseline;  ///< Index of ONNX Runtime int8, where it runs.
};

/// Exports the model and starts every peer that can be had: ONNX Runtime fp32 and int8 (the fastest
/// of {plain, fused} graph × {QInt8, QUInt8} weights that loses no more than 0.5 points to fp32),
/// int8 cut at `cut_layer`, OpenVINO int8 and fp32, CTranslate2 int8 and PyTorch fp32. The others
/// are named with the reason. Errors: the model cannot be exported.
Result<PeerSet> StartPeers(const Peers& peers, const Model& model, const ComparisonOptions& options,
                           const Notice& notice);

/// The layer whose off-ramp is nearest to a mean exit layer.
int NearestOffRamp(const ModelConfig& config, double mean_exit_layer);

/// A variant that was tried: its mean time, and its accuracy where the sentences have labels.
struct VariantFigures {
  double mean_ms = 0;
  std::optional<double> accuracy;
};

/// The index of the fastest among those that lose at most 0.5 points to `reference`, the accuracy
/// before quantisation; where none is so accurate, of the most accurate. There must be one.
size_t ChooseVariant(std::span<const VariantFigures> variants, std::optional<double> reference);

}  // namespace edgebert

#endif  // EDGEBERT_BENCH_COMPARISON_H_
