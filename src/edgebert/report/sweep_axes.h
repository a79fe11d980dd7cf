#ifndef EDGEBERT_REPORT_SWEEP_AXES_H_
#define EDGEBERT_REPORT_SWEEP_AXES_H_

#include <array>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "edgebert/accel/memory_plan.h"
#include "edgebert/base/status.h"
#include "edgebert/base/units.h"
#include "edgebert/power/latency_target.h"
#include "edgebert/power/policy.h"

namespace edgebert {

/// What a sweep can vary. Those before kThreshold make a design; the rest says how it is used.
enum class Axis : uint8_t {
  kN,          ///< Vector size.
  kBuffers,    ///< Data buffers: "256KB".
  kBandwidth,  ///< Of DRAM: "8.5GB/s".
  kWeights,    ///< dram, sram, reram.
  kDistinct,   ///< Distinct layers.
  kVf,         ///< Operating points: own, chip-0.62, or those of a hardware file.
  kRegulator,  ///< ldo, switching, ideal.
  kSpan,       ///< own, full, or the most tokens that a head looks across.
  kSparsity,   ///< own, or the share of encoder weights that are zero.
  kThreshold,  ///< own, or nats.
  kTarget,     ///< "8ms", "0.008s", "2x".
  kPolicy,
};
inline constexpr int kNumAxes = 12;

/// "n", "buffers", … in the order of the enumeration.
std::span<const std::string_view> AxisNames();

/// The values of every axis as text; the first axis varies slowest.
struct SweepAxes {
  std::array<std::vector<std::string>, kNumAxes> values;  ///< At least one each.

  /// Every axis with its single default.
  static SweepAxes Defaults();

  const std::vector<std::string>& of(Axis axis) const { return values[static_cast<size_t>(axis)]; }
  /// The number of design points; the largest size_t where it would be more.
  size_t size() const;
  /// The value of each axis at a point.
  std::array<std::string_view, kNumAxes> At(size_t point) const;
  /// One line that differs wherever two sweeps differ.
  std::string Describe() const;
};

/// Sets one axis from "name=v1,v2,…". kInvalidArgument for a name that no axis has (with the
/// nearest and a list), a value that the axis does not take, and values given twice.
Status SetAxis(std::string_view text, SweepAxes& axes);

/// Sets axes from YAML: a map from names to a value or a list of values. `file` is what messages
/// call it, with the line; the same errors.
Status ParseAxes(std::string_view yaml, const std::string& file, SweepAxes& axes);

/// The same of a file.
Status LoadAxes(const std::filesystem::path& file, SweepAxes& axes);

/// A point's values, parsed. Nothing: as the hardware or model has it.
struct DesignSettings {
  std::optional<int> n;
  std::optional<Bytes> buffers;
  std::optional<BytesPerSecond> bandwidth;
  WeightLocation weights = WeightLocation::kDram;
  std::optional<int> distinct;
  std::string vf = "own";
  std::optional<std::string> regulator;
  std::optional<int> span;  ///< 0: as far as there is.
  std::optional<double> sparsity;
  std::optional<double> threshold_nats;
  LatencyTarget target;
  Policy policy = Policy::kPaced;
};

Result<DesignSettings> ParseSettings(const std::array<std::string_view, kNumAxes>& values);

}  // namespace edgebert

#endif  // EDGEBERT_REPORT_SWEEP_AXES_H_
