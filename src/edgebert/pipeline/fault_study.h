#ifndef EDGEBERT_PIPELINE_FAULT_STUDY_H_
#define EDGEBERT_PIPELINE_FAULT_STUDY_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "edgebert/accel/envm_faults.h"
#include "edgebert/accel/envm_table.h"
#include "edgebert/base/status.h"
#include "edgebert/data/dataset.h"
#include "edgebert/model/model.h"
#include "edgebert/pipeline/evaluation.h"

namespace edgebert {

/// Sets the `share` of the word embedding's codes that are smallest in magnitude to zero, by
/// PruneByMagnitude(). The model must be AF8; 0 ≤ share ≤ 1.
Status PruneWordEmbedding(double share, Model& model);

/// The word embedding of an AF8 model as it lies in cells.
Result<EnvmTable> StoreWordEmbedding(const Model& model, const EnvmLayout& layout);

/// What is asked of a study of faults.
struct FaultStudyOptions {
  size_t seeds = 100;  ///< Trials, each with its own faults.
  uint64_t first_seed = 1;
  /// Unset: every cell fails by itself. Set: exactly so many cells fail.
  std::optional<uint64_t> faults = std::nullopt;
  std::optional<EnvmRegion> region = std::nullopt;      ///< With `faults`: only there.
  std::optional<double> threshold_nats = std::nullopt;  ///< Unset: the model's own.
  std::optional<int> max_tokens = std::nullopt;         ///< Unset: the model's positions.
  int threads = 1;
};

/// One life of the memory.
struct FaultTrial {
  uint64_t seed = 0;
  std::array<size_t, kNumEnvmRegions> faults{};  ///< By region.
  size_t rows_touched = 0;                       ///< Of the table.
  size_t sentences_touched = 0;                  ///< With a row that decodes differently.
  size_t answers_changed = 0;
  size_t correct = 0;

  size_t total_faults() const { return faults[0] + faults[1] + faults[2]; }
  bool operator==(const FaultTrial&) const = default;
};

struct FaultStudy {
  size_t examples = 0;
  size_t fault_free_correct = 0;
  double threshold_nats = 0;
  std::vector<FaultTrial> trials;  ///< [seeds], ascending by seed.

  double fault_free_accuracy() const { return Accuracy(fault_free_correct); }
  double Accuracy(size_t correct) const {
    return static_cast<double>(correct) / static_cast<double>(examples);
  }
  double MeanAccuracy() const;
  double AccuracyDeviation() const;  ///< The sample standard deviation; 0 for one trial.
  size_t FewestCorrect() const;
  size_t MostCorrect() const;
};

/// Classifies the examples, by early exit, with the word embedding read from faulty cells: for each
/// seed the cells are misread, rows decoded from what was read, and every sentence with a row that
/// differs is run again; the others keep the answer they have without faults. The same for any
/// number of threads. `progress` counts sentences times seeds, and may be called from any thread,
/// one at a time. Errors: a model that is not AF8 or has no off-ramps, no examples, no seeds, what
/// Store() and DrawExactly() refuse; examples are named.
Result<FaultStudy> StudyFaults(Model model, const EnvmLayout& layout, const EnvmFaultModel& faults,
                               std::span<const LabelledText> examples,
                               const FaultStudyOptions& options, const Progress& progress = {});

}  // namespace edgebert

#endif  // EDGEBERT_PIPELINE_FAULT_STUDY_H_
