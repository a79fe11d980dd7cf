#ifndef EDGEBERT_SYSTEMC_OVERLAPPED_ACTIVITY_LOG_H_
#define EDGEBERT_SYSTEMC_OVERLAPPED_ACTIVITY_LOG_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "edgebert/systemc/adpll.h"
#include "edgebert/systemc/low_dropout_regulator.h"

namespace edgebert::systemc::overlapped {

/// Units whose work is recorded cycle by cycle.
enum class TracedUnit : uint8_t { kDma, kLoader, kStreamer, kArray, kEmission, kSpecial };
inline constexpr int kNumTracedUnits = 6;
std::string_view TracedUnitName(TracedUnit unit);  ///< "DMA", "loader", …

/// Consecutive cycles in which a unit works for one operation.
struct ActivitySlice {
  uint64_t first_cycle = 0;
  uint64_t cycles = 0;
  uint32_t stage = 0;      ///< Of BoundProgram::stages.
  uint32_t operation = 0;  ///< Of the stage's section.
};

/// What every unit did when, for traces; cycles are numbers of edges of the core clock.
class ActivityLog {
 public:
  /// Cycles up to this one, and not in an earlier span, have this clock.
  struct ClockSpan {
    uint64_t end_cycle = 0;
    double end_seconds = 0;  ///< When edge end_cycle comes, or would come.
    double hertz = 0;
  };

  /// In ascending order of cycles for each unit, at most once a cycle.
  void Busy(TracedUnit unit, uint64_t cycle, size_t stage, uint32_t operation) {
    std::vector<ActivitySlice>& slices = slices_[static_cast<size_t>(unit)];
    if (!slices.empty()) {
      ActivitySlice& last = slices.back();
      if (last.first_cycle + last.cycles == cycle && last.stage == stage &&
          last.operation == operation) {
        ++last.cycles;
        return;
      }
    }
    slices.push_back({cycle, 1, static_cast<uint32_t>(stage), operation});
  }
  void AddClockSpan(const ClockSpan& span) { clocks_.push_back(span); }

  const std::vector<ActivitySlice>& of(TracedUnit unit) const {
    return slices_[static_cast<size_t>(unit)];
  }
  uint64_t BusyCycles(TracedUnit unit) const;
  /// In seconds from the start of the simulation.
  double TimeOf(uint64_t cycle) const;

  /// The edge at which the sentence begins, and those at which encoders and decisions of its layers
  /// end.
  uint64_t first_cycle = 0;
  struct LayerEnds {
    uint64_t start = 0;
    uint64_t encoder = 0;
    uint64_t decision = 0;
  };
  std::vector<LayerEnds> layers;

  // Supply and clock, in seconds from the start of the simulation.
  double initial_volts = 0;
  double initial_hertz = 0;
  std::vector<VoltageRamp> ramps;
  std::vector<FrequencyStep> steps;

 private:
  std::array<std::vector<ActivitySlice>, kNumTracedUnits> slices_;
  std::vector<ClockSpan> clocks_;
};

}  // namespace edgebert::systemc::overlapped

#endif  // EDGEBERT_SYSTEMC_OVERLAPPED_ACTIVITY_LOG_H_
