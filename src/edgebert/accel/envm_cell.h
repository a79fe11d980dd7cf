#ifndef EDGEBERT_ACCEL_ENVM_CELL_H_
#define EDGEBERT_ACCEL_ENVM_CELL_H_

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "edgebert/base/status.h"

namespace edgebert {

/// How many levels a memory cell is programmed to.
enum class CellKind : uint8_t {
  kSlc,   ///< One bit, two levels.
  kMlc2,  ///< Two bits, four levels.
  kMlc3,  ///< Three bits, eight levels.
};
inline constexpr int kNumCellKinds = 3;

constexpr int BitsPerCell(CellKind kind) { return static_cast<int>(kind) + 1; }
std::string_view CellKindName(CellKind kind);  ///< "slc", "mlc2", "mlc3"
Result<CellKind> ParseCellKind(std::string_view name);

/// Which bits a level stands for.
enum class LevelCoding : uint8_t {
  kBinary,  ///< Level l holds the number l, as NVMExplorer has it.
  kGray,    ///< Neighbouring levels differ in one bit.
};
std::string_view LevelCodingName(LevelCoding coding);  ///< "binary", "gray"
Result<LevelCoding> ParseLevelCoding(std::string_view name);

constexpr uint32_t LevelOfBits(LevelCoding coding, uint32_t bits) {
  if (coding == LevelCoding::kBinary) {
    return bits;
  }
  uint32_t level = bits;
  for (uint32_t rest = bits >> 1; rest != 0; rest >>= 1) {
    level ^= rest;
  }
  return level;
}

constexpr uint32_t BitsOfLevel(LevelCoding coding, uint32_t level) {
  return coding == LevelCoding::kBinary ? level : level ^ (level >> 1);
}

/// What reading a cell programmed to a level gives: normal, in units of the whole window.
struct LevelDistribution {
  double mean = 0;
  double sigma = 0;
};

/// The probabilities of reading a level as its upper or lower neighbour; 0 where there is none.
/// Errors of two levels or more are left out: they are below 1e-10 for the published statistics.
struct LevelErrors {
  std::vector<double> up;    ///< [levels]
  std::vector<double> down;  ///< [levels]

  double of(uint32_t level) const { return up[level] + down[level]; }
  double Mean() const;  ///< Over levels used equally often.
};

/// Where the densities of two neighbouring levels, lower.mean < upper.mean, cross between the
/// means: the read threshold with the fewest errors.
double ReadThreshold(const LevelDistribution& lower, const LevelDistribution& upper);

/// Errors with every threshold at the crossing. `levels` must be 2 to 16, means strictly ascending,
/// deviations positive, all finite.
Result<LevelErrors> ComputeLevelErrors(std::span<const LevelDistribution> levels);

}  // namespace edgebert

#endif  // EDGEBERT_ACCEL_ENVM_CELL_H_
