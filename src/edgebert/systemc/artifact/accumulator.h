#ifndef EDGEBERT_SYSTEMC_ARTIFACT_ACCUMULATOR_H_
#define EDGEBERT_SYSTEMC_ARTIFACT_ACCUMULATOR_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <systemc>

#include "edgebert/systemc/artifact/datapath.h"
#include "edgebert/systemc/artifact/types.h"
#include "edgebert/systemc/unit.h"

namespace edgebert::systemc::artifact {

/// How accumulators become codes. A sum stands for sum · 2^unit_exponent.
struct Requantization {
  int unit_exponent = 0;
  int64_t addend = 0;  ///< One for the whole matrix, in units of the sums.
  bool relu = false;
  int output_bias = 0;  ///< AF8 exponent bias of the output.
};

/// Accum: 16 × 16 accumulators, to which a row of partial sums a cycle is added, and the pipeline
/// that turns them into codes after the last block of a tile. The pipeline is part of the same
/// sequential process, so that no row is taken until the last vector has left it. Sums are exact,
/// where the authors' wrap at 16 bits.
class Accumulator : public Unit {
 public:
  /// Its stages: shift, add the addend, rectify, clamp, find the leading one, normalise, round,
  /// normalise again, pack. It is a register after each.
  static constexpr size_t kStages = 9;

  struct Ports {
    Channel<Requantization>& settings;
    Channel<PartialRow>& rows;
    Channel<bool>& block_ends;
    Channel<Codes>& outputs;
  };
  Accumulator(sc_core::sc_module_name name, const Clock& clock, const Ports& ports);

 protected:
  void Step() override;
  std::string Activity() const override;

 private:
  struct Stage {
    bool full = false;
    Codes codes = {};
  };

  void AddRow();
  void Emit();
  Codes Requantize(const std::array<int64_t, kLanes>& sums) const;

  Ports ports_;
  Requantization setting_;
  std::array<std::array<int64_t, kLanes>, kLanes> sums_ = {};
  std::array<Stage, kStages> pipeline_ = {};
  size_t rows_ = 0;  ///< Of the block.
  bool emitting_ = false;
  size_t entered_ = 0;
  size_t left_ = 0;
};

}  // namespace edgebert::systemc::artifact

#endif  // EDGEBERT_SYSTEMC_ARTIFACT_ACCUMULATOR_H_
