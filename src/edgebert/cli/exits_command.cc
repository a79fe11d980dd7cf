#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <iterator>
#include <memory>

#include "edgebert/base/file.h"
#include "edgebert/cli/command.h"
#include "edgebert/cli/data_flags.h"
#include "edgebert/cli/flags.h"
#include "edgebert/cli/json.h"
#include "edgebert/cli/progress_bar.h"
#include "edgebert/pipeline/exit_plot.h"
#include "edgebert/pipeline/exit_sweep.h"
#include "edgebert/text/encode_text.h"

namespace edgebert::cli {
namespace {

/// Losses against full depth for which the earliest setting is shown, as shares.
constexpr std::array kLosses = {0.0, 0.005, 0.01};

struct ExitsFlags {
  DataFlags data;
  ModelFlags model;
  std::optional<std::string> split;
  std::optional<std::string> plot;
  std::optional<int> max_tokens;
  bool json = false;
};

/// The examples of the split asked for, or of all that the task has.
Result<std::vector<LabelledText>> LoadExamples(const ExitsFlags& flags,
                                               const std::vector<std::string>& label_names) {
  if (flags.data.is_own()) {
    return flags.data.LoadOwn(label_names);
  }
  EDGEBERT_ASSIGN_OR_RETURN(std::vector<Split> splits, TaskSplits(*flags.data.task));
  if (flags.split) {
    EDGEBERT_ASSIGN_OR_RETURN(const Split split, ParseSplit(*flags.data.task, *flags.split));
    splits = {split};
  }
  std::vector<LabelledText> examples;
  for (const Split split : splits) {
    EDGEBERT_ASSIGN_OR_RETURN(std::vector<LabelledText> part,
                              LoadTask(*flags.data.task, flags.data.data, split));
    std::move(part.begin(), part.end(), std::back_inserter(examples));
  }
  return examples;
}

std::string Title(const ExitsFlags& flags, const ExitSweep& sweep) {
  return fmt::format("{}{}, {} examples: accuracy against mean exit layer", flags.data.Name(),
                     flags.split ? " " + *flags.split : "", sweep.examples);
}

void PrintTable(const ExitsFlags& flags, const ExitSweep& sweep) {
  fmt::print("{}\n", Title(flags, sweep));
  fmt::print("  all layers: {:.2f} % at layer {}\n\n", sweep.full_depth_accuracy * 100,
             sweep.num_layers);
  fmt::print("  {:>8}  {:<16} {:>10} {:>10}  {}\n", "may lose", "rule", "mean exit", "accuracy",
             "setting");
  for (const double loss : kLosses) {
    for (const ExitRuleKind kind : kExitRuleKinds) {
      if (const std::optional<ExitPoint> point = EarliestWithin(sweep, kind, loss)) {
        fmt::print("  {:>6.1f} %  {:<16} {:>10.3f} {:>8.2f} %  {}\n", loss * 100,
                   ExitRuleName(kind), point->mean_exit_layer, point->accuracy * 100,
                   Describe(point->setting));
      }
    }
  }
  fmt::print(
      "\nSettings are chosen in hindsight on these very examples: calibrate gives one to keep.\n");
}

OrderedJson ToJson(const ExitPoint& point) {
  OrderedJson object = {{"rule", ExitRuleName(point.setting.kind)}};
  if (point.setting.kind != ExitRuleKind::kPatience) {
    object["threshold"] = point.setting.threshold;
  }
  object["window"] = point.setting.window;
  object["accuracy"] = point.accuracy;
  object["mean_exit_layer"] = point.mean_exit_layer;
  return object;
}

OrderedJson ToJson(const ExitsFlags& flags, const ExitSweep& sweep) {
  OrderedJson earliest = OrderedJson::array();
  for (const double loss : kLosses) {
    for (const ExitRuleKind kind : kExitRuleKinds) {
      if (const std::optional<ExitPoint> point = EarliestWithin(sweep, kind, loss)) {
        OrderedJson object = {{"max_loss", loss}};
        object.update(ToJson(*point));
        earliest.push_back(std::move(object));
      }
    }
  }
  OrderedJson points = OrderedJson::array();
  for (const ExitPoint& point : sweep.points) {
    points.push_back(ToJson(point));
  }
  return {{"data", flags.data.Name()},
          {"split", flags.split.value_or("all")},
          {"examples", sweep.examples},
          {"layers", sweep.num_layers},
          {"full_depth_accuracy", sweep.full_depth_accuracy},
          {"earliest", std::move(earliest)},
          {"points", std::move(points)}};
}

Result<ExitSweep> Sweep(const ExitsFlags& flags) {
  EDGEBERT_ASSIGN_OR_RETURN(const std::filesystem::path path, flags.model.Path());
  ClassifierModelOptions options;
  options.base = flags.model.BasePath();
  EDGEBERT_ASSIGN_OR_RETURN(const std::shared_ptr<const ClassifierModel> model,
                            ClassifierModel::Load(path, options));
  EDGEBERT_ASSIGN_OR_RETURN(const std::vector<LabelledText> examples,
                            LoadExamples(flags, model->labels()));
  ProgressBar bar("exits");
  EDGEBERT_ASSIGN_OR_RETURN(
      const RecordedExamples recorded,
      RecordExamples(*model, examples, flags.max_tokens, [&bar](size_t done, size_t total) {
        bar.Update(done, total);
        return true;
      }));
  return SweepExits(recorded, model->exits(), model->config());
}

int Exits(const ExitsFlags& flags) {
  Status usage = flags.data.Check();
  if (usage.ok() && flags.split) {
    usage = flags.data.is_own() ? InvalidArgument("--split goes with --task")
                                : ParseSplit(*flags.data.task, *flags.split).status();
  }
  if (usage.ok() && flags.max_tokens) {
    usage = CheckFlagRange("--max-tokens", *flags.max_tokens, kFewestTokens, kMaxPositions);
  }
  if (!usage.ok()) {
    return Fail(usage, kUsageError);
  }
  const Result<ExitSweep> sweep = Sweep(flags);
  if (!sweep.ok()) {
    return Fail(sweep.status());
  }
  if (flags.plot) {
    const std::string svg = ExitPlotSvg(*sweep, Title(flags, *sweep));
    if (const Status status = WriteFileAtomically(*flags.plot, svg); !status.ok()) {
      return Fail(status);
    }
  }
  if (flags.json) {
    PrintJsonLine(ToJson(flags, *sweep));
  } else {
    PrintTable(flags, *sweep);
  }
  return kSuccess;
}

}  // namespace

void AddExitsCommand(CLI::App& app, Action& action) {
  auto flags = std::make_shared<ExitsFlags>();
  CLI::App* command = app.add_subcommand(
      "exits", "Sweep all exit rules on labelled data: accuracy against mean exit layer");
  flags->model.AddTo(*command);
  flags->data.AddTo(*command);
  command->add_option("--split", flags->split, "dev, or for sst2 also test [all the task has]")
      ->type_name("NAME");
  command->add_option("--max-tokens", flags->max_tokens, "Truncate longer texts [the model's]")
      ->type_name("N");
  command->add_option("--plot", flags->plot, "Write a picture (SVG)")->type_name("FILE");
  command->add_flag("--json", flags->json, "One JSON object, with every point of the sweep");
  command->callback([flags, &action] { action = [flags] { return Exits(*flags); }; });
}

}  // namespace edgebert::cli
