#include "edgebert/pipeline/trace_study.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace edgebert {
namespace {

Result<std::vector<ObservedSentence>> Observe(const EntropyTrace& trace,
                                              const TraceStudyOptions& options) {
  std::optional<PredictedExitRule> predictor;
  if (options.predictor != nullptr) {
    if (options.predictor->num_columns >= trace.num_layers) {
      return InvalidArgument(
          fmt::format("the predictor table predicts {} layers after the first, but the trace has "
                      "{} in all",
                      options.predictor->num_columns, trace.num_layers));
    }
    predictor.emplace(options.threshold_nats, *options.predictor, trace.Layers(),
                      PredictedExitOptions{.artifact = options.predicted.artifact});
  }
  std::vector<ObservedSentence> observed;
  observed.reserve(trace.num_sentences());
  for (size_t i = 0; i < trace.num_sentences(); ++i) {
    observed.push_back(ObserveSentence(trace.Sentence(i), options.threshold_nats,
                                       predictor ? &*predictor : nullptr));
  }
  return observed;
}

Status CheckInput(const TraceInput& input, int max_tokens, std::string_view what) {
  if (input.entropies.num_layers < 1 || input.entropies.entropies.empty()) {
    return InvalidArgument(fmt::format("{} holds no sentences", what));
  }
  const size_t sentences = input.entropies.num_sentences();
  if (input.tokens.size() != sentences) {
    return InvalidArgument(fmt::format("{} has {} sentences, but {} token counts were given", what,
                                       sentences, input.tokens.size()));
  }
  for (size_t i = 0; i < sentences; ++i) {
    if (input.tokens[i] < 1 || input.tokens[i] > max_tokens) {
      return InvalidArgument(fmt::format("sentence {} of {} has {} tokens, expected 1 to {}", i + 1,
                                         what, input.tokens[i], max_tokens));
    }
  }
  const size_t labels = sentences * (1 + static_cast<size_t>(input.entropies.num_layers));
  if (!input.labels.empty() && input.labels.size() != labels) {
    return InvalidArgument(
        fmt::format("{} has {} sentences of {} layers, but {} labels were given, expected {}: the "
                    "right class of each sentence, then what each layer says",
                    what, sentences, input.entropies.num_layers, input.labels.size(), labels));
  }
  return OkStatus();
}

/// Lines of `columns` comma-separated whole numbers from `least` up; blank lines are passed over.
Result<std::vector<int>> ParseWholeNumbers(std::string_view text, size_t columns, int least,
                                           std::string_view what, const std::string& name) {
  constexpr int kMost = 1 << 20;
  constexpr std::string_view kBlank = " \t\r";
  std::vector<int> numbers;
  for (int line_number = 1; !text.empty(); ++line_number) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.find_first_not_of(kBlank) == std::string_view::npos) {
      continue;
    }
    for (size_t column = 0; column < columns; ++column) {
      const size_t comma = column + 1 < columns ? line.find(',') : line.size();
      std::string_view field = line.substr(0, comma);
      field.remove_prefix(std::min(field.find_first_not_of(kBlank), field.size()));
      field = field.substr(0, field.find_last_not_of(kBlank) + 1);
      int value = 0;
      const auto [stop, error] = std::from_chars(field.data(), field.data() + field.size(), value);
      if (error != std::errc() || stop != field.data() + field.size() || value < least ||
          value > kMost || comma == std::string_view::npos) {
        return DataLoss(fmt::format(
            "{}:{}: column {}: expected {} ({} comma-separated whole number{} from {} up)", name,
            line_number, column + 1, what, columns, columns == 1 ? "" : "s", least));
      }
      numbers.push_back(value);
      line.remove_prefix(std::min(comma + 1, line.size()));
    }
  }
  return numbers;
}

}  // namespace

Result<std::vector<int>> ParseTokenCounts(std::string_view text, const std::string& name) {
  return ParseWholeNumbers(text, 1, 1, "a token count", name);
}

Result<std::vector<int>> ParseTraceLabels(std::string_view text, int num_layers,
                                          const std::string& name) {
  return ParseWholeNumbers(text, 1 + static_cast<size_t>(num_layers), 0,
                           "the right class and the class that each layer says", name);
}

