#ifndef EDGEBERT_TILER_SECTION_BUILDER_H_
#define EDGEBERT_TILER_SECTION_BUILDER_H_

#include "edgebert/tiler/machine_shape.h"
#include "edgebert/tiler/row_split.h"
#include "edgebert/tiler/tile_program.h"
#include "edgebert/tiler/weight_masks.h"
#include "edgebert/tiler/weight_vectors.h"

namespace edgebert {

/// A matrix product with weights: what its operation says, and which matrix it is.
struct WeightProduct {
  ArrayOperation operation;  ///< Jobs, panels, orientation and emission are still missing.
  int matrix_index = 0;      ///< Which distinct layer or off-ramp.
  int first_column = 0;      ///< Of the matrix (WeightLayout): where column 0 is here.
};

/// Appends operations to a section, in program order, and counts their events. Each function
/// returns the operation's number; `after` arguments are numbers of operations that must be
/// complete before, -1 for what came before the section.
class SectionBuilder {
 public:
  /// All arguments are kept by reference. PlanBuffers() made the plan.
  SectionBuilder(const ModelConfig& config, const MachineShape& machine, const BufferPlan& plan,
                 const WeightMasks& masks, int tokens)
      : config_(config), machine_(machine), plan_(plan), masks_(masks), tokens_(tokens) {}

  /// Cuts a product into panels and jobs (product_tiles.cc). It takes the orientation with fewer
  /// array cycles, columns stationary on a tie; rows only where two panels fit into the ring, whole
  /// or, with one row tile, in chunks.
  int AddProduct(WeightProduct product, int after);

  // Attention of the head at position `head` among the active ones (attention_tiles.cc).
  /// Queries times keys, to the auxiliary buffer.
  int AddScores(int head, int span, int after_queries, int after_keys);
  /// Softmax over the scores, in place.
  int AddSoftmax(int head, int span, int after_scores);
  /// Probabilities times values, to the head's part of the context.
  int AddContext(int head, int span, int after_softmax, int after_values);

  /// LayerNorm of an update and rows of the layer input, which the result replaces.
  int AddNorm(NormRole norm, TileRegion update, int first_row, int rows, int after);
  int AddEmbeddingLookup(TileRegion output);
  int AddPool();
  int AddEntropy(int after);

  TileSection& section() { return section_; }

 private:
  int Append(const ArrayOperation& operation, int input_after, int operand_after);
  int Append(const SpecialOperation& operation, int input_after);
  int NextOperation() const { return static_cast<int>(section_.operations.size()); }
  int64_t VectorBytes(int64_t vectors) const { return vectors * machine_.vector_size; }

  void StationaryColumns(WeightProduct& product, const WeightLayout& layout);
  void StationaryRows(WeightProduct& product, const WeightLayout& layout, int chunks);
  /// Panels of `columns` columns, cut into chunks along K; returns the first one's number.
  int AddWeightPanels(const WeightProduct& product, const Slice& columns, int chunks);
  void AddPanel(Panel panel);
  /// Adds a job whose runs AddRun() has just added, from `first_run` on.
  void AddJob(const ArrayOperation& operation, Job job, int first_run);
  /// `lanes`: of all blocks of the run together, those that hold elements.
  void AddRun(const ArrayOperation& operation, const BlockRun& run, int64_t lanes);
  int NextRun() const { return static_cast<int>(section_.runs.size()); }

  const ModelConfig& config_;
  const MachineShape& machine_;
  const BufferPlan& plan_;
  const WeightMasks& masks_;
  int tokens_;
  TileSection section_;
};

}  // namespace edgebert

#endif  // EDGEBERT_TILER_SECTION_BUILDER_H_
