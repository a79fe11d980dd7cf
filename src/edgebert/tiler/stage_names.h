#ifndef EDGEBERT_TILER_STAGE_NAMES_H_
#define EDGEBERT_TILER_STAGE_NAMES_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "edgebert/tiler/tile_program.h"

namespace edgebert {

/// Names for the stages of a sentence, the embedding and each layer's encoder and off-ramp in
/// order, and for their operations.
class StageNames {
 public:
  /// The program must outlive it.
  explicit StageNames(const TileProgram& program);

  /// The layer of a stage, from 1; the embedding's is 1.
  int Layer(size_t stage) const { return stages_[stage].layer; }
  /// Whether it is an off-ramp.
  bool OffRamp(size_t stage) const { return stages_[stage].section->decides; }
  /// "query", "softmax", "feed-forward up", …
  std::string_view Kind(size_t stage, size_t operation) const;
  /// With the head: "query, head 3", "softmax, head 0", "feed-forward up", …
  std::string Operation(size_t stage, size_t operation) const;
  size_t num_stages() const { return stages_.size(); }

 private:
  struct Stage {
    const TileSection* section;
    int layer;
  };
  std::vector<Stage> stages_;
};

}  // namespace edgebert

#endif  // EDGEBERT_TILER_STAGE_NAMES_H_
