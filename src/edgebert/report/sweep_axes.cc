#include "edgebert/report/sweep_axes.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <limits>
#include <utility>

#include "edgebert/base/file.h"
#include "edgebert/base/text.h"
#include "edgebert/base/yaml_document.h"
#include "edgebert/power/regulator.h"

namespace edgebert {
namespace {

constexpr std::array<std::string_view, kNumAxes> kNames = {
    "n",         "buffers", "bandwidth", "weights",   "distinct", "vf",
    "regulator", "span",    "sparsity",  "threshold", "target",   "policy"};
constexpr std::array<std::string_view, kNumAxes> kDefaults = {
    "own", "own", "own", "dram", "own", "own", "own", "own", "own", "own", "2x", "paced"};
constexpr std::string_view kOwn = "own";
constexpr uint64_t kMaxFileBytes = 1 << 20;

std::string_view NameOf(Axis axis) { return kNames[static_cast<size_t>(axis)]; }

Status Unfit(Axis axis, std::string_view value, std::string_view expected) {
  return InvalidArgument(fmt::format("axis {}: '{}': expected {}", NameOf(axis), value, expected));
}

/// The result of another part's parser, with the axis in its message.
template <typename T>
Result<T> Of(Axis axis, Result<T> parsed) {
  return parsed.ok() ? parsed : parsed.status().WithContext(fmt::format("axis {}", NameOf(axis)));
}

/// A positive number with one of the units, each with its factor.
Result<double> InUnits(Axis axis, std::string_view value,
                       std::span<const std::pair<std::string_view, double>> units,
                       std::string_view expected) {
  for (const auto& [unit, factor] : units) {
    if (value.ends_with(unit) && value.size() > unit.size()) {
      const Result<double> number = ParseFiniteNumber(value.substr(0, value.size() - unit.size()));
      if (number.ok() && *number > 0) {
        return *number * factor;
      }
    }
  }
  return Unfit(axis, value, expected);
}

Result<double> Share(Axis axis, std::string_view value, double most, std::string_view expected) {
  const Result<double> number = ParseFiniteNumber(value);
  if (!number.ok() || *number < 0 || *number > most) {
    return Unfit(axis, value, expected);
  }
  return *number;
}

Result<int> Whole(Axis axis, std::string_view value, std::string_view expected) {
  const Result<double> number = ParseFiniteNumber(value);
  if (!number.ok() || *number < 1 || *number > 1e6 || *number != std::floor(*number)) {
    return Unfit(axis, value, expected);
  }
  return static_cast<int>(*number);
}

Status SetValues(std::string_view name, std::vector<std::string> values, SweepAxes& axes) {
  const auto found = std::find(kNames.begin(), kNames.end(), name);
  if (found == kNames.end()) {
    const std::vector<std::string> names(kNames.begin(), kNames.end());
    return InvalidArgument(fmt::format("there is no axis '{}'{} (axes: {})", name,
                                       DidYouMean(name, names), fmt::join(kNames, ", ")));
  }
  const auto index = static_cast<size_t>(found - kNames.begin());
  std::vector<std::string> sorted = values;
  std::sort(sorted.begin(), sorted.end());
  if (const auto twice = std::adjacent_find(sorted.begin(), sorted.end()); twice != sorted.end()) {
    return InvalidArgument(fmt::format("axis {}: '{}' stands twice", name, *twice));
  }
  for (const std::string& value : values) {
    std::array<std::string_view, kNumAxes> point = kDefaults;
    point[index] = value;
    EDGEBERT_RETURN_IF_ERROR(ParseSettings(point).status());
  }
  axes.values[index] = std::move(values);
  return OkStatus();
}

}  // namespace

std::span<const std::string_view> AxisNames() { return kNames; }

SweepAxes SweepAxes::Defaults() {
  SweepAxes axes;
  for (size_t i = 0; i < axes.values.size(); ++i) {
    axes.values[i] = {std::string(kDefaults[i])};
  }
  return axes;
}

size_t SweepAxes::size() const {
  size_t points = 1;
  for (const std::vector<std::string>& axis : values) {
    if (points > std::numeric_limits<size_t>::max() / axis.size()) {
      return std::numeric_limits<size_t>::max();
    }
    points *= axis.size();
  }
  return points;
}

std::array<std::string_view, kNumAxes> SweepAxes::At(size_t point) const {
  std::array<std::string_view, kNumAxes> at;
  for (size_t i = values.size(); i-- > 0;) {
    at[i] = values[i][point % values[i].size()];
    point /= values[i].size();
  }
  return at;
}

std::string SweepAxes::Describe() const {
  std::string text;
  for (size_t i = 0; i < values.size(); ++i) {
    text += fmt::format("{}{}={}", i > 0 ? " " : "", kNames[i], fmt::join(values[i], ","));
  }
  return text;
}

Status SetAxis(std::string_view text, SweepAxes& axes) {
  const size_t equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0 || equals + 1 == text.size()) {
    return InvalidArgument(fmt::format("axis '{}': expected name=value,value,… (axes: {})", text,
                                       fmt::join(kNames, ", ")));
  }
  std::vector<std::string> values;
  for (size_t at = equals + 1; at <= text.size();) {
    const size_t comma = std::min(text.find(',', at), text.size());
    values.emplace_back(text.substr(at, comma - at));
    at = comma + 1;
  }
  return SetValues(text.substr(0, equals), std::move(values), axes);
}

