#include "edgebert/pipeline/evaluation.h"

#include <fmt/format.h>

#include <utility>

#include "edgebert/pipeline/full_depth.h"
#include "edgebert/pipeline/percentile.h"
#include "edgebert/pipeline/schedule.h"
#include "edgebert/text/encode_text.h"

namespace edgebert {

Result<Evaluation> Evaluate(const std::shared_ptr<const ClassifierModel>& model,
                            const ClassifierOptions& options,
                            std::span<const LabelledText> examples, const Progress& progress) {
  // Also checks the options.
  EDGEBERT_ASSIGN_OR_RETURN(const Classifier classifier, Classifier::Create(model, options));
  if (examples.empty()) {
    return InvalidArgument("there are no examples to evaluate");
  }
  const ModelConfig& config = model->config();
  EDGEBERT_ASSIGN_OR_RETURN(const std::unique_ptr<ExitRule> rule,
                            MakeExitRule(options.policy, options.replan,
                                         classifier.threshold_nats(), model->exits(), config));
  EDGEBERT_ASSIGN_OR_RETURN(SentencePlanner planner, MakePlanner(*model, options));
  EDGEBERT_ASSIGN_OR_RETURN(const size_t max_tokens, ResolveMaxTokens(options.max_tokens, config));
  EncoderSession session(model->encoder(), options.threads);

  Evaluation evaluation;
  evaluation.examples = examples.size();
  evaluation.exit_histogram.resize(static_cast<size_t>(config.num_layers));
  std::vector<Seconds> latencies;
  std::vector<Seconds> measured;
  std::vector<Seconds> measured_full_depth;
  for (size_t i = 0; i < examples.size(); ++i) {
    const LabelledText& example = examples[i];
    if (example.label >= config.num_classes()) {
      return InvalidArgument(fmt::format("example {}: label {} of a model with {} classes", i + 1,
                                         example.label, config.num_classes()));
    }
    const Result<Encoding> encoding =
        EncodeText(model->tokenizer(), example.text, example.pair, max_tokens);
    if (!encoding.ok()) {
      return encoding.status().WithContext(fmt::format("example {}", i + 1));
    }
    EDGEBERT_ASSIGN_OR_RETURN(const FullDepthRecord record, RecordFullDepth(session, *encoding));
    const size_t exit = record.ReplayExit(*rule);
    const int exit_layer = record.layers[exit];
    std::vector<double> entropies(static_cast<size_t>(config.num_layers), std::nan(""));
    for (size_t ramp = 0; ramp < record.layers.size(); ++ramp) {
      entropies[static_cast<size_t>(record.layers[ramp] - 1)] = record.entropies_nats[ramp];
    }
    Result<ScheduledCost> cost =
        planner.CostOfExit(record.tokens, exit_layer, entropies, rule->predicted_layer());
    if (cost.status().code() == StatusCode::kInfeasible) {
      ++evaluation.infeasible;
      cost = NominalCostOfExit(model->costs(), record.tokens, options.latency_target, exit_layer);
    }
    if (!cost.ok()) {
      return cost.status();
    }
    evaluation.correct += record.labels[exit] == example.label;
    evaluation.full_depth_correct += record.labels.back() == example.label;
    evaluation.mean_exit_layer += exit_layer;
    ++evaluation.exit_histogram[static_cast<size_t>(exit_layer - 1)];
    evaluation.missed += cost->cost.latency > cost->target;
    const CostEstimator& costs = model->costs();
    evaluation.account += cost->cost.account;
    EDGEBERT_ASSIGN_OR_RETURN(const SentenceWork work, costs.WorkFor(record.tokens));
    evaluation.conventional_account += ConventionalCost(costs.power(), work).account;
    EDGEBERT_ASSIGN_OR_RETURN(
        const EnergyRange range,
        costs.RangeOf(record.tokens, cost->cost.points, options.boundary, EnergySide::kSupply));
    evaluation.energy_range.low += range.low;
    evaluation.energy_range.high += range.high;
    latencies.push_back(cost->cost.latency);
    measured.push_back(record.elapsed[exit]);
    measured_full_depth.push_back(record.elapsed.back());
    if (progress && !progress(i + 1, examples.size())) {
      return Cancelled("stopped");
    }
  }
  const auto count = static_cast<double>(examples.size());
  evaluation.accuracy = static_cast<double>(evaluation.correct) / count;
  evaluation.full_depth_accuracy = static_cast<double>(evaluation.full_depth_correct) / count;
  evaluation.mean_exit_layer /= count;
  evaluation.account = evaluation.account / count;
  evaluation.conventional_account = evaluation.conventional_account / count;
  evaluation.energy = evaluation.account.At(options.boundary, EnergySide::kSupply);
  evaluation.conventional_energy =
      evaluation.conventional_account.At(options.boundary, EnergySide::kSupply);
  evaluation.energy_range.low = evaluation.energy_range.low / count;
  evaluation.energy_range.high = evaluation.energy_range.high / count;
  evaluation.latency_p50 = Percentile(latencies, 0.50);
  evaluation.latency_p99 = Percentile(latencies, 0.99);
  evaluation.latency_max = Percentile(latencies, 1);
  evaluation.measured_p50 = Percentile(measured, 0.50);
  evaluation.measured_p99 = Percentile(measured, 0.99);
  evaluation.measured_full_depth_p50 = Percentile(measured_full_depth, 0.50);
  evaluation.measured_full_depth_p99 = Percentile(measured_full_depth, 0.99);
  return evaluation;
}

}  // namespace edgebert
