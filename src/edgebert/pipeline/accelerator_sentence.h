#ifndef EDGEBERT_PIPELINE_ACCELERATOR_SENTENCE_H_
#define EDGEBERT_PIPELINE_ACCELERATOR_SENTENCE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "edgebert/accel/cycle_model.h"
#include "edgebert/accel/gated_products.h"
#include "edgebert/base/status.h"
#include "edgebert/base/units.h"
#include "edgebert/hardware/hardware.h"
#include "edgebert/model/model.h"
#include "edgebert/pipeline/classifier.h"
#include "edgebert/power/operating_point.h"
#include "edgebert/tiler/tile_program.h"
#include "edgebert/tiler/weight_masks.h"

namespace edgebert {

/// A model on an accelerator: everything that sentences of any length have in common. Immutable.
class AcceleratorModel {
 public:
  /// kInvalidArgument: weights that are not AF8; and what makes no ClassifierModel. An embedding
  /// that exceeds the eNVM (CheckEmbeddingFits()) is read all the same: a larger one costs no
  /// cycle.
  static Result<std::shared_ptr<const AcceleratorModel>> Create(Model model,
                                                                HardwareDescription hardware);

  const Model& model() const { return model_; }
  const HardwareDescription& hardware() const { return hardware_; }
  const WeightMasks& masks() const { return masks_; }
  const WeightLaneCounts& lanes() const { return lanes_; }
  /// In `device` arithmetic.
  const std::shared_ptr<const ClassifierModel>& classifier() const { return classifier_; }

 private:
  AcceleratorModel(Model model, HardwareDescription hardware, WeightMasks masks,
                   WeightLaneCounts lanes, std::shared_ptr<const ClassifierModel> classifier);

  Model model_;
  HardwareDescription hardware_;
  WeightMasks masks_;
  WeightLaneCounts lanes_;
  std::shared_ptr<const ClassifierModel> classifier_;
};

/// A sentence as the engine's `device` arithmetic runs it, and what the accelerator is told.
struct DeviceSentence {
  TileProgram program;
  Encoding encoding;
  int exit_layer = 0;
  std::vector<std::optional<double>> entropies_nats;  ///< [exit_layer]
  std::vector<float> logits;                          ///< Of the exit layer; exact.
  int label_index = 0;
  std::string label;
  double probability = 0;
  int64_t products_gated = 0;
  /// The plan's, of each layer; beyond the exit those of which the plan would have made use.
  /// [num_layers]
  std::vector<OperatingPoint> points;
  /// The entropy in nats below which the sentence leaves; infinite at the layer where a policy that
  /// predicts the exit ends it. [num_layers]
  std::vector<double> exit_below;
  Seconds target;  ///< Of its latency.
};

/// Runs a text in `device` arithmetic. Errors: those of Classifier::Create() and Classify(), a
/// sentence that does not fit the accelerator's buffers, and zero for `max_tokens`.
Result<DeviceSentence> RunDeviceSentence(const AcceleratorModel& model,
                                         const ClassifierOptions& options, std::string_view text,
                                         std::optional<std::string_view> pair);

/// A layer that ran.
struct AcceleratorLayer {
  OperatingPoint point;
  int64_t cycles = 0;          ///< From the layer before, or the start of the segment.
  int64_t offramp_cycles = 0;  ///< Of those, the off-ramp's.
  std::optional<double> entropy_nats;
  int64_t decision = 0;  ///< When it ended, from the start of its segment.
};

/// What a sentence took of the accelerator.
struct AcceleratorRun {
  int exit_layer = 0;
  int64_t cycles = 0;  ///< Each at the clock of its layer; without changes of the operating point.
  int64_t ideal_cycles = 0;  ///< If n² multiply-accumulates that are needed ran in every cycle.
  int64_t offramp_cycles = 0;
  int64_t special_cycles = 0;   ///< In which the special function unit worked.
  int64_t bytes_discarded = 0;  ///< Weights fetched for layers that did not run.
  int64_t products_gated = 0;   ///< Of counts.issued_products: a factor is zero.
  TileCounts counts;            ///< Of the layers that ran.
  Seconds time;                 ///< Changes of the operating point included.
  std::vector<AcceleratorLayer> layers;

  double mac_utilisation() const {
    return cycles > 0 ? static_cast<double>(ideal_cycles) / static_cast<double>(cycles) : 0;
  }
};

/// Appends the next layer to `run`; both times are from the start of its segment.
void AddLayer(const OperatingPoint& point, int64_t encoder_complete, int64_t decision,
              std::optional<double> entropy_nats, AcceleratorRun& run);

/// Layers [first, last] at one point. Segments follow one another, from layer 1 to the last.
struct PointSegment {
  int first_layer = 0;
  int last_layer = 0;
  OperatingPoint point;
};
std::vector<PointSegment> SegmentsOf(const std::vector<OperatingPoint>& points);

/// The same sentence in closed form.
AcceleratorRun EstimateRun(const AcceleratorModel& model, const DeviceSentence& sentence);

}  // namespace edgebert

#endif  // EDGEBERT_PIPELINE_ACCELERATOR_SENTENCE_H_
