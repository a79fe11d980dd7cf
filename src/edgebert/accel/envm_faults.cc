#include "edgebert/accel/envm_faults.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

namespace edgebert {
namespace {

constexpr uint64_t kGolden = 0x9E3779B97F4A7C15;

/// The finaliser of SplitMix64: a bijection that spreads every input bit over all output bits.
constexpr uint64_t Mix(uint64_t value) {
  value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
  value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
  return value ^ (value >> 31);
}

/// The key of a stream of random numbers; the numbers are Mix(key + i · kGolden).
constexpr uint64_t StreamKey(uint64_t seed, uint64_t stream) {
  return Mix(Mix(seed + kGolden) + (stream + 1) * kGolden);
}

/// A uniform number below `bound`, from 64 random bits: the upper half of their product.
constexpr uint64_t Below(uint64_t bound, uint64_t random) {
  constexpr uint64_t kLow = 0xFFFFFFFF;
  const uint64_t a = (bound & kLow) * (random >> 32) + ((bound & kLow) * (random & kLow) >> 32);
  const uint64_t b = (bound >> 32) * (random & kLow) + (a & kLow);
  return (bound >> 32) * (random >> 32) + (a >> 32) + (b >> 32);
}
static_assert(Below(~uint64_t{0}, ~uint64_t{0}) == ~uint64_t{0} - 1);
static_assert(Below(uint64_t{5} << 40, uint64_t{1} << 63) == uint64_t{5} << 39);

/// A probability below 1 as a fraction of 2^64.
uint64_t Fraction(double probability) { return static_cast<uint64_t>(std::ldexp(probability, 64)); }

constexpr std::array<EnvmRegion, kNumEnvmRegions> kRegions = {
    EnvmRegion::kMask, EnvmRegion::kValues, EnvmRegion::kIndex};

/// The stream that DrawExactly() takes its numbers from, beside one for each region.
constexpr uint64_t kConditionalStream = kNumEnvmRegions;

}  // namespace

Result<EnvmFaultModel> EnvmFaultModel::Create(CellErrors errors) {
  for (size_t kind = 0; kind < errors.size(); ++kind) {
    const size_t levels = size_t{2} << kind;
    const LevelErrors& cell = errors[kind];
    if (cell.up.size() != levels || cell.down.size() != levels) {
      return InvalidArgument(fmt::format("errors of {} cells for {} and {} levels, expected {}",
                                         CellKindName(static_cast<CellKind>(kind)), cell.up.size(),
                                         cell.down.size(), levels));
    }
    for (uint32_t level = 0; level < levels; ++level) {
      const bool in_range = cell.up[level] >= 0 && cell.down[level] >= 0 && cell.of(level) < 1;
      const bool ends =
          (level > 0 || cell.down[level] == 0) && (level + 1 < levels || cell.up[level] == 0);
      if (!in_range || !ends) {
        return InvalidArgument(fmt::format(
            "{} level {} is misread with probability {} up and {} down: expected 0 or more, less "
            "than 1 together, and 0 beyond the last level",
            CellKindName(static_cast<CellKind>(kind)), level, cell.up[level], cell.down[level]));
      }
    }
  }
  return EnvmFaultModel(std::move(errors));
}

EnvmFaultModel::EnvmFaultModel(CellErrors errors) : errors_(std::move(errors)) {
  for (size_t kind = 0; kind < errors_.size(); ++kind) {
    for (uint32_t level = 0; level < errors_[kind].up.size(); ++level) {
      thresholds_[kind][level] = {Fraction(errors_[kind].of(level)),
                                  Fraction(errors_[kind].up[level])};
    }
  }
}

uint64_t EnvmFaultModel::LargestThreshold(const EnvmTable& table, EnvmRegion region) const {
  const EnvmRegionSize& size = table.size(region);
  uint64_t largest = 0;
  // The first and the last cell of a word: others are like the first.
  for (const int cell : {0, size.cells_per_word - 1}) {
    if (size.words == 0) {
      break;
    }
    const uint32_t levels = table.NumLevels({region, static_cast<uint64_t>(cell)});
    for (uint32_t level = 0; level < levels; ++level) {
      largest = std::max(largest, ThresholdOf(levels, level).any);
    }
  }
  return largest;
}

std::vector<EnvmFault> EnvmFaultModel::Draw(const EnvmTable& table, uint64_t seed) const {
  std::vector<EnvmFault> faults;
  for (const EnvmRegion region : kRegions) {
    const uint64_t largest = LargestThreshold(table, region);
    if (largest == 0) {
      continue;
    }
    const uint64_t key = StreamKey(seed, static_cast<uint64_t>(region));
    const uint64_t cells = table.size(region).cells();
    for (uint64_t i = 0; i < cells; ++i) {
      const uint64_t random = Mix(key + i * kGolden);
      if (random >= largest) {
        continue;
      }
      const EnvmCell cell{region, i};
      const uint32_t level = table.Level(cell);
      const Threshold& threshold = ThresholdOf(table.NumLevels(cell), level);
      if (random < threshold.any) {
        faults.push_back({cell, level, random < threshold.up ? level + 1 : level - 1});
      }
    }
  }
  return faults;
}

Result<std::vector<EnvmFault>> EnvmFaultModel::DrawExactly(const EnvmTable& table, uint64_t count,
                                                           std::optional<EnvmRegion> region,
                                                           uint64_t seed) const {
  std::array<uint64_t, kNumEnvmRegions> cells{};
  uint64_t total = 0;
  uint64_t largest = 0;
  for (const EnvmRegion candidate : kRegions) {
    if (!region || region == candidate) {
      cells[static_cast<size_t>(candidate)] = table.size(candidate).cells();
      total += table.size(candidate).cells();
      largest = std::max(largest, LargestThreshold(table, candidate));
    }
  }
  if (count > total / 2) {
    return InvalidArgument(
        fmt::format("{} faults among {} cells: expected at most half as many", count, total));
  }
  const uint64_t key = StreamKey(seed, kConditionalStream);
  uint64_t position = 0;
  const auto next = [&] { return Mix(key + position++ * kGolden); };
  const auto by_place = [](const EnvmFault& a, const EnvmFault& b) {
    return std::pair(a.cell.region, a.cell.cell) < std::pair(b.cell.region, b.cell.cell);
  };
  std::set<EnvmFault, decltype(by_place)> faults(by_place);
  const uint64_t most_draws = (count + 16) << 20;
  while (faults.size() < count) {
    if (position > most_draws) {
      return Infeasible(fmt::format(
          "{} faults cannot be drawn: nearly all cells hold levels that are never misread", count));
    }
    uint64_t place = Below(total, next());
    size_t in = 0;
    while (place >= cells[in]) {
      place -= cells[in++];
    }
    const EnvmCell cell{kRegions[in], place};
    const uint32_t level = table.Level(cell);
    const uint32_t levels = table.NumLevels(cell);
    bool up = false;
    if (largest == 0) {
      up = level == 0 || (level + 1 < levels && (next() & 1) != 0);
    } else {
      const uint64_t random = Below(largest, next());
      const Threshold& threshold = ThresholdOf(levels, level);
      if (random >= threshold.any) {
        continue;
      }
      up = random < threshold.up;
    }
    faults.insert({cell, level, up ? level + 1 : level - 1});
  }
  return std::vector<EnvmFault>(faults.begin(), faults.end());
}

std::array<double, kNumEnvmRegions> EnvmFaultModel::Expected(const EnvmTable& table) const {
  std::array<double, kNumEnvmRegions> expected{};
  for (const EnvmRegion region : kRegions) {
    if (LargestThreshold(table, region) == 0) {
      continue;
    }
    std::array<std::array<uint64_t, 8>, kNumCellKinds> counts{};
    for (uint64_t i = 0; i < table.size(region).cells(); ++i) {
      const EnvmCell cell{region, i};
      ++counts[table.NumLevels(cell) / 4][table.Level(cell)];
    }
    for (size_t kind = 0; kind < counts.size(); ++kind) {
      for (uint32_t level = 0; level < errors_[kind].up.size(); ++level) {
        expected[static_cast<size_t>(region)] +=
            static_cast<double>(counts[kind][level]) * errors_[kind].of(level);
      }
    }
  }
  return expected;
}

void ApplyFaults(std::span<const EnvmFault> faults, EnvmTable& table) {
  for (const EnvmFault& fault : faults) {
    table.SetLevel(fault.cell, fault.read_level);
  }
}

void RemoveFaults(std::span<const EnvmFault> faults, EnvmTable& table) {
  for (const EnvmFault& fault : faults) {
    table.SetLevel(fault.cell, fault.stored_level);
  }
}

std::vector<int64_t> RowsTouched(std::span<const EnvmFault> faults, const EnvmTable& table,
                                 std::span<const uint64_t> starts) {
  std::vector<bool> touched(static_cast<size_t>(table.rows()));
  const int64_t stride = table.layout().index_stride;
  for (const EnvmFault& fault : faults) {
    const EnvmRegionSize& size = table.size(fault.cell.region);
    const uint64_t word = fault.cell.cell / static_cast<uint64_t>(size.cells_per_word);
    int64_t first = 0;
    int64_t last = 0;
    switch (fault.cell.region) {
      case EnvmRegion::kValues:
        // The last row that begins at or before the value: rows without values share a start.
        first = std::upper_bound(starts.begin(), starts.end(), word) - starts.begin() - 1;
        last = first;
        break;
      case EnvmRegion::kMask:
        first = static_cast<int64_t>(word);
        last = first / stride * stride + stride - 1;
        break;
      case EnvmRegion::kIndex:
        first = static_cast<int64_t>(word) * stride;
        last = first + stride - 1;
        break;
    }
    for (int64_t row = first; row <= std::min(last, table.rows() - 1); ++row) {
      touched[static_cast<size_t>(row)] = true;
    }
  }
  std::vector<int64_t> rows;
  for (int64_t row = 0; row < table.rows(); ++row) {
    if (touched[static_cast<size_t>(row)]) {
      rows.push_back(row);
    }
  }
  return rows;
}

}  // namespace edgebert
