#include "edgebert/power/power_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace edgebert {
namespace {

bool IsAmount(double value) { return std::isfinite(value) && value >= 0; }

}  // namespace

Seconds PowerModel::TimeOf(const LayerWork& work, const OperatingPoint& point) const {
  return std::max(edgebert::TimeOf(work.cycles, point.frequency),
                  edgebert::TimeOf(work.dram_bytes, dram_bandwidth));
}

Joules PowerModel::OnChipEnergy(const LayerWork& work, const OperatingPoint& point) const {
  const double ratio = point.voltage / points.nominal().voltage;
  return energy_per_cycle_at_nominal * (work.cycles.value() * ratio * ratio);
}

Joules PowerModel::DramEnergy(const LayerWork& work) const {
  return dram_energy_per_byte * work.dram_bytes.value();
}

Status Validate(const PowerModel& model) {
  if (!IsAmount(model.energy_per_cycle_at_nominal.value())) {
    return InvalidArgument(
        fmt::format("energy per cycle is {} J, it must be finite and not negative",
                    model.energy_per_cycle_at_nominal.value()));
  }
  if (!IsAmount(model.dram_energy_per_byte.value())) {
    return InvalidArgument(
        fmt::format("DRAM energy per byte is {} J, it must be finite and not negative",
                    model.dram_energy_per_byte.value()));
  }
  const double bandwidth = model.dram_bandwidth.value();
  if (!std::isfinite(bandwidth) || bandwidth <= 0) {
    return InvalidArgument(
        fmt::format("DRAM bandwidth is {} B/s, it must be finite and positive", bandwidth));
  }
  return OkStatus();
}

Status Validate(const SentenceWork& work) {
  if (work.layers.empty()) {
    return InvalidArgument("the work of a sentence has no layers");
  }
  for (size_t i = 0; i < work.layers.size(); ++i) {
    const LayerWork& layer = work.layers[i];
    if (!IsAmount(layer.cycles.value()) || !IsAmount(layer.dram_bytes.value())) {
      return InvalidArgument(
          fmt::format("layer {} has {} cycles and {} bytes of DRAM traffic: both must be finite "
                      "and not negative",
                      i + 1, layer.cycles.value(), layer.dram_bytes.value()));
    }
  }
  return OkStatus();
}

}  // namespace edgebert
