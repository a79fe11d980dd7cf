#ifndef EDGEBERT_TILER_TILE_PROGRAM_H_
#define EDGEBERT_TILER_TILE_PROGRAM_H_

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "edgebert/model/config.h"
#include "edgebert/program/layer_program.h"

namespace edgebert {

// What the accelerator executes for a sentence of a given length: which regions of its buffers hold
// what, the weight panels in the order of their use, and the operations in program order, with the
// array's cut into jobs. docs/accelerator.md has the rules by which times follow from it.
//
// Vectors have n = vector_size lanes. Lanes past the end of a row are zero.

/// Where an operation's vectors lie. All but kScores are regions of the pool of banks.
enum class TileRegion : uint8_t {
  kLayerInput,  ///< X: input of a layer, then of its feed-forward network, then its output.
  kContext,     ///< ⌈head_size / n⌉ vectors a head, heads side by side.
  kQuery,       ///< Of one head.
  kKey,         ///< Of one head.
  kValueEven,   ///< Of heads at even positions, transposed: a row a value column, tokens along it.
  kValueOdd,
  kAttentionUpdate,    ///< Of a row pass; words of kUpdateBits.
  kHidden,             ///< Of a row pass.
  kFeedForwardUpdate,  ///< Of a row pass; words of kUpdateBits.
  kEmbedded,
  kPooled,  ///< One row: the poolings side by side.
  kOffRampHidden,
  kLogits,       ///< Words of kLogitBytes.
  kScoreHalves,  ///< The last four bits of each score.
  kScores,       ///< The auxiliary buffer: two bytes a score, then probabilities in their places.
};
inline constexpr int kNumTileRegions = 15;
std::string_view TileRegionName(TileRegion region);  ///< "layer input", "context", …

/// A row-major array of vectors. Byte p of an element of more than one byte lies in plane p, and
/// every plane begins with a bank, so that a vector of words moves in one cycle. The last four bits
/// of updates lie in the auxiliary buffer, vector by vector from its start on.
struct RegionPlace {
  int rows = 0;
  int row_vectors = 0;
  int planes = 1;       ///< Bytes an element.
  bool halves = false;  ///< Elements of four bits, two a byte.
  int first_bank = 0;   ///< Of the pool; of no meaning for kScores.
  int plane_banks = 0;

  int banks() const { return planes * plane_banks; }
  /// The number of a vector within each plane; its bytes begin at n times that, or half of it.
  int64_t VectorIndex(int row, int vector) const { return int64_t{row} * row_vectors + vector; }
};

/// How the buffers are shared out; the same for all layers. Regions that are in use at the same
/// time share no bank.
struct BufferPlan {
  int banks = 0;
  int64_t bank_bytes = 0;
  std::array<RegionPlace, kNumTileRegions> regions;  ///< By TileRegion; unused ones have no rows.
  /// The ring of weight panels takes all banks from this one on.
  int ring_first_bank = 0;
  int64_t ring_bytes = 0;
  int attention_pass_rows = 0;     ///< Rows of the longest pass of output projection and AddNorm.
  int feed_forward_pass_rows = 0;  ///< Rows of the longest pass of the feed-forward network.

