#ifndef EDGEBERT_SYSTEMC_OVERLAPPED_INSTRUCTIONS_H_
#define EDGEBERT_SYSTEMC_OVERLAPPED_INSTRUCTIONS_H_

#include <algorithm>
#include <cstdint>
#include <span>

#include "edgebert/systemc/overlapped/operation_constants.h"
#include "edgebert/systemc/overlapped/progress.h"
#include "edgebert/tiler/tile_program.h"

// What the sequencer sends to the units, each in program order. Panels, blocks and jobs count from
// the start of the sentence.

namespace edgebert::systemc::overlapped {

inline constexpr uint32_t kNoPanel = UINT32_MAX;

/// Vectors in a region of a buffer: vector v of row r begins at base + r · row_bytes +
/// v · vector_bytes, its other bytes further planes away.
struct RegionAccess {
  int64_t base = 0;
  int64_t row_bytes = 0;
  int64_t vector_bytes = 0;
  int64_t plane_bytes = 0;

  int64_t Address(int64_t row, int64_t vector) const {
    return base + row * row_bytes + vector * vector_bytes;
  }
};

/// To DMA.
struct FetchPanel {
  size_t stage = 0;                ///< Of BoundProgram::stages, as in all instructions.
  uint32_t operation = 0;          ///< Of the stage's section, as in all instructions.
  std::span<const uint8_t> bytes;  ///< As they lie in DRAM.
  int64_t ring_bytes = 0;
  int columns = 0;
  int blocks = 0;
  int64_t codes = 0;            ///< Not zero.
  int64_t parameter_bytes = 0;  ///< Biases, or gain and bias of a LayerNorm.
  bool is_norm = false;
  bool unused = false;
};

/// To the loader of stationary vectors: blocks that are alike.
struct LoadBlocks {
  size_t stage = 0;
  uint32_t operation = 0;
  Dependency ready;
  uint32_t panel = kNoPanel;  ///< Columns of a panel; otherwise vectors of the pool.
  RegionAccess region;        ///< Row 0 is the first vector to load.
  int first_block = 0;        ///< Of the panel, or vector of a region's row.
  int blocks = 0;
  int vectors = 0;  ///< A block.
  bool rewinds = false;
  bool frees_panel = false;
  /// The block before still streams through the read port that the first block needs.
  bool waits_for_port = false;
};

enum class StreamSource : uint8_t {
  kPool,       ///< Rows of a region.
  kPanel,      ///< Columns of a panel.
  kAuxiliary,  ///< Rows of probabilities, where scores were.
};

/// To the streamer.
struct StreamBlocks {
  size_t stage = 0;
  uint32_t operation = 0;
  Dependency ready;
  StreamSource source = StreamSource::kPool;
  uint32_t panel = kNoPanel;
  RegionAccess region;  ///< Row 0 is the first vector to stream.
  int first_block = 0;
  int blocks = 0;
  int vectors = 0;    ///< A block; kPanel: columns, of which those that are all zero do not stream.
  int first_row = 0;  ///< Of the accumulators.
  bool rewinds = false;
  bool frees_panel = false;
  bool starts_job = false;
  bool ends_job = false;
  uint32_t job = 0;
  bool waits_for_emission = false;  ///< Of the job before, to its end.
  // Lanes of block b that hold elements: the smaller of n and part_lanes - (b mod part_blocks) · n.
  int part_blocks = 1;
  int part_lanes = 0;
  int first_part_block = 0;

  int ValidLanes(int block, int vector_size) const {
    return std::min(vector_size,
                    part_lanes - (first_part_block + block) % part_blocks * vector_size);
  }
};

/// To the accumulators and the emission path behind them.
struct EmitJob {
  size_t stage = 0;
  uint32_t operation = 0;
  uint32_t job = 0;
  bool has_blocks = true;
  Dependency ready;  ///< Without blocks.
  Emission order = Emission::kRowOrder;
  int streamed = 0;    ///< Rows of accumulators.
  int stationary = 0;  ///< Lanes of them.
  bool columns_stationary = true;
  uint32_t bias_panel = kNoPanel;
  bool releases_bias = false;
  bool ends_operation = false;
  EmittedWord word = EmittedWord::kCode;
  RegionAccess region;  ///< Row 0, vector 0 is where the job's first vector goes.
  RegionAccess halves;  ///< kUpdate, kScore: the same for the last four bits.
  const ArrayConstants* constants = nullptr;

  int emitted(int vector_size) const {
    return order == Emission::kRowOrder
               ? streamed
               : stationary * static_cast<int>((streamed + vector_size - 1) / vector_size);
  }
};

/// To the special function unit.
struct SpecialTask {
  size_t stage = 0;
  uint32_t operation = 0;
  SpecialKind kind = SpecialKind::kSoftmax;
  Dependency ready;
  uint32_t panel = kNoPanel;  ///< Of a LayerNorm's parameters.
  int rows = 0;
  int width = 0;
  int span = 0;
  RegionAccess input;         ///< AddNorm: the update.
  RegionAccess input_halves;  ///< AddNorm, softmax: last four bits.
  RegionAccess residual;      ///< AddNorm.
  RegionAccess output;
  const SpecialConstants* constants = nullptr;
};

}  // namespace edgebert::systemc::overlapped

#endif  // EDGEBERT_SYSTEMC_OVERLAPPED_INSTRUCTIONS_H_
