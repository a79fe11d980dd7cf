#include "edgebert/pipeline/cost_estimator.h"

#include <fmt/format.h>

#include <utility>

#include "edgebert/accel/cost_model.h"
#include "edgebert/program/layer_program.h"

namespace edgebert {
namespace {

/// Stored bytes of all tensors whose names start with `prefix`.
double StoredBytes(const Model& model, const std::string& prefix) {
  size_t total = 0;
  for (const Tensor& tensor : model.tensors) {
    if (tensor.name.starts_with(prefix)) {
      total += tensor.payload.size();
    }
  }
  return static_cast<double>(total);
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
    double bytes = StoredBytes(model, fmt::format("layer.{}.", config_.DistinctLayer(layer)));
    if (config_.HasOffRamp(layer)) {
      bytes += StoredBytes(model, fmt::format("off_ramp.{}.", config_.shared_off_ramp ? 0 : layer));
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

int64_t CostEstimator::MacsFor(int tokens) const {
  int64_t macs = MultiplyAccumulates(BuildEmbeddingProgram(config_, tokens).operations);
  for (int layer = 1; layer <= config_.num_layers; ++layer) {
    const LayerProgram program = BuildLayerProgram(config_, layer, tokens);
    macs += MultiplyAccumulates(program.encoder) + MultiplyAccumulates(program.off_ramp);
  }
  return macs;
}

}  // namespace edgebert
