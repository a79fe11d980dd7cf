#ifndef EDGEBERT_ACCEL_ENVM_FAULTS_H_
#define EDGEBERT_ACCEL_ENVM_FAULTS_H_

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "edgebert/accel/envm_cell.h"
#include "edgebert/accel/envm_table.h"
#include "edgebert/base/status.h"

namespace edgebert {

/// A cell that is read as the neighbour of the level it was programmed to.
struct EnvmFault {
  EnvmCell cell;
  uint32_t stored_level;
  uint32_t read_level;
  bool operator==(const EnvmFault&) const = default;
};

/// Draws the cells of a table that are misread. Every cell fails independently with the probability
/// of its level; a cell that holds fewer bits than its kind allows is written to, and fails as, a
/// cell of that many bits. Whether cell c fails under seed s is a function of (s, region, c) alone,
/// in integer arithmetic: the same on every platform and in every order.
class EnvmFaultModel {
 public:
  /// Errors of cells with one, two and three bits.
  using CellErrors = std::array<LevelErrors, kNumCellKinds>;

  /// Each must have two, four and eight levels, with probabilities in [0, 1) and up + down < 1.
  static Result<EnvmFaultModel> Create(CellErrors errors);

  /// The faults of one life of the table, ascending by region and cell.
  std::vector<EnvmFault> Draw(const EnvmTable& table, uint64_t seed) const;

  /// Exactly `count` faults, given that there are so many: cells in proportion to how likely they
  /// fail, without repetition, in `region` alone or in all. Where no cell can fail (SLC), all cells
  /// are taken as equally likely. An error when there are fewer than 2 · count cells.
  Result<std::vector<EnvmFault>> DrawExactly(const EnvmTable& table, uint64_t count,
                                             std::optional<EnvmRegion> region, uint64_t seed) const;

  /// The mean number of faults of `table` as it is programmed, by region.
  std::array<double, kNumEnvmRegions> Expected(const EnvmTable& table) const;

 private:
  /// Probabilities as 64-bit fractions of 1.
  struct Threshold {
    uint64_t any = 0;  ///< Up or down.
    uint64_t up = 0;
  };

  explicit EnvmFaultModel(CellErrors errors);

  const Threshold& ThresholdOf(uint32_t num_levels, uint32_t level) const {
    return thresholds_[num_levels / 4][level];
  }
  /// The largest `any` of cells in a region.
  uint64_t LargestThreshold(const EnvmTable& table, EnvmRegion region) const;

  CellErrors errors_;
  std::array<std::array<Threshold, 8>, kNumCellKinds> thresholds_{};
};

/// Programs the misread levels into `table`, so that it decodes as it is read.
void ApplyFaults(std::span<const EnvmFault> faults, EnvmTable& table);
/// Undoes ApplyFaults().
void RemoveFaults(std::span<const EnvmFault> faults, EnvmTable& table);

/// Rows that may decode differently because of faults, ascending. `starts` are the row starts of
/// the fault-free table.
std::vector<int64_t> RowsTouched(std::span<const EnvmFault> faults, const EnvmTable& table,
                                 std::span<const uint64_t> starts);

}  // namespace edgebert

#endif  // EDGEBERT_ACCEL_ENVM_FAULTS_H_
