#ifndef EDGEBERT_SIMULATE_STAGE_NAMES_H_
#define EDGEBERT_SIMULATE_STAGE_NAMES_H_

#include <cstddef>
#include <string>
#include <vector>

#include "edgebert/tiler/tile_program.h"

namespace edgebert {

/// Names for the stages of a simulated sentence and their operations.
class StageNames {
 public:
  /// The program must outlive it.
  explicit StageNames(const TileProgram& program);

  /// The layer of a stage, from 1; the embedding's is 1.
  int Layer(size_t stage) const { return stages_[stage].layer; }
  /// "query, head 3", "softmax, head 0", "feed-forward up", …
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

#endif  // EDGEBERT_SIMULATE_STAGE_NAMES_H_
