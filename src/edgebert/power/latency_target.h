#ifndef EDGEBERT_POWER_LATENCY_TARGET_H_
#define EDGEBERT_POWER_LATENCY_TARGET_H_

#include <string_view>

#include "edgebert/base/status.h"
#include "edgebert/base/units.h"

namespace edgebert {

/// The time within which a sentence's answer must be there: absolute, or relative to the time that
/// all layers take at the nominal point.
class LatencyTarget {
 public:
  /// Accepts "8ms", "0.008s", "500us" and, for a multiple of the full-depth time, "1.5x". Anything
  /// else, and numbers that are not from 1e-6 to 1e6 seconds or times, is kInvalidArgument.
  static Result<LatencyTarget> Parse(std::string_view text);

  /// The target in seconds of a sentence whose layers take `full_depth` at the nominal point.
  Seconds Resolve(Seconds full_depth) const {
    return relative_ ? value_ * full_depth : Seconds(value_);
  }

  bool operator==(const LatencyTarget&) const = default;

 private:
  LatencyTarget(double value, bool relative) : value_(value), relative_(relative) {}

  double value_;  ///< Seconds, or a factor.
  bool relative_;
};

}  // namespace edgebert

#endif  // EDGEBERT_POWER_LATENCY_TARGET_H_
