#ifndef EDGEBERT_REPORT_STUDY_H_
#define EDGEBERT_REPORT_STUDY_H_

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "edgebert/base/status.h"
#include "edgebert/data/labelled_text.h"
#include "edgebert/hardware/hardware.h"
#include "edgebert/model/compression_statistics.h"
#include "edgebert/model/model.h"
#include "edgebert/pipeline/cost_estimator.h"
#include "edgebert/report/plot.h"
#include "edgebert/report/results_table.h"
#include "edgebert/report/self_check.h"
#include "edgebert/report/sentences.h"
#include "edgebert/tiler/weight_masks.h"

namespace edgebert {

/// A model of ours and what its off-ramps say of the task's sentences.
struct OwnModel {
  std::string name;  ///< The file's, without suffix.
  std::filesystem::path path;
  uint64_t file_bytes = 0;  ///< With its base.
  Model shape;              ///< ShapeOf() the model; with its exits.
  CompressionStatistics compression;
  std::optional<WeightMasks> masks;  ///< Of AF8 weights, in vectors of the hardware's size.
  double threshold_nats = 0;         ///< Of the energies.
  std::string threshold_note;
  SentenceSet dev;
  std::optional<SentenceSet> test;

  ExitThresholds thresholds() const {
    return ExitThresholds(threshold_nats, shape.exits, shape.config);
  }
};

/// All that goes into a report, and all that comes out.
struct Study {
  std::string task;
  HardwareDescription hardware;
  std::optional<SentenceSet> trace;
  std::optional<PredictorTable> predictor;  ///< Of the trace's model.
  std::vector<OwnModel> models;             ///< The first is the one that rows call own.
  std::vector<LabelledText> dev_examples;   ///< That the models were run on.
  int threads = 1;

  Measurements figures;
  SelfCheck check;
  std::vector<Plot> plots;
  std::vector<NamedTable> tables;
};

// Each computes the figures, plots and checks of its part. Where the trace or the models are not
// there, rows say so.
Status StudyTrace(Study& study);
Status StudyOwnModel(Study& study);
Status StudyOwnModelPlots(Study& study);
Status StudyAccelerator(Study& study);
Status StudyChip(Study& study);
Status StudyTimeline(Study& study);
Status StudyMemories(Study& study);
Status StudyDesignMap(Study& study);

/// Multiply-accumulates of the programs that are costed against those of the shapes, for every
/// encoder layer and these lengths. `costs` are of a model with `config`; its errors.
Status CheckMacs(std::string_view row, const ModelConfig& config, const CostEstimator& costs,
                 std::span<const int> tokens, SelfCheck& check);

}  // namespace edgebert

#endif  // EDGEBERT_REPORT_STUDY_H_