  const RegionPlace& place(TileRegion region) const { return regions[static_cast<size_t>(region)]; }
};

/// A piece of a weight matrix, or the parameters of a LayerNorm, as DMA fetches it. It enters the
/// ring as vectors without bitmask coding, column by column and within one block by block; biases
/// come with the panel that holds block 0 and pass to the emission unit, LayerNorm's parameters to
/// the special function unit, as they arrive.
struct Panel {
  int operation;     ///< The one that uses it.
  int first_column;  ///< Of the operation.
  int columns;       ///< Weight vectors a block; 0: parameters of a LayerNorm.
  int first_block;   ///< Of the operation.
  int blocks;        ///< 0 where there is only a bias.
  /// None of its blocks is multiplied: it is free once it has arrived, and no run frees it.
  bool unused;
  bool has_bias;          ///< `columns` biases of kParameterBytes.
  int64_t ring_bytes;     ///< Room that it takes in the ring.
  int64_t nonzero_codes;  ///< Of a matrix.
  /// A bit for every element of its vectors, the codes that are not zero, and parameters; rounded
  /// up to the port of the weight memory.
  int64_t transfer_bytes;
};

/// Consecutive K blocks of a job that are alike.
struct BlockRun {
  int first_block;
  int blocks;
  int loaded;     ///< Stationary vectors a block, one cycle each: l.
  int streamed;   ///< Streamed vectors a block, one cycle each: s ≥ 1.
  int first_row;  ///< kContext: the first streamed row, of the operation. Else the job's.
  int panel;      ///< Of the section: holds the weights of these blocks; -1: no weights.
  bool
      frees_panel;  ///< The panel is free when this run has loaded (weight-stationary) or computed.
};

/// One stationary tile against one group of streamed vectors over all K blocks. Rows are those of
/// the activations, columns those of the result; both count within the operation.
struct Job {
  int operation;
  int first_row;
  int rows;
  int first_column;
  int columns;
  int first_run;  ///< Of the section.
  int runs;       ///< 0: no block has anything to add; the result is the bias.
  int panel;      ///< Whose bias is added; -1: none.
  int emitted;    ///< Vectors.
  /// The first block streams all vectors of the group that any block streams before others, in
  /// order: the accumulators of row i are first written i cycles after it starts, or later.
  bool in_order;
};

enum class ArrayKind : uint8_t {
  kWeights,  ///< Activations times a weight matrix.
  kScores,   ///< Queries times keys of a head.
  kContext,  ///< Probabilities times values of a head.
};

/// Which operand stays in the array while the other streams.
enum class Stationary : uint8_t {
  kColumns,  ///< n weight vectors (or keys, or value columns); rows stream.
  kRows,     ///< n activation rows; weight vectors stream, those that are all zero left out.
};

/// What leaves the accumulators of a job.
enum class Emission : uint8_t {
  kRowOrder,  ///< A vector for each streamed vector, stationary ones along the lanes.
  kTransposed,  ///< For each stationary vector ⌈streamed / n⌉ vectors, streamed ones on the lanes.
};

enum class EmittedWord : uint8_t { kCode, kUpdate, kScore, kLogit };

/// A matrix product of the array.
struct ArrayOperation {
  ArrayKind kind = ArrayKind::kWeights;
  Stationary stationary = Stationary::kColumns;
  Emission emission = Emission::kRowOrder;
  EmittedWord word = EmittedWord::kCode;
  ElementFunction function = ElementFunction::kNone;
  MatrixRole matrix = MatrixRole::kQuery;  ///< kWeights only.
  int head = -1;                           ///< Position among the active heads; -1: none.
  int rows = 0;                            ///< Of this row pass.
  int columns = 0;                         ///< Of the result.
  int blocks = 0;                          ///< K blocks.
  TileRegion input{};     ///< Rows that are multiplied (kScores: queries; kContext: probabilities).
  int input_row = 0;      ///< The region's row that is the operation's row 0.
  TileRegion operand{};   ///< kScores: keys; kContext: values. Their rows are the columns here.
  TileRegion output{};    ///< Values (kValueEven, kValueOdd): row = column here, tokens along it.
  int output_row = 0;     ///< The region's row that is row 0 here.
  int output_vector = 0;  ///< The vector of the region's rows that holds column 0.
  int first_job = 0;
  int jobs = 0;
  int first_panel = 0;
  int panels = 0;
};

enum class SpecialKind : uint8_t { kEmbeddingLookup, kSoftmax, kAddNorm, kPool, kEntropy };

/// Where vectors are read: a region, or the ring of panels.
inline constexpr int kRingPlace = kNumTileRegions;
constexpr int StationaryPlace(const ArrayOperation& operation) {
  if (operation.stationary == Stationary::kRows) {
    return static_cast<int>(operation.input);
  }
  return operation.kind == ArrayKind::kWeights ? kRingPlace : static_cast<int>(operation.operand);
}
constexpr int StreamedPlace(const ArrayOperation& operation) {
  return operation.stationary == Stationary::kRows ? kRingPlace : static_cast<int>(operation.input);
}

/// An operation of the special function unit.
struct SpecialOperation {
  SpecialKind kind = SpecialKind::kSoftmax;
  int64_t cycles = 0;
  int rows = 0;        ///< Tokens of an EmbeddingLookup, a Pool, a row pass.
  int width = 0;       ///< Elements of a row; keys; classes.
  int first_row = 0;   ///< AddNorm: the layer input's row of the residual and of the result.
  int head = -1;       ///< Softmax: position among the active heads.
  int span = 0;        ///< Softmax.
  NormRole norm{};     ///< EmbeddingLookup, AddNorm.
  TileRegion input{};  ///< AddNorm: the update, from row 0. Unused by EmbeddingLookup.
  TileRegion output{};
  int panel = -1;  ///< AddNorm: gain and bias; free when the operation is complete.
};

/// One entry of a section, in program order.
struct TileOperation {
  enum class Unit : uint8_t { kArray, kSpecial } unit;
  ArrayOperation array;      ///< For Unit::kArray.
  SpecialOperation special;  ///< For Unit::kSpecial.
  /// The operation of this section that must be complete before the rows of `input` are read; -1:
  /// what came before the section (the decision of the layer before). It implies all earlier ones
  /// that matter: array operations complete in order, so do special ones.
  int input_after = -1;
  /// kScores, kContext: the same for `operand`.
  int operand_after = -1;
};

/// Events that follow from shapes, spans and weight masks.
struct TileCounts {
  int64_t macs = 0;             ///< That the result needs: within spans, without padding.
  int64_t issued_products = 0;  ///< Products of lanes that exist, in cycles that were issued.
  int64_t array_cycles = 0;     ///< In which the array multiplies.
  int64_t loaded_vectors = 0;   ///< Into stationary registers.
  int64_t transfer_bytes = 0;   ///< Of all panels.
  int64_t pool_read_bytes = 0;
  int64_t pool_write_bytes = 0;  ///< With what DMA writes.
  int64_t auxiliary_read_bytes = 0;
  int64_t auxiliary_write_bytes = 0;
  int64_t envm_read_bytes = 0;
  /// Through the special function unit, of all passes, and through an activation on their way out.
  int64_t function_vectors = 0;

