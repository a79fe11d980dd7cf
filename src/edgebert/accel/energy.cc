#include "edgebert/accel/energy.h"

#include <fmt/format.h>

#include <algorithm>
#include <type_traits>
#include <vector>

#include "edgebert/accel/cycle_model.h"
#include "edgebert/accel/sentence_counts.h"

namespace edgebert {
namespace {

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

EventCounts CountEvents(const TileProgram& program, int layer) {
  const std::vector<LayerCycles> times = CycleModel(program).Run(1, layer, IdealDma());
  const TileCounts counts = CountLayers(program, layer, layer);
  const auto last = static_cast<size_t>(layer - 1);
  EventCounts events;
  events.cycles = times[last].decision - (layer > 1 ? times[last - 1].decision : 0);
  events.array_cycles = counts.array_cycles;
  events.products = counts.issued_products;
  const auto masked = [](int64_t bytes) { return bytes + bytes / 8; };
  events.buffer_read_bytes = masked(counts.pool_read_bytes) + counts.auxiliary_read_bytes;
  events.buffer_write_bytes = masked(counts.pool_write_bytes) + counts.auxiliary_write_bytes;
  events.sfu_elements = counts.function_vectors * program.vector_size;
  return events;
}

Result<ComponentEnergies> EstimateFromComponents(const EventCounts& events,
                                                 const HardwareDescription& hardware) {
  if (!hardware.components) {
    return InvalidArgument(fmt::format(
        "{} has no section 'components': an estimate from components needs one", hardware.name));
  }
  const ComponentDescription& components = *hardware.components;
  const double ratio = hardware.nominal().voltage / components.voltage.value;
  const double scale = ratio * ratio;
  ComponentEnergies energies;
  energies.array = Times(static_cast<double>(events.products), components.mac, scale);
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
  energies.leakage = LeakageOver(
      TimeOf(Cycles(static_cast<double>(events.cycles)), hardware.nominal().frequency), hardware);
  return energies;
}

EnergyEstimate EstimateFromWhole(const EventCounts& events, const HardwareDescription& hardware) {
  const auto busy = static_cast<double>(events.array_cycles);
  const auto waiting = static_cast<double>(events.cycles - events.array_cycles);
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
