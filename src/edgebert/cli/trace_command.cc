#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "edgebert/base/file.h"
#include "edgebert/base/text.h"
#include "edgebert/cli/command.h"
#include "edgebert/cli/energy_table.h"
#include "edgebert/cli/flags.h"
#include "edgebert/cli/json.h"
#include "edgebert/pipeline/shape_model.h"
#include "edgebert/pipeline/trace_study.h"

namespace edgebert::cli {
namespace {

constexpr uint64_t kMaxTraceBytes = uint64_t{1} << 30;
constexpr int kDefaultTokens = 128;

struct TraceFlags {
  std::string file;
  std::string threshold;
  std::optional<std::string> policy;
  bool compare = false;
  std::optional<std::string> predictor;
  std::string variant = "clean";
  bool planned_layer = false;
  int classes = 2;
  std::optional<std::string> latency_target;
  std::optional<std::string> labels;
  std::optional<std::string> tokens;
  std::string plan_on = "halves";
  std::string boundary = "system";
  std::string replan = "never";
  std::string max_forced = "0";
  std::optional<std::string> hardware;
  std::optional<std::string> regulator;
  std::optional<std::string> transition_time;
  std::optional<std::string> weights_in;
  bool json = false;
};

/// What the flags say without looking at any file.
struct TraceRequest {
  TraceStudyOptions options;
  std::vector<Policy> policies;
  std::optional<std::string> plan_file;
  WeightLocation weights_in = WeightLocation::kDram;
};

Result<TraceRequest> ParseRequest(const TraceFlags& flags) {
  TraceRequest request;
  TraceStudyOptions& options = request.options;
  EDGEBERT_ASSIGN_OR_RETURN(options.threshold_nats, ParseThreshold(flags.threshold));
  if (flags.latency_target) {
    EDGEBERT_ASSIGN_OR_RETURN(options.latency_target, LatencyTarget::Parse(*flags.latency_target));
  }
  EDGEBERT_ASSIGN_OR_RETURN(options.boundary, ParseBoundary(flags.boundary));
  EDGEBERT_ASSIGN_OR_RETURN(options.replan, ParseReplan(flags.replan));
  EDGEBERT_ASSIGN_OR_RETURN(request.weights_in, ParseWeightsIn(flags.weights_in));
  const Result<double> max_forced = ParseFiniteNumber(flags.max_forced);
  if (!max_forced.ok() || *max_forced < 0 || *max_forced > 1) {
    return InvalidArgument(fmt::format(
        "trace: --max-forced {}: expected a share from 0 to 1, such as 0.01", flags.max_forced));
  }
  options.max_forced = *max_forced;
  if (flags.variant != "clean" && flags.variant != "artifact") {
    return InvalidArgument(
        fmt::format("trace: unknown variant '{}' (clean or artifact)", flags.variant));
  }
  options.predicted = {.artifact = flags.variant == "artifact",
                       .planned_layer = flags.planned_layer};
  if (flags.compare && flags.policy) {
    return InvalidArgument("trace: give either --policy or --compare");
  }
  EDGEBERT_ASSIGN_OR_RETURN(const Policy policy, ParsePolicy(flags.policy.value_or("early-exit")));
  if (!flags.compare) {
    request.policies = {policy};
  } else {
    for (const Policy each : AllPolicies()) {
      if (flags.predictor || !NeedsPredictedLayer(each)) {
        request.policies.push_back(each);
      }
    }
  }
  const bool paced = flags.compare || policy == Policy::kPaced;
  if (!paced && (options.replan != Replan::kNever || options.max_forced > 0)) {
    return InvalidArgument("trace: --replan and --max-forced go with --policy paced or --compare");
  }
  const bool predicts = flags.compare || NeedsPredictedLayer(policy) ||
                        (paced && options.replan == Replan::kPredictedLayer);
  if (!flags.predictor && !flags.compare && predicts) {
    return InvalidArgument(
        fmt::format("trace: policy {} needs --predictor FILE", PolicyName(policy)));
  }
  if (!flags.predictor && options.replan == Replan::kPredictedLayer) {
    return InvalidArgument("trace: --replan predicted-layer needs --predictor FILE");
  }
  if (flags.predictor && !predicts) {
    return InvalidArgument("trace: --predictor goes with policies that predict, or --compare");
  }
  if (flags.planned_layer && !flags.compare && policy != Policy::kPredicted) {
    return InvalidArgument("trace: --planned-layer goes with --policy predicted");
  }
  EDGEBERT_RETURN_IF_ERROR(CheckFlagRange("--classes", flags.classes, 2, kMaxClasses));
  options.plan_on = flags.plan_on == "halves" ? PlanOn::kHalves
                    : flags.plan_on == "self" ? PlanOn::kSelf
                                              : PlanOn::kOther;
  if (options.plan_on == PlanOn::kOther) {
    request.plan_file = flags.plan_on;
  }
  return request;
}

Result<TraceInput> ReadTrace(const std::string& file, int classes) {
  EDGEBERT_ASSIGN_OR_RETURN(const std::string csv, ReadTextFile(file, kMaxTraceBytes));
  TraceInput input;
  EDGEBERT_ASSIGN_OR_RETURN(input.entropies, ParseEntropyTrace(csv, classes, file));
  input.tokens.assign(input.entropies.num_sentences(), kDefaultTokens);
  return input;
}

/// Results of all policies asked for, and of those that others are compared with.
struct TraceResults {
  std::vector<TraceFigures> figures;  ///< As TraceRequest::policies.
  TraceFigures conventional;
  TraceFigures early_exit;
  TraceFigures oracle;
  WeightStore weights;
};

Result<TraceResults> Study(const TraceFlags& flags, TraceRequest& request) {
  EDGEBERT_ASSIGN_OR_RETURN(TraceInput input, ReadTrace(flags.file, flags.classes));
  const int num_layers = input.entropies.num_layers;
  if (flags.tokens) {
    EDGEBERT_ASSIGN_OR_RETURN(const std::string text, ReadTextFile(*flags.tokens, kMaxTraceBytes));
    EDGEBERT_ASSIGN_OR_RETURN(input.tokens, ParseTokenCounts(text, *flags.tokens));
  }
  if (flags.labels) {
    EDGEBERT_ASSIGN_OR_RETURN(const std::string text, ReadTextFile(*flags.labels, kMaxTraceBytes));
    EDGEBERT_ASSIGN_OR_RETURN(input.labels, ParseTraceLabels(text, num_layers, *flags.labels));
  }
  std::optional<TraceInput> other;
  if (request.plan_file) {
    EDGEBERT_ASSIGN_OR_RETURN(other, ReadTrace(*request.plan_file, flags.classes));
  }
  std::optional<PredictorTable> table;
  if (flags.predictor) {
    EDGEBERT_ASSIGN_OR_RETURN(const std::string text,
                              ReadTextFile(*flags.predictor, kMaxTraceBytes));
    EDGEBERT_ASSIGN_OR_RETURN(table, ParsePredictorCsv(text, *flags.predictor));
    request.options.predictor = &*table;
  }
  EDGEBERT_ASSIGN_OR_RETURN(
      HardwareDescription hardware,
      LoadHardwareFlags(flags.hardware, flags.regulator, flags.transition_time));
  const Model shape = AlbertBaseShape(num_layers, flags.classes);
  EDGEBERT_ASSIGN_OR_RETURN(const CostEstimator costs,
                            CostEstimator::Create(shape, std::move(hardware), request.weights_in));
  EDGEBERT_ASSIGN_OR_RETURN(const TraceStudy study,
                            TraceStudy::Create(std::move(input), costs, shape.config.max_positions,
                                               request.options, std::move(other)));
  TraceResults results;
  results.weights = costs.weights();
  EDGEBERT_ASSIGN_OR_RETURN(results.conventional, study.Run(Policy::kConventional));
  EDGEBERT_ASSIGN_OR_RETURN(results.early_exit, study.Run(Policy::kEarlyExit));
  EDGEBERT_ASSIGN_OR_RETURN(results.oracle, study.Run(Policy::kOracle));
  for (const Policy policy : request.policies) {
    EDGEBERT_ASSIGN_OR_RETURN(TraceFigures figures, study.Run(policy));
    results.figures.push_back(std::move(figures));
  }
  return results;
}

OrderedJson ToJson(const TraceFlags& flags, const TraceRequest& request,
                   const TraceResults& results, size_t index) {
  const TraceFigures& figures = results.figures[index];
  const BothSides& energy = figures.energy;
  OrderedJson object = {
      {"policy", PolicyName(request.policies[index])},
      {"variant", flags.variant},
      {"planned_layer", flags.planned_layer},
      {"threshold_nats", request.options.threshold_nats},
      {"sentences", figures.sentences},
      {"mean_exit_layer", figures.mean_exit_layer},
      {"exit_histogram", figures.exit_histogram},
      {"latency_target_s", figures.latency_target.value()},
      {"latency_s", figures.latency.value()},
      {"boundary", BoundaryName(request.options.boundary)},
      {"plan_on", flags.plan_on},
      {"replan", flags.replan},
      {"max_forced", request.options.max_forced},
      {"forced", figures.forced},
      {"misses", figures.misses},
      {"energy_j", energy.supply.value()},
      {"over_conventional", results.conventional.energy.supply / energy.supply},
      {"over_early_exit", results.early_exit.energy.supply / energy.supply},
      {"of_oracle", results.oracle.energy.supply / energy.supply},
      {"load_energy_j", energy.load.value()},
      {"load_over_conventional", results.conventional.energy.load / energy.load},
      {"load_over_early_exit", results.early_exit.energy.load / energy.load},
      {"load_of_oracle", results.oracle.energy.load / energy.load},
      {"accuracy", figures.accuracy ? OrderedJson(*figures.accuracy) : OrderedJson()},
  };
  AddWeights(results.weights, object);
  return object;
}

void PrintOne(const TraceFlags& flags, const TraceRequest& request, const TraceResults& results) {
  const TraceFigures& figures = results.figures.front();
  const bool predicted = request.policies.front() == Policy::kPredicted;
  fmt::print("{} sentences, policy {}{}, threshold {} nats\n", figures.sentences,
             PolicyName(request.policies.front()),
             predicted ? fmt::format(" ({}{})", flags.variant,
                                     flags.planned_layer ? ", planned layer" : "")
                       : "",
             flags.threshold);
  fmt::print("  mean exit layer  {:.6f} of {}\n  exits by layer   {}\n", figures.mean_exit_layer,
             figures.exit_histogram.size(), fmt::join(figures.exit_histogram, " "));
  fmt::print("  latency          {:.3f} ms of {:.3f} ms allowed; {} missed, {} forced exits\n",
             figures.latency.value() * 1e3, figures.latency_target.value() * 1e3, figures.misses,
             figures.forced);
  const auto side = [&](std::string_view name, Joules BothSides::*member) {
    const Joules energy = figures.energy.*member;
    fmt::print(
        "  {:<15}  {:.1f} µJ a sentence: {:.2f}x less than conventional, {:.2f}x less than early "
        "exit, {:.3f} of the oracle's saving\n",
        name, energy.value() * 1e6, results.conventional.energy.*member / energy,
        results.early_exit.energy.*member / energy, results.oracle.energy.*member / energy);
  };
  side("at the supply", &BothSides::supply);
  side("at the load", &BothSides::load);
  fmt::print("  boundary         {}\n  weights          {}\n",
             BoundaryName(request.options.boundary), DescribeWeights(results.weights));
  if (figures.accuracy) {
    fmt::print("  accuracy         {:.2f} %\n", *figures.accuracy * 100);
  }
}

void PrintComparison(const TraceFlags& flags, const TraceRequest& request,
                     const TraceResults& results) {
  const TraceFigures& first = results.figures.front();
  fmt::print("{} sentences, threshold {} nats, target {:.3f} ms, boundary {}, planned on {}\n",
             first.sentences, flags.threshold, first.latency_target.value() * 1e3,
             BoundaryName(request.options.boundary), flags.plan_on);
  fmt::print("weights in {}\n", DescribeWeights(results.weights));
  fmt::print(
      "                                            at the supply                  at the load\n"
      "  policy               exit  forced  missed  / conv.  / exit  of oracle  / conv.  / exit  "
      "of "
      "oracle\n");
  for (size_t i = 0; i < request.policies.size(); ++i) {
    const TraceFigures& figures = results.figures[i];
    const BothSides& energy = figures.energy;
    fmt::print(
        "  {:<20} {:>5.2f} {:>6} {:>7} {:>8.2f} {:>7.2f} {:>10.3f} {:>8.2f} {:>7.2f} {:>10.3f}\n",
        PolicyName(request.policies[i]), figures.mean_exit_layer, figures.forced, figures.misses,
        results.conventional.energy.supply / energy.supply,
        results.early_exit.energy.supply / energy.supply,
        results.oracle.energy.supply / energy.supply,
        results.conventional.energy.load / energy.load,
        results.early_exit.energy.load / energy.load, results.oracle.energy.load / energy.load);
  }
  if (!flags.predictor) {
    fmt::print("  (predicted and predicted-safe need --predictor FILE)\n");
  }
}

int Trace(const TraceFlags& flags) {
  Result<TraceRequest> request = ParseRequest(flags);
  if (!request.ok()) {
    return Fail(request.status(), kUsageError);
  }
  const Result<TraceResults> results = Study(flags, *request);
  if (!results.ok()) {
    return Fail(results.status());
  }
  if (flags.json) {
    for (size_t i = 0; i < results->figures.size(); ++i) {
      PrintJsonLine(ToJson(flags, *request, *results, i));
    }
  } else if (flags.compare) {
    PrintComparison(flags, *request, *results);
  } else {
    PrintOne(flags, *request, *results);
  }
  return kSuccess;
}

}  // namespace

void AddTraceCommand(CLI::App& app, Action& action) {
  auto flags = std::make_shared<TraceFlags>();
  CLI::App* command = app.add_subcommand(
      "trace", "Exit layers and energy on a file of entropies, a row a sentence, a column a layer");
  command->add_option("file", flags->file, "Comma-separated entropies in nats")->required();
  command->add_option("--threshold", flags->threshold, "Entropy threshold")
      ->required()
      ->type_name("NATS");
  command->add_option("--policy", flags->policy, "Any policy; see docs/policies.md [early-exit]")
      ->type_name("NAME");
  command->add_flag("--compare", flags->compare, "All policies, one line each");
  command
      ->add_option("--latency-target", flags->latency_target,
                   "Deadline of a sentence: 8ms, 0.008s, or a factor of the time of all layers at "
                   "the nominal point such as 1.5x [2x]")
      ->type_name("TIME");
  command
      ->add_option("--boundary", flags->boundary,
                   "What energies include: on-chip, or system (with DRAM) [system]")
      ->type_name("NAME");
  command
      ->add_option("--plan-on", flags->plan_on,
                   "What paced plans on: halves (odd rows on even ones and the other way round), "
                   "self, or another file of entropies [halves]")
      ->type_name("FILE");
  command
      ->add_option("--replan", flags->replan,
                   "When paced plans anew: never, predicted-layer, first-entropy or each-layer "
                   "[never]")
      ->type_name("NAME");
  command
      ->add_option("--max-forced", flags->max_forced,
                   "Share of sentences that paced may stop before their entropy says so [0]")
      ->type_name("SHARE");
  command
      ->add_option("--labels", flags->labels,
                   "The right class and the class at each layer, a row a sentence: gives accuracy")
      ->type_name("FILE");
  command->add_option("--tokens", flags->tokens, "A token count a row [128 everywhere]")
      ->type_name("FILE");
  command
      ->add_option("--predictor", flags->predictor,
                   "Table of later entropies by first-layer entropy (CSV)")
      ->type_name("FILE");
  command
      ->add_option("--variant", flags->variant,
                   "clean, or artifact: as the authors' code runs, which never tests its last two "
                   "layers [clean]")
      ->type_name("NAME");
  command->add_flag("--planned-layer", flags->planned_layer,
                    "Exit at the predicted layer exactly: what voltage scaling plans for");
  command->add_option("--classes", flags->classes, "Classes of the task [2]")->type_name("N");
  AddHardwareFlags(*command, flags->hardware, flags->regulator, flags->transition_time);
  AddWeightsInFlag(*command, flags->weights_in);
  command->add_flag("--json", flags->json, "One JSON object a policy");
  command->callback([flags, &action] { action = [flags] { return Trace(*flags); }; });
}

}  // namespace edgebert::cli
