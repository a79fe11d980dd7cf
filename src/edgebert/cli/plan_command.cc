#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <vector>

#include "edgebert/base/text.h"
#include "edgebert/cli/command.h"
#include "edgebert/cli/energy_table.h"
#include "edgebert/cli/flags.h"
#include "edgebert/cli/json.h"
#include "edgebert/text/encode_text.h"

namespace edgebert::cli {
namespace {

struct PlanFlags {
  ClassifierFlags classifier;
  std::optional<std::string> text;
  std::optional<std::string> pair;
  std::optional<int> tokens;
  bool json = false;
};

struct PlannedLayer {
  OperatingPoint point;
  Seconds time;    ///< The change to the point included.
  Joules energy;   ///< Likewise.
  double reached;  ///< Share of the calibration sentences that run the layer.
};

/// What a plan does with a sentence of which nothing is known but its length.
struct PlannedSentence {
  int tokens = 0;
  Seconds target;
  Seconds full_depth;
  Joules expected_energy;
  std::vector<PlannedLayer> layers;
};

Result<int> TokensOf(const PlanFlags& flags, const ClassifierModel& model) {
  EDGEBERT_ASSIGN_OR_RETURN(const size_t most,
                            ResolveMaxTokens(flags.classifier.max_tokens, model.config()));
  if (flags.tokens) {
    EDGEBERT_RETURN_IF_ERROR(
        CheckFlagRange("--tokens", *flags.tokens, 1, static_cast<int64_t>(most)));
    return *flags.tokens;
  }
  EDGEBERT_ASSIGN_OR_RETURN(
      const Encoding encoding,
      EncodeText(model.tokenizer(), *flags.text,
                 flags.pair ? std::optional<std::string_view>(*flags.pair) : std::nullopt, most));
  return static_cast<int>(encoding.ids.size());
}

Result<PlannedSentence> MakePlan(Classifier& classifier, int tokens) {
  const ClassifierModel& model = classifier.model();
  EDGEBERT_ASSIGN_OR_RETURN(const PlannedClass* planned, classifier.planner().PlanFor(tokens));
  const SchedulePlan& plan = *planned->plan;
  const ScheduleProblem& problem = plan.problem();
  const ExitSample sample =
      SampleOfRecord(model.exits(), model.config(), classifier.threshold_nats());
  std::vector<double> reached(static_cast<size_t>(problem.num_layers), 1.0);
  if (UsesEarlyExit(classifier.options().policy) && !sample.sentences.empty()) {
    reached =
        BuildExitStatistics(NearestByTokens(sample, tokens, kPlanningSentences), problem.num_layers)
            .survival;
  }
  PlannedSentence sentence;
  sentence.tokens = tokens;
  sentence.target = planned->target;
  sentence.expected_energy = ExpectedEnergy(problem, plan.path(), reached);
  ScheduleState state = InitialState(problem);
  for (const int point : plan.path()) {
    const ScheduleState after = After(problem, state, point);
    const auto layer = static_cast<size_t>(state.layers_done);
    sentence.layers.push_back({model.costs().power().points.points()[static_cast<size_t>(point)],
                               after.elapsed - state.elapsed,
                               problem.change_energy[problem.ChangeIndex(state.point, point)] +
                                   problem.energy[problem.LayerIndex(state.layers_done, point)],
                               reached[layer]});
    state = after;
  }
  sentence.full_depth = state.elapsed;
  return sentence;
}

void PrintPlan(const PlannedSentence& sentence, const Classifier& classifier) {
  const ClassifierOptions& options = classifier.options();
  fmt::print("{} tokens, policy {}, threshold {:.4g} nats\n", sentence.tokens,
             PolicyName(options.policy), classifier.threshold_nats());
  fmt::print("  layer  voltage  frequency       time     energy  P(reached)\n");
  for (size_t i = 0; i < sentence.layers.size(); ++i) {
    const PlannedLayer& layer = sentence.layers[i];
    fmt::print("  {:>5}  {:.3f} V  {:>5.0f} MHz  {:>8.4f} ms  {:>6.2f} µJ  {:>10.3f}\n", i + 1,
               layer.point.voltage.value(), layer.point.frequency.value() * 1e-6,
               layer.time.value() * 1e3, layer.energy.value() * 1e6, layer.reached);
  }
  fmt::print("  full depth   {:.4f} ms of {:.4f} ms allowed\n", sentence.full_depth.value() * 1e3,
             sentence.target.value() * 1e3);
  fmt::print("  expected     {:.2f} µJ a sentence\n", sentence.expected_energy.value() * 1e6);
  fmt::print("  boundary     {}\n  weights      {}\n", BoundaryName(options.boundary),
             DescribeWeights(classifier.model().costs().weights()));
  if (NeedsPredictedLayer(options.policy) || options.replan != Replan::kNever) {
    fmt::print("  Later layers change once layer 1 has run: shown is what holds until then.\n");
  }
}

OrderedJson ToJson(const PlannedSentence& sentence, const Classifier& classifier) {
  OrderedJson layers = OrderedJson::array();
  for (const PlannedLayer& layer : sentence.layers) {
    layers.push_back({{"voltage_v", layer.point.voltage.value()},
                      {"frequency_hz", layer.point.frequency.value()},
                      {"time_s", layer.time.value()},
                      {"energy_j", layer.energy.value()},
                      {"reached", layer.reached}});
  }
  OrderedJson object = {{"tokens", sentence.tokens},
                        {"policy", PolicyName(classifier.options().policy)},
                        {"replan", ReplanName(classifier.options().replan)},
                        {"threshold_nats", classifier.threshold_nats()},
                        {"layers", layers},
                        {"full_depth_s", sentence.full_depth.value()},
                        {"latency_target_s", sentence.target.value()},
                        {"expected_energy_j", sentence.expected_energy.value()},
                        {"boundary", BoundaryName(classifier.options().boundary)}};
  AddWeights(classifier.model().costs().weights(), object);
  return object;
}

int Plan(const PlanFlags& flags) {
  if (flags.text.has_value() == flags.tokens.has_value()) {
    return Fail(InvalidArgument("plan: give either a text or --tokens (see edgebert plan --help)"),
                kUsageError);
  }
  if (flags.pair && !flags.text) {
    return Fail(InvalidArgument("plan: --pair goes with a text"), kUsageError);
  }
  if (flags.tokens) {
    if (const Status status = CheckFlagRange("--tokens", *flags.tokens, 1, kMaxPositions);
        !status.ok()) {
      return Fail(status, kUsageError);
    }
  }
  ClassifierFlags classifier_flags = flags.classifier;
  if (!classifier_flags.policy) {
    classifier_flags.policy = PolicyName(Policy::kPaced);
  }
  const Result<ClassifierOptions> options = classifier_flags.Options();
  if (!options.ok()) {
    return Fail(options.status(), kUsageError);
  }
  if (options->policy == Policy::kOracle || options->policy == Policy::kArtifactDvfs) {
    return Fail(InvalidArgument(fmt::format("plan: policy '{}' makes no plan beforehand",
                                            PolicyName(options->policy))),
                kUsageError);
  }
  const Result<std::shared_ptr<const ClassifierModel>> model = flags.classifier.LoadModel();
  if (!model.ok()) {
    return Fail(model.status());
  }
  Result<Classifier> classifier = Classifier::Create(*model, *options);
  if (!classifier.ok()) {
    return Fail(classifier.status());
  }
  const Result<int> tokens = TokensOf(flags, **model);
  if (!tokens.ok()) {
    return Fail(tokens.status());
  }
  const Result<PlannedSentence> sentence = MakePlan(*classifier, *tokens);
  if (!sentence.ok()) {
    return Fail(sentence.status());
  }
  if (flags.json) {
    PrintJsonLine(ToJson(*sentence, *classifier));
  } else {
    PrintPlan(*sentence, *classifier);
  }
  return kSuccess;
}

}  // namespace

void AddPlanCommand(CLI::App& app, Action& action) {
  auto flags = std::make_shared<PlanFlags>();
  CLI::App* command = app.add_subcommand(
      "plan", "The schedule of a sentence, layer by layer, and what it is expected to take");
  command->add_option("text", flags->text, "The text to plan for");
  command->add_option("--pair", flags->pair, "A second text, for sentence-pair tasks")
      ->type_name("TEXT");
  command->add_option("--tokens", flags->tokens, "Plan for this many tokens instead of a text")
      ->type_name("N");
  flags->classifier.AddTo(*command);
  command->add_flag("--json", flags->json, "One JSON object");
  command->callback([flags, &action] { action = [flags] { return Plan(*flags); }; });
}

}  // namespace edgebert::cli
