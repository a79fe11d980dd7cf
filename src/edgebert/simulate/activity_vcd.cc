#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "edgebert/simulate/activity_traces.h"
#include "edgebert/systemc/overlapped/activity_log.h"

namespace edgebert {
namespace {

using systemc::overlapped::ActivityLog;
using systemc::overlapped::ActivitySlice;
using systemc::overlapped::kNumTracedUnits;
using systemc::overlapped::TracedUnit;
using systemc::overlapped::TracedUnitName;

constexpr int kRampSteps = 16;

struct Change {
  int64_t picoseconds;
  std::string line;
};

// Identifier codes: a letter for each signal.
char BusyCode(int unit) { return static_cast<char>('a' + unit); }
char OperationCode(int unit) { return static_cast<char>('A' + unit); }
constexpr char kLayerCode = '!';
constexpr char kVoltageCode = '"';
constexpr char kFrequencyCode = '#';

std::string Binary(uint32_t value, char code) { return fmt::format("b{:b} {}", value, code); }

/// "special_functions" of "special functions".
std::string Identifier(std::string_view name) {
  std::string identifier(name);
  std::replace(identifier.begin(), identifier.end(), ' ', '_');
  return identifier;
}

}  // namespace

std::string ActivityVcd(const ActivityLog& activity) {
  const double start = activity.TimeOf(activity.first_cycle);
  const auto at = [&](double seconds) {
    return std::max<int64_t>(0, std::llround((seconds - start) * 1e12));
  };
  std::string vcd =
      "$comment operations count within the embedding, a layer or an off-ramp $end\n"
      "$timescale 1 ps $end\n$scope module accelerator $end\n";
  std::string initial;
  for (int unit = 0; unit < kNumTracedUnits; ++unit) {
    const std::string name = Identifier(TracedUnitName(static_cast<TracedUnit>(unit)));
    vcd += fmt::format("$var wire 1 {} {}_busy $end\n$var wire 16 {} {}_operation $end\n",
                       BusyCode(unit), name, OperationCode(unit), name);
    initial += fmt::format("0{}\nbx {}\n", BusyCode(unit), OperationCode(unit));
  }
  vcd += fmt::format(
      "$var wire 8 {} layer $end\n$var real 64 {} voltage_v $end\n"
      "$var real 64 {} frequency_hz $end\n$upscope $end\n$enddefinitions $end\n",
      kLayerCode, kVoltageCode, kFrequencyCode);
  initial += Binary(0, kLayerCode) + "\n";
  initial += fmt::format("r{:.9g} {}\nr{:.9g} {}\n", activity.initial_volts, kVoltageCode,
                         activity.initial_hertz, kFrequencyCode);
  std::vector<Change> changes;
  for (int unit = 0; unit < kNumTracedUnits; ++unit) {
    const std::vector<ActivitySlice>& slices = activity.of(static_cast<TracedUnit>(unit));
    for (size_t i = 0; i < slices.size(); ++i) {
      const ActivitySlice& slice = slices[i];
      const bool goes_on =
          i > 0 && slices[i - 1].first_cycle + slices[i - 1].cycles == slice.first_cycle;
      const int64_t from = at(activity.TimeOf(slice.first_cycle));
      if (!goes_on) {
        changes.push_back({from, fmt::format("1{}", BusyCode(unit))});
      }
      changes.push_back({from, Binary(slice.operation, OperationCode(unit))});
      const uint64_t end = slice.first_cycle + slice.cycles;
      if (i + 1 == slices.size() || slices[i + 1].first_cycle != end) {
        const int64_t to = at(activity.TimeOf(end));
        changes.push_back({to, fmt::format("0{}", BusyCode(unit))});
        changes.push_back({to, fmt::format("bx {}", OperationCode(unit))});
      }
    }
  }
  for (size_t i = 0; i < activity.layers.size(); ++i) {
    changes.push_back({at(activity.TimeOf(activity.layers[i].start)),
                       Binary(static_cast<uint32_t>(i) + 1, kLayerCode)});
  }
  if (!activity.layers.empty()) {
    changes.push_back(
        {at(activity.TimeOf(activity.layers.back().decision)), Binary(0, kLayerCode)});
  }
  for (const auto& ramp : activity.ramps) {
    for (int step = 1; step <= kRampSteps; ++step) {
      const double part = static_cast<double>(step) / kRampSteps;
      changes.push_back(
          {at(ramp.start + part * (ramp.end - ramp.start)),
           fmt::format("r{:.9g} {}", ramp.from + part * (ramp.to - ramp.from), kVoltageCode)});
    }
  }
  for (const auto& step : activity.steps) {
    changes.push_back({at(step.start), fmt::format("r{:.9g} {}", step.hertz, kFrequencyCode)});
  }
  std::stable_sort(changes.begin(), changes.end(),
                   [](const Change& a, const Change& b) { return a.picoseconds < b.picoseconds; });
  vcd += "$dumpvars\n" + initial + "$end\n";
  int64_t now = -1;
  for (const Change& change : changes) {
    if (change.picoseconds != now) {
      now = change.picoseconds;
      vcd += fmt::format("#{}\n", now);
    }
    vcd += change.line + "\n";
  }
  return vcd;
}

}  // namespace edgebert
