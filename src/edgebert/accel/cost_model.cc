#include "edgebert/accel/cost_model.h"

#include <algorithm>
#include <cmath>
#include <variant>

namespace edgebert {
namespace {

/// Reads of each vector by the special function unit.
constexpr int64_t kSoftmaxPasses = 3;
constexpr int64_t kAddNormPasses = 4;
constexpr int64_t kLookupPasses = 5;
constexpr int64_t kEntropyPasses = 2;

/// Cost in units that do not depend on how fast the special function unit is.
struct Work {
  int64_t tile_products = 0;  ///< Products of an n × n tile with an n × n tile.
  int64_t sfu_vectors = 0;    ///< Vectors read by the special function unit.
};

class OperationCost {
 public:
  explicit OperationCost(int vector_size) : n_(vector_size) {}

  Work operator()(const EmbeddingLookup& op) const {
    return {0, kLookupPasses * op.tokens * Tiles(op.width)};
  }

  Work operator()(const Linear& op) const {
    Work work{Tiles(op.rows) * Tiles(op.inputs) * Tiles(op.outputs), 0};
    if (op.function != ElementFunction::kNone) {
      work.sfu_vectors = op.rows * Tiles(op.outputs);
    }
    return work;
  }

  Work operator()(const Attention& op) const {
    Work work;
    const int64_t rows_of_tiles = Tiles(op.tokens);
    const int64_t absent_rows = rows_of_tiles * n_ - op.tokens;
    for (const HeadSpan& head : op.heads) {
      const int64_t reach = TileReach(head.span);
      const int64_t tiles = AttendedPairs(static_cast<int>(rows_of_tiles), static_cast<int>(reach));
      // Scores, and their product with the values.
      work.tile_products += 2 * tiles * Tiles(op.head_size);
      const int64_t tiles_of_last_row = std::min(rows_of_tiles, reach);
      work.sfu_vectors += kSoftmaxPasses * (tiles * n_ - absent_rows * tiles_of_last_row);
    }
    return work;
  }

  Work operator()(const AddNorm& op) const {
    return {0, kAddNormPasses * op.rows * Tiles(op.width)};
  }

  Work operator()(const Pool& op) const {
    Work work;
    for (const Pooling pooling : op.poolings) {
      const int64_t rows = pooling == Pooling::kMean ? int64_t{op.tokens} + 1 : 1;
      work.sfu_vectors += rows * Tiles(op.width);
    }
    return work;
  }

  Work operator()(const EntropyCheck& op) const { return {0, kEntropyPasses * Tiles(op.classes)}; }

 private:
  int64_t Tiles(int64_t extent) const { return (extent + n_ - 1) / n_; }

  /// The span counted in tiles: tiles at distance < reach hold a pair at distance < span.
  int64_t TileReach(int span) const {
    if (span <= 1) {
      return span;
    }
    return (span - 2) / n_ + 2;  // Pairs nearest to each other in tiles d > 0 apart: (d − 1) n + 1.
  }

  int64_t n_;
};

}  // namespace

WorkEstimate& WorkEstimate::operator+=(const WorkEstimate& other) {
  macs += other.macs;
  matmul_cycles += other.matmul_cycles;
  sfu_cycles += other.sfu_cycles;
  return *this;
}

WorkEstimate EstimateWork(const Operation& operation, const HardwareDescription& hardware) {
  const Work work = std::visit(OperationCost(hardware.vector_size.value), operation);
  return {MultiplyAccumulates(operation), work.tile_products * hardware.vector_size.value,
          static_cast<int64_t>(std::ceil(static_cast<double>(work.sfu_vectors) /
                                         hardware.sfu_vectors_per_cycle.value))};
}

WorkEstimate EstimateWork(const std::vector<Operation>& operations,
                          const HardwareDescription& hardware) {
  WorkEstimate total;
  for (const Operation& operation : operations) {
    total += EstimateWork(operation, hardware);
  }
  return total;
}

}  // namespace edgebert
