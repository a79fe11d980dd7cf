#ifndef EDGEBERT_SYSTEMC_OVERLAPPED_BOUND_PROGRAM_H_
#define EDGEBERT_SYSTEMC_OVERLAPPED_BOUND_PROGRAM_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "edgebert/base/status.h"
#include "edgebert/model/model.h"
#include "edgebert/systemc/overlapped/envm.h"
#include "edgebert/systemc/overlapped/operation_constants.h"
#include "edgebert/tiler/tile_program.h"

namespace edgebert::systemc::overlapped {

/// A section with the bytes of its panels as they lie in DRAM.
struct BoundSection {
  const TileSection* section = nullptr;
  std::vector<std::vector<uint8_t>> panels;
};

/// A section as it is executed at one place of the sentence: what units are set to depends on the
/// layer. [operations] each.
struct BoundStage {
  const BoundSection* bound = nullptr;
  int layer = 0;  ///< From 1; 0 for the embedding.
  bool off_ramp = false;
  std::vector<ArrayConstants> array;
  std::vector<SpecialConstants> special;
};

/// A tile program with a model's weights and constants: everything the accelerator needs for a
/// sentence but its tokens.
struct BoundProgram {
  const TileProgram* program = nullptr;
  std::vector<std::unique_ptr<BoundSection>> sections;
  std::vector<BoundStage> stages;  ///< Embedding, then each layer and its off-ramp.
  /// [num_layers + 1]: the first stage of each layer, layer 1 with the embedding; then the end.
  std::vector<size_t> layer_stages;
  EmbeddingTables embedding;
};

/// Binds a valid AF8 model, words included (kInvalidArgument otherwise), to the program made for
/// it, which must outlive the result.
Result<BoundProgram> BindProgram(const Model& model, const TileProgram& program);

}  // namespace edgebert::systemc::overlapped

#endif  // EDGEBERT_SYSTEMC_OVERLAPPED_BOUND_PROGRAM_H_
