#ifndef EDGEBERT_POWER_OPERATING_POINT_H_
#define EDGEBERT_POWER_OPERATING_POINT_H_

#include <span>
#include <utility>
#include <vector>

#include "edgebert/base/status.h"
#include "edgebert/base/units.h"

namespace edgebert {

/// A supply voltage and the clock that runs at it.
struct OperatingPoint {
  Volts voltage;
  Hertz frequency;

  bool operator==(const OperatingPoint&) const = default;
};

/// The operating points that a regulator can set, ascending in voltage and frequency.
class OperatingPointTable {
 public:
  /// Largest number of points of a table.
  static constexpr int kMaxPoints = 10'000;

  /// The grid that starts at the lowest measured voltage and goes up in steps of `step`; the
  /// highest measured point ends it, on the grid or not. Frequencies between measured points are
  /// interpolated linearly, none is extrapolated. `measured` must hold at least two points, finite,
  /// positive and strictly ascending in voltage and frequency; `step` must be positive and not so
  /// fine that the grid exceeds kMaxPoints. With a `frequency_step` above zero, frequencies are
  /// rounded down to multiples of it, the measured ones included, and a point that is then no
  /// faster than the one below it is left out; kInvalidArgument when fewer than two remain.
  static Result<OperatingPointTable> Create(std::span<const OperatingPoint> measured, Volts step,
                                            Hertz frequency_step = Hertz(0));

  const std::vector<OperatingPoint>& points() const { return points_; }
  const OperatingPoint& lowest() const { return points_.front(); }
  /// The highest point: the one that conventional inference runs at.
  const OperatingPoint& nominal() const { return points_.back(); }

 private:
  explicit OperatingPointTable(std::vector<OperatingPoint> points) : points_(std::move(points)) {}

  std::vector<OperatingPoint> points_;
};

}  // namespace edgebert

#endif  // EDGEBERT_POWER_OPERATING_POINT_H_
