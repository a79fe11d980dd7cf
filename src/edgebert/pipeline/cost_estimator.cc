#include "edgebert/pipeline/cost_estimator.h"

#include <algorithm>
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

Result<OperatingPointTable> MakePoints(const HardwareDescription& hardware) {
  std::vector<OperatingPoint> measured;
  for (const VoltageFrequency& point : hardware.operating_points) {
    measured.push_back({point.voltage, point.frequency});
  }
  return OperatingPointTable::Create(measured, hardware.voltage_step.value,
                                     hardware.clock.step.value);
}

/// Which end of the constants' ranges a model takes.
enum class Corner : uint8_t { kLow, kTypical, kHigh };

template <typename T>
T Pick(const Constant<T>& constant, Corner corner) {
  switch (corner) {
    case Corner::kLow:
      return constant.low();
    case Corner::kHigh:
      return constant.high();
    case Corner::kTypical:
      break;
  }
  return constant.value;
}

Watts LeakageAtNominal(const HardwareDescription& hardware, Corner corner) {
  const LeakageDescription& leakage = hardware.leakage;
  return Pick(leakage.logic, corner) +
         Watts(Pick(leakage.buffers_watts_per_byte, corner) * hardware.buffers.total().value());
}

Result<Regulators> MakeRegulators(const HardwareDescription& hardware, Corner corner) {
  const RegulatorDescription& regulator = hardware.regulator;
  Regulators regulators;
  VoltageRegulator& voltage = regulators.voltage;
  EDGEBERT_ASSIGN_OR_RETURN(voltage.kind, ParseRegulatorKind(regulator.kind));
  voltage.input = Pick(regulator.input, corner);
  voltage.dropout = regulator.dropout.value;
  // The better efficiency makes the lower energy.
  voltage.efficiency = corner == Corner::kLow    ? regulator.efficiency.high()
                       : corner == Corner::kHigh ? regulator.efficiency.low()
                                                 : regulator.efficiency.value;
  voltage.current_limit = regulator.current_limit.value;
  voltage.response_per_volt = Seconds(regulator.response_seconds_per_volt.value);
  voltage.output_capacitance = Pick(regulator.output_capacitance, corner);
  regulators.clock = {hardware.clock.lock_time.value, Pick(hardware.clock.power, corner)};
  if (hardware.transition_time) {
    regulators.transition_time = hardware.transition_time->value;
  }
  return regulators;
}

/// Energies at one end of their ranges; times are the typical ones at every corner, so that all
/// corners run the same schedule.
Result<PowerModel> MakePowerModel(const OperatingPointTable& points,
                                  const HardwareDescription& hardware, Corner corner) {
  const Watts leakage = LeakageAtNominal(hardware, corner);
  const Joules leakage_per_cycle = EnergyOf(leakage, TimeOf(Cycles(1), points.nominal().frequency));
  PowerModel power{points, Pick(hardware.energy_per_cycle, corner) - leakage_per_cycle,
                   Joules(Pick(hardware.dram_joules_per_byte, corner)),
                   hardware.dram_bandwidth.value};
  power.idle_share = Pick(hardware.idle_share, corner);
  power.leakage_at_nominal = leakage;
  // The voltage over which leakage falls by e: one that is larger keeps more of it.
  power.leakage_voltage = Pick(hardware.leakage.voltage, corner);
  power.dram_background = Pick(hardware.dram_background, corner);
  EDGEBERT_ASSIGN_OR_RETURN(power.regulators, MakeRegulators(hardware, corner));
  EDGEBERT_RETURN_IF_ERROR(Validate(power));
  return power;
}

}  // namespace

Result<PowerModel> MakePowerModel(const HardwareDescription& hardware) {
  EDGEBERT_ASSIGN_OR_RETURN(const OperatingPointTable points, MakePoints(hardware));
  return MakePowerModel(points, hardware, Corner::kTypical);
}

Result<CostEstimator> CostEstimator::Create(const Model& model, HardwareDescription hardware) {
  EDGEBERT_ASSIGN_OR_RETURN(const OperatingPointTable points, MakePoints(hardware));
  EDGEBERT_ASSIGN_OR_RETURN(PowerModel typical, MakePowerModel(points, hardware, Corner::kTypical));
  EDGEBERT_ASSIGN_OR_RETURN(PowerModel low, MakePowerModel(points, hardware, Corner::kLow));
  EDGEBERT_ASSIGN_OR_RETURN(PowerModel high, MakePowerModel(points, hardware, Corner::kHigh));
  return CostEstimator(model, std::move(hardware), std::move(typical), std::move(low),
                       std::move(high));
}

CostEstimator::CostEstimator(const Model& model, HardwareDescription hardware, PowerModel power,
                             PowerModel low, PowerModel high)
    : config_(model.config),
      hardware_(std::move(hardware)),
      power_(std::move(power)),
      low_(std::move(low)),
      high_(std::move(high)) {
  for (int layer = 1; layer <= config_.num_layers; ++layer) {
    double bytes = EncoderBytes(model, config_.DistinctLayer(layer));
    if (config_.HasOffRamp(layer)) {
      bytes += StoredBytes(model, OffRampPrefix(config_, layer));
    }
    streamed_bytes_.emplace_back(bytes);
  }
  streamed_bytes_.front() += Bytes(StoredBytes(model, "embedding.projection."));
}

Bytes CostEstimator::ExposedBytes(Bytes streamed) const {
  if (streamed == Bytes(0)) {
    return streamed;
  }
  const double latency =
      hardware_.dram_latency.value.value() * hardware_.dram_bandwidth.value.value();
  // The first tile of weights, a byte each: what the array starts with.
  const double first_tile = static_cast<double>(hardware_.vector_size.value) * config_.hidden_size;
  return std::min(streamed, Bytes(latency + first_tile));
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
    const Bytes streamed = streamed_bytes_[static_cast<size_t>(layer - 1)];
    work.layers.push_back({Cycles(static_cast<double>(estimate.cycles())), streamed,
                           Cycles(static_cast<double>(estimate.sfu_cycles)),
                           ExposedBytes(streamed)});
  }
  return work;
}

EnergyRange CostEstimator::RangeOf(int tokens, std::span<const OperatingPoint> points,
                                   Boundary boundary, EnergySide side) const {
  const SentenceWork work = WorkFor(tokens);
  return {CostOf(low_, work, points).account.At(boundary, side),
          CostOf(high_, work, points).account.At(boundary, side)};
}

}  // namespace edgebert
