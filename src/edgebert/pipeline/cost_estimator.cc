#include "edgebert/pipeline/cost_estimator.h"

#include <utility>

#include "edgebert/accel/cost_model.h"
#include "edgebert/program/layer_program.h"

namespace edgebert {
namespace {

/// Stored bytes of all tensors whose names start with `prefix`.
double StoredBytes(const Model& model, std::string_view prefix) {
  size_t total = 0;
  for (const Tensor& tensor : model.tensors) {
    if (tensor.name.starts_with(prefix)) {
      total += tensor.payload.size();
    }
  }
  return static_cast<double>(total);
}

/// Bytes of an encoder layer's tensors that a sentence needs: absent heads' share of the
/// projections is not fetched.
double EncoderBytes(const Model& model, int distinct_layer) {
  const std::string prefix = LayerPrefix(distinct_layer);
  double projections = 0;
  for (const char* name : {"query", "key", "value", "output"}) {
    projections += StoredBytes(model, prefix + "attention." + name + ".weight");
  }
  const auto heads = static_cast<double>(
      ActiveHeads(model.config, distinct_layer, model.config.max_positions).size());
  const double absent = 1 - heads / model.config.num_heads;
  return StoredBytes(model, prefix) - absent * projections;
}

}  // namespace

Result<CostEstimator> CostEstimator::Create(const Model& model, HardwareDescription hardware) {
  std::vector<OperatingPoint> measured;
  for (const VoltageFrequency& point : hardware.operating_points) {
    measured.push_back({point.voltage, point.frequency});
  }
  EDGEBERT_ASSIGN_OR_RETURN(OperatingPointTable points,
                            OperatingPointTable::Create(measured, hardware.voltage_step.value));
  PowerModel power{std::move(points), hardware.energy_per_cycle.value,
                   hardware.dram_energy_per_byte.value, hardware.dram_bandwidth.value};
  EDGEBERT_RETURN_IF_ERROR(Validate(power));
  return CostEstimator(model, std::move(hardware), std::move(power));
}

CostEstimator::CostEstimator(const Model& model, HardwareDescription hardware, PowerModel power)
    : config_(model.config), hardware_(std::move(hardware)), power_(std::move(power)) {
  for (int layer = 1; layer <= config_.num_layers; ++layer) {
    double bytes = EncoderBytes(model, config_.DistinctLayer(layer));
    if (config_.HasOffRamp(layer)) {
      bytes += StoredBytes(model, OffRampPrefix(config_, layer));
    }
    streamed_bytes_.emplace_back(bytes);
  }
  streamed_bytes_.front() += Bytes(StoredBytes(model, "embedding.projection."));
}

SentenceWork CostEstimator::WorkFor(int tokens) const {
  SentenceWork work;
  for (int layer = 1; layer <= config_.num_layers; ++layer) {
    const LayerProgram program = BuildLayerProgram(config_, layer, tokens);
    WorkEstimate estimate = EstimateWork(program.encoder, hardware_);
    estimate += EstimateWork(program.off_ramp, hardware_);
    if (layer == 1) {
      estimate += EstimateWork(BuildEmbeddingProgram(config_, tokens).operations, hardware_);
    }
    work.layers.push_back({Cycles(static_cast<double>(estimate.cycles())),
                           streamed_bytes_[static_cast<size_t>(layer - 1)]});
  }
  return work;
}

}  // namespace edgebert
