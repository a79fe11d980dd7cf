#include "edgebert/pipeline/classifier.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

#include "edgebert/numeric/entropy.h"
#include "edgebert/text/encode_text.h"

namespace edgebert {
namespace {

/// The decimal number that a float was read from: 0.2 rather than 0.20000000298.
double AsWritten(float value) {
  std::array<char, 32> digits;
  const char* end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  double parsed = value;
  std::from_chars(digits.data(), end, parsed);
  return parsed;
}

/// Gathers each layer's logits and entropy.
class FigureCollector : public LayerObserver {
 public:
  explicit FigureCollector(LayerObserver* next) : next_(next) {}

  void OnLayer(const LayerView& view) override {
    if (view.layer > 0) {
      LayerFigures figures;
      figures.layer = view.layer;
      figures.entropy_nats = view.entropy_nats;
      figures.logits.assign(view.logits.begin(), view.logits.end());
      figures_.push_back(std::move(figures));
    }
    if (next_ != nullptr) {
      next_->OnLayer(view);
    }
  }

  std::vector<LayerFigures> TakeFigures() { return std::move(figures_); }

 private:
  LayerObserver* next_;
  std::vector<LayerFigures> figures_;
};

}  // namespace

Result<size_t> ResolveMaxTokens(std::optional<int> max_tokens, const ModelConfig& config) {
  const int resolved = max_tokens.value_or(config.max_positions);
  if (resolved < kFewestTokens || resolved > config.max_positions) {
    return InvalidArgument(fmt::format("at most {} tokens asked for, expected {} to {}", resolved,
                                       kFewestTokens, config.max_positions));
  }
  return static_cast<size_t>(resolved);
}

Result<std::unique_ptr<ExitRule>> MakeExitRule(Policy policy, Replan replan, double threshold_nats,
                                               const ExitSettings& exits,
                                               const ModelConfig& config) {
  if (!std::isfinite(threshold_nats) || threshold_nats < 0) {
    return InvalidArgument(
        fmt::format("the exit threshold is {} nats, expected a number from 0 (never exit early) up",
                    threshold_nats));
  }
  if (!UsesEarlyExit(policy)) {
    return std::unique_ptr<ExitRule>(std::make_unique<EntropyExitRule>(0.0));
  }
  const ExitThresholds thresholds(threshold_nats, exits, config);
  const bool replans_by_prediction = policy == Policy::kPaced && replan == Replan::kPredictedLayer;
  if (!NeedsPredictedLayer(policy) && !replans_by_prediction) {
    return std::unique_ptr<ExitRule>(std::make_unique<EntropyExitRule>(thresholds));
  }
  if (!exits.predictor || !config.HasOffRamp(1)) {
    return InvalidArgument(fmt::format(
        "policy '{}'{} needs a model with a predictor table and an off-ramp after layer 1: import "
        "it with calibration text, or choose another policy",
        PolicyName(policy), replans_by_prediction ? ", re-planned by predicted layer," : ""));
  }
  return std::unique_ptr<ExitRule>(std::make_unique<PredictedExitRule>(
      thresholds, *exits.predictor, config.off_ramp_layers,
      PredictedExitOptions{.predict_only = !ForcesPredictedExit(policy)}));
}

double ResolveThreshold(const ClassifierModel& model, const ClassifierOptions& options) {
  return options.threshold_nats ? *options.threshold_nats : AsWritten(model.exits().threshold_nats);
}

Result<SentencePlanner> MakePlanner(const ClassifierModel& model,
                                    const ClassifierOptions& options) {
  PlannerOptions planner;
  planner.plan = {.policy = options.policy, .replan = options.replan};
  planner.latency_target = options.latency_target;
  planner.meter.boundary = options.boundary;
  ExitSample sample;
  if (options.policy == Policy::kPaced) {
    if (!model.exits().record) {
      return InvalidArgument(
          "policy 'paced' plans on a model's calibration record, which this one lacks: import it "
          "with calibration text, or choose another policy");
    }
    sample = SampleOfRecord(model.exits(), model.config(), ResolveThreshold(model, options));
  } else if (options.replan != Replan::kNever) {
    return InvalidArgument(fmt::format("policy '{}' does not re-plan: that goes with 'paced'",
                                       PolicyName(options.policy)));
  }
  return SentencePlanner(model.costs(), planner, std::move(sample));
}

Classifier::Classifier(std::shared_ptr<const ClassifierModel> model, ClassifierOptions options,
                       SentencePlanner planner)
    : model_(std::move(model)),
      options_(std::move(options)),
      session_(model_->encoder(), options_.threads),
      planner_(std::move(planner)) {}

Result<Classifier> Classifier::Create(std::shared_ptr<const ClassifierModel> model,
                                      ClassifierOptions options) {
  const ModelConfig& config = model->config();
  if (config.off_ramp_layers.empty()) {
    return Unsupported(
        "the model is an encoder without a classifier: it has no labels to choose from");
  }
  if (options.threads < 1) {
    return InvalidArgument(fmt::format("{} threads, expected 1 or more", options.threads));
  }
  EDGEBERT_RETURN_IF_ERROR(ResolveMaxTokens(options.max_tokens, config).status());
  EDGEBERT_ASSIGN_OR_RETURN(
      std::unique_ptr<ExitRule> rule,
      MakeExitRule(options.policy, options.replan, ResolveThreshold(*model, options),
                   model->exits(), config));
  EDGEBERT_ASSIGN_OR_RETURN(SentencePlanner planner, MakePlanner(*model, options));
  Classifier classifier(std::move(model), std::move(options), std::move(planner));
  classifier.rule_ = std::move(rule);
  return classifier;
}

double Classifier::threshold_nats() const { return ResolveThreshold(*model_, options_); }

Result<Classification> Classifier::Classify(std::string_view text,
                                            std::optional<std::string_view> pair,
                                            LayerObserver* observer) {
  const ModelConfig& config = model_->config();
  EDGEBERT_ASSIGN_OR_RETURN(const size_t max_tokens, ResolveMaxTokens(options_.max_tokens, config));
  EDGEBERT_ASSIGN_OR_RETURN(const Encoding encoding,
                            EncodeText(model_->tokenizer(), text, pair, max_tokens));
  FigureCollector collector(observer);
  EDGEBERT_ASSIGN_OR_RETURN(const EncoderResult result,
                            session_.Run(encoding.ids, encoding.segment_ids, *rule_, &collector));
  return Answer(encoding, result, collector.TakeFigures());
}

Result<Classification> Classifier::Answer(const Encoding& encoding, const EncoderResult& result,
                                          std::vector<LayerFigures> layers) {
  const ModelConfig& config = model_->config();
  std::vector<double> entropies;
  for (const LayerFigures& layer : layers) {
    entropies.push_back(layer.entropy_nats.value_or(std::nan("")));
  }
  EDGEBERT_ASSIGN_OR_RETURN(
      const ScheduledCost scheduled,
      planner_.CostOfExit(static_cast<int>(encoding.ids.size()), result.exit_layer, entropies,
                          result.predicted_layer));

  Classification answer;
  answer.probabilities = Softmax(result.logits);
  const auto best = std::max_element(answer.probabilities.begin(), answer.probabilities.end());
  answer.label_index = static_cast<int>(best - answer.probabilities.begin());
  answer.label = config.labels[static_cast<size_t>(answer.label_index)];
  answer.probability = *best;
  answer.tokens = static_cast<int>(encoding.ids.size());
  answer.truncated = encoding.truncated;
  answer.num_layers = config.num_layers;
  answer.exit_layer = result.exit_layer;
  answer.predicted_layer = result.predicted_layer;
  answer.layers = std::move(layers);
  for (size_t i = 0; i < answer.layers.size(); ++i) {
    answer.layers[i].voltage = scheduled.cost.points[i].voltage;
    answer.layers[i].frequency = scheduled.cost.points[i].frequency;
  }
  answer.latency = scheduled.cost.latency;
  answer.latency_target = scheduled.target;
  const CostEstimator& costs = model_->costs();
  answer.account = scheduled.cost.account;
  EDGEBERT_ASSIGN_OR_RETURN(const SentenceWork work, costs.WorkFor(answer.tokens));
  answer.conventional_account = ConventionalCost(costs.power(), work).account;
  answer.energy = answer.account.At(options_.boundary, EnergySide::kSupply);
  answer.conventional_energy =
      answer.conventional_account.At(options_.boundary, EnergySide::kSupply);
  EDGEBERT_ASSIGN_OR_RETURN(
      answer.energy_range,
      costs.RangeOf(answer.tokens, scheduled.cost.points, options_.boundary, EnergySide::kSupply));
  return answer;
}

std::vector<Result<Classification>> Classifier::ClassifyBatch(std::span<const TextInput> inputs) {
  const ModelConfig& config = model_->config();
  const Result<size_t> max_tokens = ResolveMaxTokens(options_.max_tokens, config);
  std::vector<Result<Classification>> answers;
  std::vector<Encoding> encodings;
  std::vector<size_t> places;  // Of the encodings among the answers.
  for (const TextInput& input : inputs) {
    Result<Encoding> encoding =
        max_tokens.ok() ? EncodeText(model_->tokenizer(), input.text, input.pair, *max_tokens)
                        : max_tokens.status();
    if (encoding.ok()) {
      places.push_back(answers.size());
      encodings.push_back(std::move(*encoding));
      answers.emplace_back(Classification());
    } else {
      answers.emplace_back(encoding.status());
    }
  }

  std::vector<std::unique_ptr<ExitRule>> rules;
  std::vector<FigureCollector> collectors(encodings.size(), FigureCollector(nullptr));
  std::vector<BatchSentence> sentences;
  for (size_t i = 0; i < encodings.size(); ++i) {
    Result<std::unique_ptr<ExitRule>> rule =
        MakeExitRule(options_.policy, options_.replan, threshold_nats(), model_->exits(), config);
    if (!rule.ok()) {
      answers.assign(inputs.size(), rule.status());
      return answers;
    }
    rules.push_back(std::move(*rule));
    sentences.push_back(
        {encodings[i].ids, encodings[i].segment_ids, rules.back().get(), &collectors[i]});
  }
  const std::vector<Result<EncoderResult>> results = session_.RunBatch(sentences);
  for (size_t i = 0; i < results.size(); ++i) {
    answers[places[i]] = results[i].ok()
                             ? Answer(encodings[i], *results[i], collectors[i].TakeFigures())
                             : Result<Classification>(results[i].status());
  }
  return answers;
}

}  // namespace edgebert
