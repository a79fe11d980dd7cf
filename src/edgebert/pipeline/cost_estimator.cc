#include "edgebert/pipeline/cost_estimator.h"

#include <algorithm>
#include <utility>

#include "edgebert/accel/cost_model.h"
#include "edgebert/program/layer_program.h"

namespace edgebert {
namespace {

constexpr std::string_view kEmbeddingProjection = "embedding.projection.";

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

/// At() with the constant's own type.
template <typename T>
T Pick(const Constant<T>& constant, Bound bound) {
  return T(At(constant, bound));
}

Watts LeakageAtNominal(const HardwareDescription& hardware, Bound bound) {
  const LeakageDescription& leakage = hardware.leakage;
  return Pick(leakage.logic, bound) +
         Watts(Pick(leakage.buffers_watts_per_byte, bound) * hardware.buffers.total().value());
}

Result<Regulators> MakeRegulators(const HardwareDescription& hardware, Bound bound) {
  const RegulatorDescription& regulator = hardware.regulator;
  Regulators regulators;
  VoltageRegulator& voltage = regulators.voltage;
  EDGEBERT_ASSIGN_OR_RETURN(voltage.kind, ParseRegulatorKind(regulator.kind));
  voltage.input = Pick(regulator.input, bound);
  voltage.dropout = regulator.dropout.value;
  // The better efficiency makes the lower energy.
  voltage.efficiency = bound == Bound::kLow    ? regulator.efficiency.high()
                       : bound == Bound::kHigh ? regulator.efficiency.low()
                                               : regulator.efficiency.value;
  voltage.current_limit = regulator.current_limit.value;
  voltage.response_per_volt = Seconds(regulator.response_seconds_per_volt.value);
  voltage.output_capacitance = Pick(regulator.output_capacitance, bound);
  regulators.clock = {hardware.clock.lock_time.value, Pick(hardware.clock.power, bound)};
  if (hardware.transition_time) {
    regulators.transition_time = hardware.transition_time->value;
  }
  return regulators;
}

/// Energies at one end of their ranges; times are the typical ones at every corner, so that all
/// corners run the same schedule.
Result<PowerModel> MakePowerModel(const OperatingPointTable& points,
                                  const HardwareDescription& hardware, Bound bound) {
  const Watts leakage = LeakageAtNominal(hardware, bound);
  const Joules leakage_per_cycle = EnergyOf(leakage, TimeOf(Cycles(1), points.nominal().frequency));
  PowerModel power{points,
                   Pick(hardware.energy_per_cycle, bound) - leakage_per_cycle,
                   {.energy_per_byte = Joules(Pick(hardware.dram_joules_per_byte, bound)),
                    .bandwidth = hardware.dram_bandwidth.value,
                    .standing = Pick(hardware.dram_background, bound)}};
  power.idle_share = Pick(hardware.idle_share, bound);
  power.leakage_at_nominal = leakage;
  // The voltage over which leakage falls by e: one that is larger keeps more of it.
  power.leakage_voltage = Pick(hardware.leakage.voltage, bound);
  EDGEBERT_ASSIGN_OR_RETURN(power.regulators, MakeRegulators(hardware, bound));
  EDGEBERT_RETURN_IF_ERROR(Validate(power));
  return power;
}

bool IsWeight(const Tensor& tensor) {
  return !tensor.name.starts_with("embedding.") || tensor.name.starts_with(kEmbeddingProjection);
}

Bytes StoredWeights(const Model& model) {
  size_t total = 0;
  for (const Tensor& tensor : model.tensors) {
    total += IsWeight(tensor) ? tensor.payload.size() : 0;
  }
  return Bytes(static_cast<double>(total));
}

/// Of weights on the chip. Bandwidth, a time, is the typical one.
WeightSource SourceOf(const WeightMemory& memory, BytesPerSecond bandwidth, Bytes stored) {
  return {.energy_per_byte = memory.energy_per_byte,
          .bandwidth = bandwidth,
          .on_chip = true,
          .standing = stored.value() * memory.idle_per_byte,
          .active_per_byte_powered = memory.active_per_byte};
}

}  // namespace

Result<PowerModel> MakePowerModel(const HardwareDescription& hardware) {
  EDGEBERT_ASSIGN_OR_RETURN(const OperatingPointTable points, MakePoints(hardware));
  return MakePowerModel(points, hardware, Bound::kValue);
}

Result<CostEstimator> CostEstimator::Create(const Model& model, HardwareDescription hardware,
                                            WeightLocation weights_in) {
  EDGEBERT_ASSIGN_OR_RETURN(const OperatingPointTable points, MakePoints(hardware));
  EDGEBERT_ASSIGN_OR_RETURN(const EnvmTechnology technology, LoadEnvmTechnology(std::nullopt));
  const auto memory = [&](Bound bound) {
    return WeightMemoryOf(weights_in, CellKind::kMlc2, technology, DramInterfaceOf(hardware, bound),
                          bound);
  };
  const WeightMemory typical = memory(Bound::kValue);
  const double stored = StoredWeights(model).value();
  const WeightStore weights{weights_in,
                            Bytes(stored),
                            stored * typical.idle_per_byte,
                            stored * memory(Bound::kLow).idle_per_byte,
                            stored * memory(Bound::kHigh).idle_per_byte,
                            stored * typical.area_mm2_per_byte};
  const auto power = [&](Bound bound) -> Result<PowerModel> {
    EDGEBERT_ASSIGN_OR_RETURN(PowerModel made, MakePowerModel(points, hardware, bound));
    if (weights_in != WeightLocation::kDram) {
      made.weights = SourceOf(memory(bound), typical.bandwidth, weights.stored);
    }
    return made;
  };
  EDGEBERT_ASSIGN_OR_RETURN(PowerModel value, power(Bound::kValue));
  EDGEBERT_ASSIGN_OR_RETURN(PowerModel low, power(Bound::kLow));
  EDGEBERT_ASSIGN_OR_RETURN(PowerModel high, power(Bound::kHigh));
  return CostEstimator(model, std::move(hardware), weights, typical.latency, std::move(value),
                       std::move(low), std::move(high));
}

CostEstimator::CostEstimator(const Model& model, HardwareDescription hardware,
                             const WeightStore& weights, Seconds latency, PowerModel power,
                             PowerModel low, PowerModel high)
    : config_(model.config),
      hardware_(std::move(hardware)),
      power_(std::move(power)),
      low_(std::move(low)),
      high_(std::move(high)),
      weights_(weights),
      weight_latency_(latency) {
  for (int layer = 1; layer <= config_.num_layers; ++layer) {
    const int distinct = config_.DistinctLayer(layer);
    const double off_ramp =
        config_.HasOffRamp(layer) ? StoredBytes(model, OffRampPrefix(config_, layer)) : 0;
    streamed_bytes_.emplace_back(EncoderBytes(model, distinct) + off_ramp);
    powered_bytes_.emplace_back(StoredBytes(model, LayerPrefix(distinct)) + off_ramp);
  }
  const Bytes projection(StoredBytes(model, kEmbeddingProjection));
  streamed_bytes_.front() += projection;
  powered_bytes_.front() += projection;
}

Bytes CostEstimator::ExposedBytes(Bytes streamed) const {
  if (streamed == Bytes(0)) {
    return streamed;
  }
  const double latency = weight_latency_.value() * power_.weights.bandwidth.value();
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
                           Cycles(static_cast<double>(estimate.sfu_cycles)), ExposedBytes(streamed),
                           powered_bytes_[static_cast<size_t>(layer - 1)]});
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
