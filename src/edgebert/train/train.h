#ifndef EDGEBERT_TRAIN_TRAIN_H_
#define EDGEBERT_TRAIN_TRAIN_H_

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "edgebert/base/status.h"
#include "edgebert/data/labelled_text.h"
#include "edgebert/model/model.h"
#include "edgebert/train/progress.h"
#include "edgebert/train/recipe.h"

namespace edgebert {

/// Labelled texts, each for its own use.
struct TrainingData {
  std::vector<std::string> labels;
  std::vector<LabelledText> training;
  std::vector<LabelledText> unlabelled;  ///< The student learns the teacher's answers to them.
  std::vector<LabelledText> held_out;    ///< For thresholds and early stopping; never trained on.
  std::vector<LabelledText> dev;         ///< Only reported.
  std::vector<LabelledText> test;        ///< Only reported; may be empty.
  uint64_t fingerprint = 0;              ///< Of the training examples.
  std::string sources;                   ///< JSON list: files, origins, licences, for provenance.
};

struct TrainOptions {
  std::filesystem::path output;  ///< A folder for checkpoints, metrics and models.
  bool resume = false;           ///< Goes on from the checkpoint of the stage that was interrupted.
  /// The `output` of another run, whose teacher is taken instead of training one. Empty: none is.
  std::filesystem::path teacher = {};
};

/// Fine-tunes a teacher from `base`, distils and compresses a student, and gives it a threshold
/// with a promise, calibrated on the held-out examples. Each stage is skipped where its result lies
/// in `options.output` already:
///   teacher.ebm, teacher.json; teacher-logits.bin; student.ebm, student.json; NAME.ebm
/// and STAGE-log.jsonl, STAGE.svg (the loss), STAGE.checkpoint while it runs. Returns what NAME.ebm
/// holds: the model to ship, with recipe, sources, licences and the stages' accuracies in its
/// provenance. Errors: what RunTrainingLoop() refuses; files in `output` that belong to another
/// recipe; a teacher of another run that this recipe, base and data would not have made.
Result<Model> Train(const Recipe& recipe, const Model& base, const TrainingData& data,
                    const TrainOptions& options, const TrainingObserver& observer);

}  // namespace edgebert

#endif  // EDGEBERT_TRAIN_TRAIN_H_