  TileCounts& operator+=(const TileCounts& other);
  bool operator==(const TileCounts&) const = default;
};

/// The embedding, an encoder layer, or an off-ramp.
struct TileSection {
  std::vector<TileOperation> operations;
  std::vector<Job> jobs;        ///< In order of execution.
  std::vector<BlockRun> runs;   ///< By job.
  std::vector<Panel> panels;    ///< In order of use.
  std::vector<HeadSpan> heads;  ///< An encoder layer's active heads.
  bool decides = false;  ///< An off-ramp: kDecisionCycles after its last operation it is decided.
  TileCounts counts;
};

struct TileLayer {
  int section;   ///< Of TileProgram::layers.
  int off_ramp;  ///< Of TileProgram::off_ramps; -1: none.
};

/// A sentence's whole work. Layers that use the same weights share a section.
struct TileProgram {
  ModelConfig config;
  int vector_size = 0;
  int accumulator_tiles = 0;
  int tokens = 0;
  BufferPlan buffers;
  TileSection embedding;
  std::vector<TileSection> layers;     ///< [distinct layers]
  std::vector<TileSection> off_ramps;  ///< [off-ramps with weights of their own]
  std::vector<TileLayer> sequence;     ///< [num_layers]
};

}  // namespace edgebert

#endif  // EDGEBERT_TILER_TILE_PROGRAM_H_
