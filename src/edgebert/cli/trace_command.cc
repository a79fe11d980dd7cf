#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <numeric>

#include "edgebert/base/file.h"
#include "edgebert/cli/command.h"
#include "edgebert/cli/flags.h"
#include "edgebert/cli/json.h"
#include "edgebert/engine/entropy_trace.h"

namespace edgebert::cli {
namespace {

constexpr uint64_t kMaxTraceBytes = uint64_t{1} << 30;

struct TraceFlags {
  std::string file;
  std::string threshold;
  std::string policy = "early-exit";
  std::optional<std::string> predictor;
  std::string variant = "clean";
  bool planned_layer = false;
  int classes = 2;
  bool json = false;
};

Status CheckUsage(const TraceFlags& flags) {
  EDGEBERT_RETURN_IF_ERROR(ParseThreshold(flags.threshold).status());
  if (flags.policy != "early-exit" && flags.policy != "predicted") {
    return InvalidArgument(
        fmt::format("trace: unknown policy '{}' (early-exit or predicted)", flags.policy));
  }
  if (flags.variant != "clean" && flags.variant != "artifact") {
    return InvalidArgument(
        fmt::format("trace: unknown variant '{}' (clean or artifact)", flags.variant));
  }
  const bool predicted = flags.policy == "predicted";
  if (predicted != flags.predictor.has_value()) {
    return InvalidArgument(predicted ? "trace: policy predicted needs --predictor FILE"
                                     : "trace: --predictor goes with --policy predicted");
  }
  if (flags.planned_layer && !predicted) {
    return InvalidArgument("trace: --planned-layer goes with --policy predicted");
  }
  if (flags.classes < 2 || flags.classes > kMaxClasses) {
    return InvalidArgument(
        fmt::format("trace: --classes {}: expected 2 to {}", flags.classes, kMaxClasses));
  }
  return OkStatus();
}

Result<std::vector<int>> Exits(const TraceFlags& flags, int& num_layers) {
  EDGEBERT_ASSIGN_OR_RETURN(const std::string csv, ReadTextFile(flags.file, kMaxTraceBytes));
  EDGEBERT_ASSIGN_OR_RETURN(const EntropyTrace trace,
                            ParseEntropyTrace(csv, flags.classes, flags.file));
  EDGEBERT_ASSIGN_OR_RETURN(const double threshold, ParseThreshold(flags.threshold));
  num_layers = trace.num_layers;
  if (!flags.predictor) {
    EntropyExitRule rule(threshold);
    return ReplayExits(trace, rule);
  }
  EDGEBERT_ASSIGN_OR_RETURN(const std::string table_csv,
                            ReadTextFile(*flags.predictor, kMaxTraceBytes));
  EDGEBERT_ASSIGN_OR_RETURN(const PredictorTable table,
                            ParsePredictorCsv(table_csv, *flags.predictor));
  if (table.num_columns >= trace.num_layers) {
    return DataLoss(fmt::format("{} predicts {} layers after the first, but {} has {} in all",
                                *flags.predictor, table.num_columns, flags.file, trace.num_layers));
  }
  PredictedExitRule rule(
      threshold, table, trace.Layers(),
      {.artifact = flags.variant == "artifact", .planned_layer = flags.planned_layer});
  return ReplayExits(trace, rule);
}

int Trace(const TraceFlags& flags) {
  if (const Status status = CheckUsage(flags); !status.ok()) {
    return Fail(status, kUsageError);
  }
  int num_layers = 0;
  const Result<std::vector<int>> exits = Exits(flags, num_layers);
  if (!exits.ok()) {
    return Fail(exits.status());
  }
  std::vector<int> histogram(static_cast<size_t>(num_layers));
  for (const int layer : *exits) {
    ++histogram[static_cast<size_t>(layer - 1)];
  }
  const double mean =
      std::accumulate(exits->begin(), exits->end(), 0.0) / static_cast<double>(exits->size());
  if (flags.json) {
    PrintJsonLine({{"policy", flags.policy},
                   {"variant", flags.variant},
                   {"planned_layer", flags.planned_layer},
                   {"threshold_nats", *ParseThreshold(flags.threshold)},
                   {"sentences", exits->size()},
                   {"mean_exit_layer", mean},
                   {"exit_histogram", histogram}});
    return kSuccess;
  }
  fmt::print("{} sentences, policy {}{}, threshold {} nats\n", exits->size(), flags.policy,
             flags.predictor ? fmt::format(" ({}{})", flags.variant,
                                           flags.planned_layer ? ", planned layer" : "")
                             : "",
             flags.threshold);
  fmt::print("  mean exit layer  {:.6f} of {}\n  exits by layer   {}\n", mean, num_layers,
             fmt::join(histogram, " "));
  return kSuccess;
}

}  // namespace

void AddTraceCommand(CLI::App& app, Action& action) {
  auto flags = std::make_shared<TraceFlags>();
  CLI::App* command = app.add_subcommand(
      "trace", "Exit layers on a file of entropies, a row a sentence, a column a layer");
  command->add_option("file", flags->file, "Comma-separated entropies in nats")->required();
  command->add_option("--threshold", flags->threshold, "Entropy threshold")
      ->required()
      ->type_name("NATS");
  command->add_option("--policy", flags->policy, "early-exit or predicted [early-exit]")
      ->type_name("NAME");
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
  command->add_flag("--json", flags->json, "One JSON object");
  command->callback([flags, &action] { action = [flags] { return Trace(*flags); }; });
}

}  // namespace edgebert::cli
