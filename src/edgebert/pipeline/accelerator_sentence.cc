#include "edgebert/pipeline/accelerator_sentence.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "edgebert/accel/sentence_counts.h"
#include "edgebert/numeric/entropy.h"
#include "edgebert/pipeline/gated_counter.h"
#include "edgebert/text/encode_text.h"
#include "edgebert/tiler/tiler.h"

namespace edgebert {
namespace {

/// The points of all layers: those that the scheduler sets while it sees these entropies, and from
/// the exit on those that it would go on with.
std::vector<OperatingPoint> PointsOf(const PlannedClass& planned, const PowerModel& power,
                                     const EncoderResult& result) {
  Scheduler scheduler(planned.plan);
  scheduler.SetExitLayer(result.exit_layer);
  const std::vector<OperatingPoint>& table = power.points.points();
  const size_t layers = planned.work.layers.size();
  std::vector<OperatingPoint> points;
  while (points.size() < layers) {
    const std::optional<int> point = scheduler.NextPoint();
    if (!point) {
      break;
    }
    points.push_back(table[static_cast<size_t>(*point)]);
    const size_t seen = std::min(points.size(), result.entropies_nats.size());
    scheduler.Observe(result.entropies_nats[seen - 1], result.predicted_layer);
  }
  points.resize(layers, points.empty() ? power.points.nominal() : points.back());
  return points;
}

std::vector<double> ExitsBelow(const ClassifierModel& model, const ClassifierOptions& options,
                               const EncoderResult& result) {
  const ModelConfig& config = model.config();
  const ExitThresholds thresholds(ResolveThreshold(model, options), model.exits(), config);
  std::vector<double> below;
  for (int layer = 1; layer <= config.num_layers; ++layer) {
    below.push_back(UsesEarlyExit(options.policy) ? thresholds.at(layer) : 0);
  }
  const auto exit = static_cast<size_t>(result.exit_layer - 1);
  const std::optional<double> entropy = result.entropies_nats[exit];
  if (result.exit_layer < config.num_layers && entropy && !(*entropy < below[exit])) {
    below[exit] = std::numeric_limits<double>::infinity();
  }
  return below;
}

int64_t SpecialCycles(const TileSection& section) {
  int64_t cycles = 0;
  for (const TileOperation& operation : section.operations) {
    cycles += operation.unit == TileOperation::Unit::kSpecial ? operation.special.cycles : 0;
  }
  return cycles;
}

}  // namespace

AcceleratorModel::AcceleratorModel(Model model, HardwareDescription hardware, WeightMasks masks,
                                   WeightLaneCounts lanes,
                                   std::shared_ptr<const ClassifierModel> classifier)
    : model_(std::move(model)),
      hardware_(std::move(hardware)),
      masks_(std::move(masks)),
      lanes_(std::move(lanes)),
      classifier_(std::move(classifier)) {}

Result<std::shared_ptr<const AcceleratorModel>> AcceleratorModel::Create(
    Model model, HardwareDescription hardware) {
  if (!model.is_af8()) {
    return InvalidArgument(
        "the accelerator computes with AF8 weights, and this model has float32 ones: import it "
        "with --calibrate");
  }
  EDGEBERT_ASSIGN_OR_RETURN(WeightMasks masks,
                            WeightMasks::FromModel(model, hardware.vector_size.value));
  EDGEBERT_ASSIGN_OR_RETURN(WeightLaneCounts lanes, WeightLaneCounts::FromModel(model));
  EDGEBERT_ASSIGN_OR_RETURN(
      std::shared_ptr<const ClassifierModel> classifier,
      ClassifierModel::Create(model, {.arithmetic = Arithmetic::kDevice, .hardware = hardware}));
  return std::shared_ptr<const AcceleratorModel>(
      new AcceleratorModel(std::move(model), std::move(hardware), std::move(masks),
                           std::move(lanes), std::move(classifier)));
}

Result<DeviceSentence> RunDeviceSentence(const AcceleratorModel& model,
                                         const ClassifierOptions& options, std::string_view text,
                                         std::optional<std::string_view> pair) {
  const ClassifierModel& classifier = *model.classifier();
  const ModelConfig& config = classifier.config();
  EDGEBERT_RETURN_IF_ERROR(Classifier::Create(model.classifier(), options).status());
  EDGEBERT_ASSIGN_OR_RETURN(const size_t max_tokens, ResolveMaxTokens(options.max_tokens, config));
  DeviceSentence sentence;
  EDGEBERT_ASSIGN_OR_RETURN(sentence.encoding,
                            EncodeText(classifier.tokenizer(), text, pair, max_tokens));
  const Encoding& encoding = sentence.encoding;
  const auto tokens = static_cast<int>(encoding.ids.size());
  EDGEBERT_ASSIGN_OR_RETURN(sentence.program,
                            BuildTileProgram(config, model.masks(), model.hardware(), tokens));
  EDGEBERT_ASSIGN_OR_RETURN(
      const std::unique_ptr<ExitRule> rule,
      MakeExitRule(options.policy, options.replan, ResolveThreshold(classifier, options),
                   classifier.exits(), config));
  GatedCounter counter(config, *model.model().activation_biases, model.lanes(), sentence.program);
  EncoderSession session(classifier.encoder());
  EDGEBERT_ASSIGN_OR_RETURN(const EncoderResult result,
                            session.Run(encoding.ids, encoding.segment_ids, *rule, &counter));
  EDGEBERT_ASSIGN_OR_RETURN(sentence.products_gated, counter.gated());
  EDGEBERT_ASSIGN_OR_RETURN(SentencePlanner planner, MakePlanner(classifier, options));
  EDGEBERT_ASSIGN_OR_RETURN(const PlannedClass* planned, planner.PlanFor(tokens));
  sentence.points = PointsOf(*planned, classifier.costs().power(), result);
  sentence.exit_below = ExitsBelow(classifier, options, result);
  sentence.target = planned->target;
  sentence.exit_layer = result.exit_layer;
  sentence.entropies_nats = result.entropies_nats;
  sentence.logits = result.logits;
  const std::vector<double> probabilities = Softmax(result.logits);
  const auto best = std::max_element(probabilities.begin(), probabilities.end());
  sentence.label_index = static_cast<int>(best - probabilities.begin());
  sentence.label = config.labels[static_cast<size_t>(sentence.label_index)];
  sentence.probability = *best;
  return sentence;
}

std::vector<PointSegment> SegmentsOf(const std::vector<OperatingPoint>& points) {
  std::vector<PointSegment> segments;
  for (size_t i = 0; i < points.size(); ++i) {
    const int layer = static_cast<int>(i) + 1;
    if (segments.empty() || !(segments.back().point == points[i])) {
      segments.push_back({layer, layer, points[i]});
    }
    segments.back().last_layer = layer;
  }
  return segments;
}

void AddLayer(const OperatingPoint& point, int64_t encoder_complete, int64_t decision,
              std::optional<double> entropy_nats, AcceleratorRun& run) {
  // A new point is a new segment, whose time starts at 0.
  const bool goes_on = !run.layers.empty() && run.layers.back().point == point;
  const int64_t start = goes_on ? run.layers.back().decision : 0;
  run.layers.push_back(
      {point, decision - start, decision - encoder_complete, entropy_nats, decision});
}

AcceleratorRun EstimateRun(const AcceleratorModel& model, const DeviceSentence& sentence) {
  const TileProgram& program = sentence.program;
  const PowerModel& power = model.classifier()->costs().power();
  std::vector<ClockSegment> clocks;
  for (const PointSegment& segment : SegmentsOf(sentence.points)) {
    clocks.push_back({segment.first_layer, segment.last_layer,
                      DmaTimingAt(model.hardware(), segment.point.frequency)});
  }
  const SentenceCounts counts =
      CountSentence(program, CycleModel(program), clocks, sentence.exit_layer);
  AcceleratorRun run;
  run.exit_layer = sentence.exit_layer;
  run.cycles = counts.cycles;
  run.ideal_cycles = counts.ideal_cycles;
  run.offramp_cycles = counts.offramp_cycles;
  run.bytes_discarded = counts.bytes_discarded;
  run.counts = counts.counts;
  run.products_gated = sentence.products_gated;
  ForEachSection(program, 1, sentence.exit_layer,
                 [&](const TileSection& section) { run.special_cycles += SpecialCycles(section); });
  for (size_t i = 0; i < counts.layers.size(); ++i) {
    const OperatingPoint& point = sentence.points[i];
    if (i > 0 && !(point == sentence.points[i - 1])) {
      run.time += power.TransitionCost(sentence.points[i - 1], point).time();
    }
    AddLayer(point, counts.layers[i].encoder_complete, counts.layers[i].decision,
             sentence.entropies_nats[i], run);
    run.time += TimeOf(Cycles(static_cast<double>(run.layers.back().cycles)), point.frequency);
  }
  return run;
}

}  // namespace edgebert
