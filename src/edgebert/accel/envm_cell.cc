#include "edgebert/accel/envm_cell.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <numeric>

namespace edgebert {
namespace {

constexpr std::array<std::string_view, kNumCellKinds> kCellNames = {"slc", "mlc2", "mlc3"};
constexpr std::array<std::string_view, 2> kCodingNames = {"binary", "gray"};

/// The share of a standard normal variable above `z`.
double UpperTail(double z) { return 0.5 * std::erfc(z / std::sqrt(2.0)); }

}  // namespace

std::string_view CellKindName(CellKind kind) { return kCellNames[static_cast<size_t>(kind)]; }

Result<CellKind> ParseCellKind(std::string_view name) {
  for (size_t i = 0; i < kCellNames.size(); ++i) {
    if (kCellNames[i] == name) {
      return static_cast<CellKind>(i);
    }
  }
  return InvalidArgument(fmt::format("unknown cells '{}', expected slc, mlc2 or mlc3", name));
}

std::string_view LevelCodingName(LevelCoding coding) {
  return kCodingNames[static_cast<size_t>(coding)];
}

Result<LevelCoding> ParseLevelCoding(std::string_view name) {
  for (size_t i = 0; i < kCodingNames.size(); ++i) {
    if (kCodingNames[i] == name) {
      return static_cast<LevelCoding>(i);
    }
  }
  return InvalidArgument(fmt::format("unknown level coding '{}', expected binary or gray", name));
}

double LevelErrors::Mean() const {
  const double sum =
      std::accumulate(up.begin(), up.end(), std::accumulate(down.begin(), down.end(), 0.0));
  return sum / static_cast<double>(up.size());
}

double ReadThreshold(const LevelDistribution& lower, const LevelDistribution& upper) {
  // Equal densities: a quadratic in the distance x from the lower mean. Its root between the means
  // is written in the form that stays exact where the deviations are equal and a is 0.
  const double distance = upper.mean - lower.mean;
  const double lower_weight = 1 / (lower.sigma * lower.sigma);
  const double upper_weight = 1 / (upper.sigma * upper.sigma);
  const double a = lower_weight - upper_weight;
  const double b = distance * upper_weight;
  const double c = distance * distance * upper_weight + 2 * std::log(upper.sigma / lower.sigma);
  return lower.mean + c / (b + std::sqrt(std::fmax(b * b + a * c, 0)));
}

Result<LevelErrors> ComputeLevelErrors(std::span<const LevelDistribution> levels) {
  if (levels.size() < 2 || levels.size() > 16) {
    return InvalidArgument(fmt::format("{} levels, expected 2 to 16", levels.size()));
  }
  for (size_t i = 0; i < levels.size(); ++i) {
    const LevelDistribution& level = levels[i];
    if (!std::isfinite(level.mean) || !std::isfinite(level.sigma) || level.sigma <= 0) {
      return InvalidArgument(
          fmt::format("level {} has mean {} and deviation {}: expected finite "
                      "numbers, the deviation positive",
                      i, level.mean, level.sigma));
    }
    if (i > 0 && level.mean <= levels[i - 1].mean) {
      return InvalidArgument(fmt::format("level {} has mean {}, which is not above {}", i,
                                         level.mean, levels[i - 1].mean));
    }
  }
  LevelErrors errors{std::vector<double>(levels.size()), std::vector<double>(levels.size())};
  for (size_t i = 0; i + 1 < levels.size(); ++i) {
    const double threshold = ReadThreshold(levels[i], levels[i + 1]);
    if (!(threshold > levels[i].mean && threshold < levels[i + 1].mean)) {
      return InvalidArgument(fmt::format(
          "levels {} and {} overlap so far that no threshold separates them", i, i + 1));
    }
    errors.up[i] = UpperTail((threshold - levels[i].mean) / levels[i].sigma);
    errors.down[i + 1] = UpperTail((levels[i + 1].mean - threshold) / levels[i + 1].sigma);
  }
  return errors;
}

}  // namespace edgebert
