#include "edgebert/accel/energy.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <type_traits>
#include <variant>

#include "edgebert/accel/cost_model.h"

namespace edgebert {
namespace {

/// Bytes that an operation leaves in the buffers.
struct ResultBytes {
  int64_t operator()(const EmbeddingLookup& op) const { return int64_t{op.tokens} * op.width; }
  int64_t operator()(const Linear& op) const { return int64_t{op.rows} * op.outputs; }
  int64_t operator()(const Attention& op) const {
    int64_t bytes = 0;
    for (const HeadSpan& head : op.heads) {
      // Scores and probabilities within the span, then the context.
      bytes += 2 * AttendedPairs(op.tokens, head.span) + int64_t{op.tokens} * op.head_size;
    }
    return bytes;
  }
  int64_t operator()(const AddNorm& op) const { return int64_t{op.rows} * op.width; }
  int64_t operator()(const Pool& op) const {
    return static_cast<int64_t>(op.poolings.size()) * op.width;
  }
  int64_t operator()(const EntropyCheck&) const { return 1; }
};

/// A number of events, each at an energy with a range.
template <typename T>
EnergyEstimate Times(double count, const Constant<T>& energy, double scale) {
  const auto joules = [&](T each) {
    if constexpr (std::is_same_v<T, Joules>) {
      return each * (count * scale);
    } else {
      return Joules(each * count * scale);
    }
  };
  return {joules(energy.low()), joules(energy.value), joules(energy.high())};
}

EnergyEstimate Share(const EnergyEstimate& of, const Constant<double>& share) {
  return {of.low * share.low(), of.value * share.value, of.high * share.high()};
}

EnergyEstimate LeakageOver(Seconds time, const HardwareDescription& hardware) {
  const LeakageDescription& leakage = hardware.leakage;
  const double bytes = hardware.buffers.total().value();
  const auto energy = [&](Watts logic, double per_byte) {
    return EnergyOf(logic + Watts(per_byte * bytes), time);
  };
  return {energy(leakage.logic.low(), leakage.buffers_watts_per_byte.low()),
          energy(leakage.logic.value, leakage.buffers_watts_per_byte.value),
          energy(leakage.logic.high(), leakage.buffers_watts_per_byte.high())};
}

}  // namespace

EventCounts& EventCounts::operator+=(const EventCounts& other) {
  macs += other.macs;
  buffer_read_bytes += other.buffer_read_bytes;
  buffer_write_bytes += other.buffer_write_bytes;
  sfu_elements += other.sfu_elements;
  return *this;
}

EnergyEstimate& EnergyEstimate::operator+=(const EnergyEstimate& other) {
  low += other.low;
  value += other.value;
  high += other.high;
  return *this;
}

EnergyEstimate ComponentEnergies::total() const {
  EnergyEstimate sum = array;
  sum += buffers;
  sum += special_functions;
  sum += control;
  sum += leakage;
  return sum;
}

EventCounts CountEvents(const std::vector<Operation>& operations,
                        const HardwareDescription& hardware) {
  const int64_t n = hardware.vector_size.value;
  EventCounts total;
  for (const Operation& operation : operations) {
    const WorkEstimate work = EstimateWork(operation, hardware);
    const auto sfu_vectors = static_cast<int64_t>(
        std::floor(static_cast<double>(work.sfu_cycles) * hardware.sfu_vectors_per_cycle.value));
    EventCounts counts;
    counts.macs = work.matmul_cycles * n * n;
    counts.sfu_elements = sfu_vectors * n;
    const int64_t mask_bytes = 2 * ((n + 7) / 8);
    counts.buffer_read_bytes = work.matmul_cycles * (2 * n + mask_bytes) + counts.sfu_elements;
    counts.buffer_write_bytes = std::visit(ResultBytes(), operation);
    total += counts;
  }
  return total;
}

Result<ComponentEnergies> EstimateFromComponents(const std::vector<Operation>& operations,
                                                 const HardwareDescription& hardware) {
  if (!hardware.components) {
    return InvalidArgument(fmt::format(
        "{} has no section 'components': an estimate from components needs one", hardware.name));
  }
  const ComponentDescription& components = *hardware.components;
  const double ratio = hardware.nominal().voltage / components.voltage.value;
  const double scale = ratio * ratio;
  const EventCounts events = CountEvents(operations, hardware);
  ComponentEnergies energies;
  energies.array = Times(static_cast<double>(events.macs), components.mac, scale);
  energies.buffers = Times(static_cast<double>(events.buffer_read_bytes),
                           components.buffer_read_joules_per_byte, scale);
  energies.buffers += Times(static_cast<double>(events.buffer_write_bytes),
                            components.buffer_write_joules_per_byte, scale);
  energies.special_functions =
      Times(static_cast<double>(events.sfu_elements), components.sfu_element, scale);
  EnergyEstimate switching = energies.array;
  switching += energies.buffers;
  switching += energies.special_functions;
  energies.control = Share(switching, components.control_share);
  const WorkEstimate work = EstimateWork(operations, hardware);
  energies.leakage = LeakageOver(
      TimeOf(Cycles(static_cast<double>(work.cycles())), hardware.nominal().frequency), hardware);
  return energies;
}

EnergyEstimate EstimateFromWhole(const std::vector<Operation>& operations,
                                 const HardwareDescription& hardware) {
  const WorkEstimate work = EstimateWork(operations, hardware);
  const auto busy = static_cast<double>(work.matmul_cycles);
  const auto waiting = static_cast<double>(work.sfu_cycles);
  const Constant<Joules>& cycle = hardware.energy_per_cycle;
  // Leakage is part of the whole: what waits leaks as much as what works.
  const EnergyEstimate leakage =
      LeakageOver(TimeOf(Cycles(waiting), hardware.nominal().frequency), hardware);
  const auto energy = [&](Joules per_cycle, double idle_share, Joules leaked) {
    return per_cycle * (busy + idle_share * waiting) + leaked * (1 - idle_share);
  };
  return {energy(cycle.low(), hardware.idle_share.low(), leakage.low),
          energy(cycle.value, hardware.idle_share.value, leakage.value),
          energy(cycle.high(), hardware.idle_share.high(), leakage.high)};
}

Constant<SquareMillimetres> TotalArea(const HardwareDescription& hardware) {
  Constant<SquareMillimetres> total;
  total.range = Interval<SquareMillimetres>{};
  total.provenance = {"sum of the areas", ConstantStatus::kMeasured, ""};
  for (const NamedArea& area : hardware.areas) {
    total.value += area.area.value;
    total.range->low += area.area.low();
    total.range->high += area.area.high();
    total.provenance.status = std::max(total.provenance.status, area.area.provenance.status);
  }
  return total;
}

}  // namespace edgebert
