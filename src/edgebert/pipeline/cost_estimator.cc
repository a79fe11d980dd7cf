#include "edgebert/pipeline/cost_estimator.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <utility>

#include "edgebert/accel/cycle_model.h"
#include "edgebert/accel/sentence_counts.h"
#include "edgebert/tiler/tiler.h"

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

/// Of a float32 model as if none were zero.
Result<WeightMasks> MasksOf(const Model& model, int vector_size) {
  if (!model.is_af8()) {
    return WeightMasks::Dense(model.config, vector_size);
  }
  return WeightMasks::FromModel(model, vector_size);
}

/// For the smallest buffers that hold the sentence: the description's, or a multiple of them.
Result<TileProgram> BuildFittingProgram(const ModelConfig& config, const WeightMasks& masks,
                                        const HardwareDescription& hardware, int tokens) {
  Result<TileProgram> program = BuildTileProgram(config, masks, hardware, tokens);
  if (program.ok()) {
    return program;
  }
  HardwareDescription larger = hardware;
  for (int growth = 2; growth <= kMostBufferGrowth; growth *= 2) {
    larger.buffers.data.value = growth * hardware.buffers.data.value;
    larger.buffers.auxiliary.value = growth * hardware.buffers.auxiliary.value;
    if (Result<TileProgram> grown = BuildTileProgram(config, masks, larger, tokens); grown.ok()) {
      return grown;
    }
  }
  return program.status().WithContext(
      fmt::format("nor do buffers of up to {} times the size suffice", kMostBufferGrowth));
}

}  // namespace

struct CostEstimator::Memo {
  std::mutex mutex;
  std::map<int, SentenceWork> works;  ///< By token count.
};

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
  EDGEBERT_ASSIGN_OR_RETURN(WeightMasks masks, MasksOf(model, hardware.vector_size.value));
  return CostEstimator(model, std::move(hardware), std::move(masks), weights, typical.latency,
                       std::move(value), std::move(low), std::move(high));
}

CostEstimator::CostEstimator(const Model& model, HardwareDescription hardware, WeightMasks masks,
                             const WeightStore& weights, Seconds latency, PowerModel power,
                             PowerModel low, PowerModel high)
    : config_(model.config),
      hardware_(std::move(hardware)),
      masks_(std::move(masks)),
      power_(std::move(power)),
      low_(std::move(low)),
      high_(std::move(high)),
      weights_(weights),
      weight_latency_(latency),
      memo_(std::make_shared<Memo>()) {
  for (int layer = 1; layer <= config_.num_layers; ++layer) {
    const int distinct = config_.DistinctLayer(layer);
    const double off_ramp =
        config_.HasOffRamp(layer) ? StoredBytes(model, OffRampPrefix(config_, layer)) : 0;
    powered_bytes_.emplace_back(StoredBytes(model, LayerPrefix(distinct)) + off_ramp);
  }
  powered_bytes_.front() += Bytes(StoredBytes(model, kEmbeddingProjection));
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

Result<TileProgram> CostEstimator::ProgramFor(int tokens) const {
  HardwareDescription hardware = hardware_;
  if (hardware.buffers.data.value <= Bytes(0) || hardware.buffers.auxiliary.value <= Bytes(0)) {
    EDGEBERT_ASSIGN_OR_RETURN(const HardwareDescription built_in, DefaultHardware());
    hardware.buffers = built_in.buffers;
  }
  return BuildFittingProgram(config_, masks_, hardware, tokens);
}

Result<SentenceWork> CostEstimator::MakeWork(int tokens) const {
  EDGEBERT_ASSIGN_OR_RETURN(const TileProgram program, ProgramFor(tokens));
  // Weights at no cost of time: the power model sets the time of streaming against these cycles.
  const std::vector<LayerCycles> times = CycleModel(program).Run(1, config_.num_layers, IdealDma());
  SentenceWork work;
  int64_t before = 0;
  for (int layer = 1; layer <= config_.num_layers; ++layer) {
    const auto index = static_cast<size_t>(layer - 1);
    const TileCounts counts = CountLayers(program, layer, layer);
    const int64_t cycles = times[index].decision - before;
    before = times[index].decision;
    const Bytes streamed(static_cast<double>(counts.transfer_bytes));
    work.layers.push_back({Cycles(static_cast<double>(cycles)), streamed,
                           Cycles(static_cast<double>(cycles - counts.array_cycles)),
                           ExposedBytes(streamed), powered_bytes_[index]});
  }
  return work;
}

Result<SentenceWork> CostEstimator::WorkFor(int tokens) const {
  const std::lock_guard lock(memo_->mutex);
  if (const auto found = memo_->works.find(tokens); found != memo_->works.end()) {
    return found->second;
  }
  EDGEBERT_ASSIGN_OR_RETURN(SentenceWork work, MakeWork(tokens));
  return memo_->works.emplace(tokens, std::move(work)).first->second;
}

Result<EnergyRange> CostEstimator::RangeOf(int tokens, std::span<const OperatingPoint> points,
                                           Boundary boundary, EnergySide side) const {
  EDGEBERT_ASSIGN_OR_RETURN(const SentenceWork work, WorkFor(tokens));
  return EnergyRange{CostOf(low_, work, points).account.At(boundary, side),
                     CostOf(high_, work, points).account.At(boundary, side)};
}

}  // namespace edgebert
