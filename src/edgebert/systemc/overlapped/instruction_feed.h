#ifndef EDGEBERT_SYSTEMC_OVERLAPPED_INSTRUCTION_FEED_H_
#define EDGEBERT_SYSTEMC_OVERLAPPED_INSTRUCTION_FEED_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "edgebert/systemc/overlapped/bound_program.h"
#include "edgebert/systemc/overlapped/instructions.h"
#include "edgebert/systemc/overlapped/progress.h"

namespace edgebert::systemc::overlapped {

/// Reads a tile program for the sequencer: one place in it for each kind of instruction, since the
/// units are ahead of each other by different amounts.
class InstructionFeed {
 public:
  explicit InstructionFeed(const BoundProgram& program);

  /// No instruction of a stage from this one on is given yet.
  void SetEnd(size_t stage) { end_ = stage; }
  /// When operation `operation` of a stage is complete, in the counters of Progress.
  const Dependency& Completion(size_t stage, size_t operation) const {
    return plans_[stage].done[operation];
  }

  // The next instruction of its kind; none for now.
  std::optional<FetchPanel> NextFetch();
  std::optional<LoadBlocks> NextLoad();
  std::optional<StreamBlocks> NextStream();
  std::optional<EmitJob> NextEmission();
  std::optional<SpecialTask> NextSpecial();

 private:
  /// What of the sentence lies before a stage, and what its operations wait for.
  struct StagePlan {
    uint32_t first_panel = 0;
    uint32_t first_job = 0;
    Dependency start;
    std::vector<Dependency> done;
  };
  struct Cursor {
    size_t stage = 0;
    size_t item = 0;  ///< Panel, job or operation of the stage.
    int run = 0;      ///< Of the job.
  };

  const TileSection& SectionAt(size_t stage) const {
    return *program_.stages[stage].bound->section;
  }
  Dependency After(const Cursor& cursor, int operation) const;
  RegionAccess Access(TileRegion region, int64_t row, int64_t vector) const;
  /// Of scores in the auxiliary buffer, and of the last four bits of a region's updates there.
  RegionAccess ScoreAccess(int64_t row, int64_t vector) const;
  RegionAccess UpdateHalves(TileRegion region, int64_t row, int64_t vector) const;
  /// Moves to the next run, over jobs without any; false when there is none for now.
  bool FindRun(Cursor& cursor) const;
  /// Whether a job's first sums may not come before the job before has left altogether.
  bool WaitsForEmission(size_t stage, size_t job) const;

  const BoundProgram& program_;
  std::vector<StagePlan> plans_;
  size_t end_ = 0;
  Cursor fetch_;
  Cursor load_;
  Cursor stream_;
  Cursor emission_;
  Cursor special_;
  int last_streamed_ = -1;  ///< Where the run before the loader's place streams from.
};

}  // namespace edgebert::systemc::overlapped

#endif  // EDGEBERT_SYSTEMC_OVERLAPPED_INSTRUCTION_FEED_H_
