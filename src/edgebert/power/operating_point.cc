#include "edgebert/power/operating_point.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace edgebert {
namespace {

/// A grid voltage within this part of a step from the highest measured one is the highest itself:
/// steps such as 0.025 V have no exact binary value.
constexpr double kStepTolerance = 1e-6;

bool IsPositive(double value) { return std::isfinite(value) && value > 0; }

Hertz Interpolate(const OperatingPoint& below, const OperatingPoint& above, Volts voltage) {
  const double part = (voltage - below.voltage) / (above.voltage - below.voltage);
  return below.frequency + part * (above.frequency - below.frequency);
}

Status CheckMeasured(std::span<const OperatingPoint> measured) {
  if (measured.size() < 2) {
    return InvalidArgument(
        fmt::format("at least two measured operating points are needed, got {}", measured.size()));
  }
  for (size_t i = 0; i < measured.size(); ++i) {
    const OperatingPoint& point = measured[i];
    if (!IsPositive(point.voltage.value()) || !IsPositive(point.frequency.value())) {
      return InvalidArgument(
          fmt::format("operating point {} is {} V, {} Hz: both must be positive and finite", i + 1,
                      point.voltage.value(), point.frequency.value()));
    }
    if (i > 0 && (point.voltage <= measured[i - 1].voltage ||
                  point.frequency <= measured[i - 1].frequency)) {
      return InvalidArgument(fmt::format(
          "operating point {} ({} V, {} Hz) must lie above point {} ({} V, {} Hz) in both", i + 1,
          point.voltage.value(), point.frequency.value(), i, measured[i - 1].voltage.value(),
          measured[i - 1].frequency.value()));
    }
  }
  return OkStatus();
}

/// Rounds down to what the clock can make, and drops points that a lower voltage reaches as well.
Status RoundFrequencies(Hertz step, std::vector<OperatingPoint>& grid) {
  if (!std::isfinite(step.value()) || step < Hertz(0)) {
    return InvalidArgument(fmt::format(
        "the frequency step is {} Hz, it must be finite and not negative", step.value()));
  }
  if (step == Hertz(0)) {
    return OkStatus();
  }
  std::vector<OperatingPoint> rounded;
  for (const OperatingPoint& point : grid) {
    const Hertz frequency = step * std::floor(point.frequency / step + kStepTolerance);
    if (frequency > (rounded.empty() ? Hertz(0) : rounded.back().frequency)) {
      rounded.push_back({point.voltage, std::min(frequency, point.frequency)});
    }
  }
  if (rounded.size() < 2) {
    return InvalidArgument(
        fmt::format("a frequency step of {} Hz leaves {} operating points, at least two are needed",
                    step.value(), rounded.size()));
  }
  grid = std::move(rounded);
  return OkStatus();
}

}  // namespace

Result<OperatingPointTable> OperatingPointTable::Create(std::span<const OperatingPoint> measured,
                                                        Volts step, Hertz frequency_step) {
  EDGEBERT_RETURN_IF_ERROR(CheckMeasured(measured));
  if (!IsPositive(step.value())) {
    return InvalidArgument(
        fmt::format("the voltage step is {} V, it must be positive and finite", step.value()));
  }
  const OperatingPoint& first = measured.front();
  const OperatingPoint& last = measured.back();
  const double steps_below_last = std::ceil((last.voltage - first.voltage) / step - kStepTolerance);
  if (!(steps_below_last < kMaxPoints)) {
    return InvalidArgument(
        fmt::format("a voltage step of {} V from {} V to {} V makes more than {} operating points",
                    step.value(), first.voltage.value(), last.voltage.value(), kMaxPoints));
  }

  std::vector<OperatingPoint> grid = {first};
  size_t segment = 1;
  for (int i = 1; i < static_cast<int>(steps_below_last); ++i) {
    const Volts voltage = first.voltage + i * step;
    while (measured[segment].voltage < voltage) {
      ++segment;
    }
    grid.push_back({voltage, Interpolate(measured[segment - 1], measured[segment], voltage)});
  }
  grid.push_back(last);
  EDGEBERT_RETURN_IF_ERROR(RoundFrequencies(frequency_step, grid));
  return OperatingPointTable(std::move(grid));
}

}  // namespace edgebert