Status ParseAxes(std::string_view yaml, const std::string& file, SweepAxes& axes) {
  EDGEBERT_ASSIGN_OR_RETURN(const YamlValue document,
                            ParseYaml(yaml, file, "the sweep", kMaxFileBytes));
  EDGEBERT_ASSIGN_OR_RETURN(const YamlSection section, document.OpenSection());
  for (const auto& [name, value] : section.entries()) {
    std::vector<std::string> values;
    if (value.IsSequence()) {
      EDGEBERT_ASSIGN_OR_RETURN(const std::vector<YamlValue> items, value.Sequence(1));
      for (const YamlValue& item : items) {
        EDGEBERT_ASSIGN_OR_RETURN(values.emplace_back(), item.Text());
      }
    } else {
      EDGEBERT_ASSIGN_OR_RETURN(values.emplace_back(), value.Text());
    }
    if (const Status status = SetValues(name, std::move(values), axes); !status.ok()) {
      return value.Error(status.message());
    }
  }
  return OkStatus();
}

Status LoadAxes(const std::filesystem::path& file, SweepAxes& axes) {
  EDGEBERT_ASSIGN_OR_RETURN(const std::string yaml, ReadTextFile(file, kMaxFileBytes));
  return ParseAxes(yaml, file.string(), axes);
}

Result<DesignSettings> ParseSettings(const std::array<std::string_view, kNumAxes>& values) {
  const auto at = [&](Axis axis) { return values[static_cast<size_t>(axis)]; };
  EDGEBERT_ASSIGN_OR_RETURN(const LatencyTarget target,
                            Of(Axis::kTarget, LatencyTarget::Parse(at(Axis::kTarget))));
  DesignSettings settings{.n = {},
                          .buffers = {},
                          .bandwidth = {},
                          .distinct = {},
                          .regulator = {},
                          .span = {},
                          .sparsity = {},
                          .threshold_nats = {},
                          .target = target};
  if (at(Axis::kN) != kOwn) {
    EDGEBERT_ASSIGN_OR_RETURN(settings.n, Whole(Axis::kN, at(Axis::kN), "own, 2, 4, 8, 16 or 32"));
    if (*settings.n > 32 || (*settings.n & (*settings.n - 1)) != 0 || *settings.n == 1) {
      return Unfit(Axis::kN, at(Axis::kN), "own, 2, 4, 8, 16 or 32");
    }
  }
  if (at(Axis::kBuffers) != kOwn) {
    constexpr std::pair<std::string_view, double> kUnits[] = {{"KB", 1024}, {"MB", 1 << 20}};
    EDGEBERT_ASSIGN_OR_RETURN(const double bytes, InUnits(Axis::kBuffers, at(Axis::kBuffers),
                                                          kUnits, "own or a size such as 256KB"));
    settings.buffers = Bytes(bytes);
  }
  if (at(Axis::kBandwidth) != kOwn) {
    constexpr std::pair<std::string_view, double> kUnits[] = {{"GB/s", 1e9}, {"MB/s", 1e6}};
    EDGEBERT_ASSIGN_OR_RETURN(const double rate,
                              InUnits(Axis::kBandwidth, at(Axis::kBandwidth), kUnits,
                                      "own or a bandwidth such as 8.5GB/s"));
    settings.bandwidth = BytesPerSecond(rate);
  }
  EDGEBERT_ASSIGN_OR_RETURN(settings.weights,
                            Of(Axis::kWeights, ParseWeightLocation(at(Axis::kWeights))));
  if (at(Axis::kDistinct) != kOwn) {
    EDGEBERT_ASSIGN_OR_RETURN(settings.distinct, Whole(Axis::kDistinct, at(Axis::kDistinct),
                                                       "own or a number of layers"));
  }
  settings.vf = std::string(at(Axis::kVf));
  if (at(Axis::kRegulator) != kOwn) {
    EDGEBERT_RETURN_IF_ERROR(
        Of(Axis::kRegulator, ParseRegulatorKind(at(Axis::kRegulator))).status());
    settings.regulator = std::string(at(Axis::kRegulator));
  }
  if (at(Axis::kSpan) == "full") {
    settings.span = 0;
  } else if (at(Axis::kSpan) != kOwn) {
    EDGEBERT_ASSIGN_OR_RETURN(
        settings.span, Whole(Axis::kSpan, at(Axis::kSpan), "own, full or a number of tokens"));
  }
  if (at(Axis::kSparsity) != kOwn) {
    EDGEBERT_ASSIGN_OR_RETURN(settings.sparsity, Share(Axis::kSparsity, at(Axis::kSparsity), 1,
                                                       "own or a share from 0 to 1"));
  }
  if (at(Axis::kThreshold) != kOwn) {
    constexpr double kMostNats = 100;
    EDGEBERT_ASSIGN_OR_RETURN(settings.threshold_nats, Share(Axis::kThreshold, at(Axis::kThreshold),
                                                             kMostNats, "own or a number of nats"));
  }
  EDGEBERT_ASSIGN_OR_RETURN(settings.policy, Of(Axis::kPolicy, ParsePolicy(at(Axis::kPolicy))));
  if (settings.policy == Policy::kArtifactDvfs || NeedsPredictedLayer(settings.policy)) {
    return Unfit(
        Axis::kPolicy, at(Axis::kPolicy),
        "conventional, conventional-static, early-exit, early-exit-static, paced or oracle "
        "(the others look at single entropies: use edgebert trace or eval)");
  }
  return settings;
}

}  // namespace edgebert
