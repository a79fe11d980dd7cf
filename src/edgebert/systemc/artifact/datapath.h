#ifndef EDGEBERT_SYSTEMC_ARTIFACT_DATAPATH_H_
#define EDGEBERT_SYSTEMC_ARTIFACT_DATAPATH_H_

#include <array>
#include <cstdint>
#include <string>
#include <systemc>

#include "edgebert/systemc/artifact/types.h"
#include "edgebert/systemc/unit.h"

namespace edgebert::systemc::artifact {

/// Sums of 16 products of AF8 integers, for 16 output columns. |sum| ≤ 16 · 3968² fits 28 bits.
using PartialRow = std::array<int32_t, kLanes>;

struct MatmulShape {
  uint64_t tiles = 0;          ///< Of 16 × 16 outputs.
  uint32_t blocks_a_tile = 0;  ///< K / 16.
};

/// Datapath_Top: 256 multipliers. For each block of 16 × 16 × 16 it loads 16 vectors of each
/// operand, one of each a cycle, then computes one row of 16 dot products a cycle, then says
/// whether the block was the last of its tile. Loading and computing do not overlap.
class Datapath : public Unit {
 public:
  struct Ports {
    Channel<MatmulShape>& shapes;
    Channel<Codes>& left;
    Channel<Codes>& right;
    Channel<PartialRow>& rows;
    Channel<bool>& block_ends;  ///< True after the last block of a tile.
  };
  Datapath(sc_core::sc_module_name name, const Clock& clock, const Ports& ports);

  /// Dot products of vectors of which one is zero: their multipliers are gated.
  uint64_t gated_products() const { return gated_products_; }
  uint64_t products() const { return products_; }

 protected:
  void Step() override;
  std::string Activity() const override;

 private:
  using Integers = std::array<int16_t, kLanes>;
  enum class State : uint8_t { kIdle, kLoad, kCompute, kEnd };

  void Load();
  void Compute();
  void EndBlock();

  Ports ports_;
  State state_ = State::kIdle;
  MatmulShape shape_;
  size_t index_ = 0;  ///< Of the vector or row within the block.
  uint32_t block_ = 0;
  uint64_t tile_ = 0;
  std::array<Integers, kLanes> left_ = {};
  std::array<Integers, kLanes> right_ = {};
  Mask left_zero_ = 0;
  Mask right_zero_ = 0;
  uint64_t products_ = 0;
  uint64_t gated_products_ = 0;
};

}  // namespace edgebert::systemc::artifact

#endif  // EDGEBERT_SYSTEMC_ARTIFACT_DATAPATH_H_