Result<TraceStudy> TraceStudy::Create(TraceInput input, const CostEstimator& costs, int max_tokens,
                                      const TraceStudyOptions& options,
                                      std::optional<TraceInput> other) {
  EDGEBERT_RETURN_IF_ERROR(CheckInput(input, max_tokens, "the trace"));
  TraceStudy study(std::move(input), costs, options);
  const EntropyTrace& trace = study.input_.entropies;
  EDGEBERT_ASSIGN_OR_RETURN(study.observed_, Observe(trace, options));
  if (options.predictor != nullptr) {
    PredictedExitRule rule(options.threshold_nats, *options.predictor, trace.Layers(),
                           options.predicted);
    study.predicted_exits_ = ReplayExits(trace, rule);
  }
  if (options.plan_on == PlanOn::kOther) {
    if (!other) {
      return InvalidArgument("planning on another trace needs that trace");
    }
    EDGEBERT_RETURN_IF_ERROR(CheckInput(*other, max_tokens, "the trace to plan on"));
    if (other->entropies.num_layers != trace.num_layers) {
      return InvalidArgument(fmt::format("the trace to plan on has {} layers, the trace {}",
                                         other->entropies.num_layers, trace.num_layers));
    }
    EDGEBERT_ASSIGN_OR_RETURN(study.other_.sentences, Observe(other->entropies, options));
    study.other_.tokens = std::move(other->tokens);
  }
  return study;
}

ExitSample TraceStudy::PlanningSample(size_t parity) const {
  if (options_.plan_on == PlanOn::kOther) {
    return other_;
  }
  // Of a trace with one row there is no other half.
  const bool all = options_.plan_on == PlanOn::kSelf || observed_.size() < 2;
  ExitSample sample;
  for (size_t i = 0; i < observed_.size(); ++i) {
    if (all || i % 2 != parity) {
      sample.sentences.push_back(observed_[i]);
      sample.tokens.push_back(input_.tokens[i]);
    }
  }
  return sample;
}

Result<TraceFigures> TraceStudy::Run(Policy policy) const {
  if (NeedsPredictedLayer(policy) && options_.predictor == nullptr) {
    return InvalidArgument(fmt::format("policy '{}' needs a predictor table", PolicyName(policy)));
  }
  TraceFigures figures;
  EDGEBERT_RETURN_IF_ERROR(Replay(policy, EnergySide::kLoad, figures));
  const Joules load = figures.energy.load;
  figures = {};
  EDGEBERT_RETURN_IF_ERROR(Replay(policy, EnergySide::kSupply, figures));
  figures.energy.load = load;
  return figures;
}

Status TraceStudy::Replay(Policy policy, EnergySide side, TraceFigures& figures) const {
  PlannerOptions planning;
  planning.plan.policy = policy;
  if (policy == Policy::kPaced) {
    planning.plan.replan = options_.replan;
    planning.plan.max_forced = options_.max_forced;
  }
  planning.latency_target = options_.latency_target;
  planning.meter = {options_.boundary, side};
  std::vector<SentencePlanner> planners;
  for (size_t parity = 0; parity < 2; ++parity) {
    planners.emplace_back(*costs_, planning,
                          policy == Policy::kPaced ? PlanningSample(parity) : ExitSample());
  }
  const int num_layers = input_.entropies.num_layers;
  figures.sentences = observed_.size();
  figures.exit_histogram.assign(static_cast<size_t>(num_layers), 0);
  size_t correct = 0;
  Joules energy;
  for (size_t i = 0; i < observed_.size(); ++i) {
    const ObservedSentence& sentence = observed_[i];
    const bool one_plan = options_.plan_on != PlanOn::kHalves || policy != Policy::kPaced;
    EDGEBERT_ASSIGN_OR_RETURN(const PlannedClass* planned,
                              planners[one_plan ? 0 : i % 2].PlanFor(input_.tokens[i]));
    int exit_layer = UsesEarlyExit(policy) ? sentence.exit_layer : num_layers;
    if (ForcesPredictedExit(policy)) {
      exit_layer = predicted_exits_[i];
    }
    Scheduler scheduler(planned->plan);
    scheduler.SetExitLayer(exit_layer);
    for (int layer = 1; layer <= exit_layer; ++layer) {
      if (!scheduler.NextPoint()) {
        exit_layer = layer - 1;
        break;
      }
      scheduler.Observe(
          sentence.entropies[static_cast<size_t>(layer - 1)],
          sentence.predicted_layer > 0 ? std::optional(sentence.predicted_layer) : std::nullopt);
    }
    const ScheduleCost cost = CostOf(planned->plan->problem(), scheduler.points());
    energy += cost.energy;
    figures.latency += cost.time;
    figures.latency_target += planned->target;
    figures.misses += cost.time > planned->target;
    figures.forced += exit_layer < sentence.exit_layer;
    figures.mean_exit_layer += exit_layer;
    ++figures.exit_histogram[static_cast<size_t>(exit_layer - 1)];
    if (!input_.labels.empty()) {
      const int* row = &input_.labels[i * (1 + static_cast<size_t>(num_layers))];
      correct += row[0] == row[exit_layer];
    }
  }
  const auto count = static_cast<double>(observed_.size());
  (side == EnergySide::kSupply ? figures.energy.supply : figures.energy.load) = energy / count;
  figures.latency = figures.latency / count;
  figures.latency_target = figures.latency_target / count;
  figures.mean_exit_layer /= count;
  if (!input_.labels.empty()) {
    figures.accuracy = static_cast<double>(correct) / count;
  }
  return OkStatus();
}

}  // namespace edgebert
