#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <utility>

#include "edgebert/base/file.h"
#include "edgebert/cli/command.h"
#include "edgebert/cli/data_flags.h"
#include "edgebert/cli/flags.h"
#include "edgebert/cli/json.h"
#include "edgebert/cli/progress_bar.h"
#include "edgebert/data/held_out.h"
#include "edgebert/data/task_sources.h"
#include "edgebert/pipeline/risk_control.h"

namespace edgebert::cli {
namespace {

constexpr uint64_t kSimulationSeed = 1;

struct CalibrateFlags {
  DataFlags data;
  ModelFlags model;
  std::optional<std::string> output;
  RiskOptions risk;
  size_t draws = 0;
  bool json = false;
};

struct Outcome {
  size_t examples = 0;
  int num_layers = 0;
  std::vector<float> off_ramp_scales;
  RiskCalibration calibration;
  std::optional<RiskSimulation> simulation;
  double hindsight_threshold_nats = 0;
};

/// The rows of a task's training data that are held out for this.
Result<std::vector<LabelledText>> HeldOutRows(const DataFlags& data, const Tokenizer& tokenizer) {
  EDGEBERT_ASSIGN_OR_RETURN(TaskData training, LoadTrainingTask(*data.task, data.data));
  EDGEBERT_ASSIGN_OR_RETURN(const TaskDescription* const task, FindTask(*data.task));
  EDGEBERT_ASSIGN_OR_RETURN(const HeldOut split,
                            HoldOut(training.examples, task->held_out, tokenizer));
  std::vector<LabelledText> rows;
  for (const size_t row : split.held_out) {
    rows.push_back(std::move(training.examples[row]));
  }
  return rows;
}

std::string SourceOf(const CalibrateFlags& flags) {
  return flags.data.is_own() ? flags.data.Name()
                             : fmt::format("held-out {} training rows", flags.data.Name());
}

Result<Outcome> CalibrateModel(const CalibrateFlags& flags, AtomicFile* output) {
  EDGEBERT_ASSIGN_OR_RETURN(Model file, flags.model.Read());
  EDGEBERT_ASSIGN_OR_RETURN(const std::shared_ptr<const ClassifierModel> model,
                            ClassifierModel::Create(file));
  EDGEBERT_ASSIGN_OR_RETURN(const std::vector<LabelledText> examples,
                            flags.data.is_own() ? flags.data.LoadOwn(model->labels())
                                                : HeldOutRows(flags.data, model->tokenizer()));
  ProgressBar bar("calibrate");
  EDGEBERT_ASSIGN_OR_RETURN(
      const RecordedExamples recorded,
      RecordExamples(*model, examples, std::nullopt, [&bar](size_t done, size_t total) {
        bar.Update(done, total);
        return true;
      }));
  Outcome outcome;
  outcome.num_layers = file.config.num_layers;
  EDGEBERT_ASSIGN_OR_RETURN(outcome.calibration,
                            CalibrateRisk(recorded, flags.risk, SourceOf(flags), file));
  outcome.examples = outcome.calibration.outcomes.sentences();
  outcome.off_ramp_scales = file.exits.off_ramp_scales;
  if (flags.draws > 0) {
    const ThresholdOutcomes& outcomes = outcome.calibration.outcomes;
    outcome.simulation = SimulateChoice(outcomes, flags.risk, flags.draws, kSimulationSeed);
    outcome.hindsight_threshold_nats = outcomes.thresholds[outcome.simulation->hindsight];
  }
  if (output != nullptr) {
    EDGEBERT_ASSIGN_OR_RETURN(const std::vector<uint8_t> bytes, flags.model.Serialize(file));
    EDGEBERT_RETURN_IF_ERROR(output->Write(bytes));
    EDGEBERT_RETURN_IF_ERROR(output->Commit());
  }
  return outcome;
}

OrderedJson ToJson(const CalibrateFlags& flags, const Outcome& outcome) {
  OrderedJson object = {{"data", flags.data.Name()},
                        {"examples", outcome.examples},
                        {"max_loss", flags.risk.max_loss},
                        {"confidence", flags.risk.confidence},
                        {"per_class", flags.risk.per_class},
                        {"threshold_nats", outcome.calibration.threshold_nats},
                        {"off_ramp_scales", outcome.off_ramp_scales},
                        {"loss", outcome.calibration.loss},
                        {"mean_exit_layer", outcome.calibration.mean_exit_layer}};
  if (outcome.simulation) {
    object["simulation"] = {{"draws", outcome.simulation->draws},
                            {"violations", outcome.simulation->violations},
                            {"mean_exit_layer", outcome.simulation->mean_exit_layer},
                            {"hindsight_threshold_nats", outcome.hindsight_threshold_nats},
                            {"hindsight_exit_layer", outcome.simulation->hindsight_exit_layer}};
  }
  return object;
}

void Print(const CalibrateFlags& flags, const Outcome& outcome) {
  fmt::print(
      "threshold {:.4g} nats: accuracy at most {:g} % below full depth's{} with confidence "
      "{:g} %\n",
      outcome.calibration.threshold_nats, flags.risk.max_loss * 100,
      flags.risk.per_class ? ", in every class," : "", flags.risk.confidence * 100);
  if (!outcome.off_ramp_scales.empty()) {
    fmt::print("  times, by off-ramp: {:.3g}\n", fmt::join(outcome.off_ramp_scales, " "));
  }
  fmt::print("  on the {} examples ({}): {:.2f} % below, mean exit layer {:.3f} of {}\n",
             outcome.examples, SourceOf(flags), outcome.calibration.loss * 100,
             outcome.calibration.mean_exit_layer, outcome.num_layers);
  if (outcome.simulation) {
    const RiskSimulation& simulation = *outcome.simulation;
    fmt::print(
        "  simulated with them as the population: {} of {} draws lose more; mean exit layer "
        "{:.3f}, in hindsight {:.3f} at {:.4g} nats\n",
        simulation.violations, simulation.draws, simulation.mean_exit_layer,
        simulation.hindsight_exit_layer, outcome.hindsight_threshold_nats);
  }
  if (flags.output) {
    fmt::print("{}: written\n", *flags.output);
  }
}

int Calibrate(const CalibrateFlags& flags) {
  for (const Status& status : {flags.data.Check(), CheckRiskOptions(flags.risk)}) {
    if (!status.ok()) {
      return Fail(status, kUsageError);
    }
  }
  // Before the work, which may take minutes: can its result be stored?
  std::optional<AtomicFile> output;
  if (flags.output) {
    Result<AtomicFile> created = AtomicFile::Create(*flags.output);
    if (!created.ok()) {
      return Fail(created.status());
    }
    output.emplace(std::move(created).value());
  }
  const Result<Outcome> outcome = CalibrateModel(flags, output ? &*output : nullptr);
  if (!outcome.ok()) {
    return Fail(outcome.status());
  }
  if (flags.json) {
    PrintJsonLine(ToJson(flags, *outcome));
  } else {
    Print(flags, *outcome);
  }
  return kSuccess;
}

}  // namespace

void AddCalibrateCommand(CLI::App& app, Action& action) {
  auto flags = std::make_shared<CalibrateFlags>();
  CLI::App* command = app.add_subcommand(
      "calibrate", "Find the most eager exit threshold whose accuracy loss is bounded");
  flags->model.AddTo(*command);
  flags->data.AddTo(*command);
  command
      ->add_option("--max-loss", flags->risk.max_loss,
                   "Accuracy that exits may lose against full depth, as a share [0.01]")
      ->type_name("SHARE");
  command
      ->add_option("--confidence", flags->risk.confidence,
                   "With which they lose no more, as a share [0.95]")
      ->type_name("SHARE");
  command->add_flag_callback(
      "--one-threshold", [flags] { flags->risk.scale_off_ramps = false; },
      "The same threshold at all off-ramps, without scales");
  command->add_flag("--per-class", flags->risk.per_class, "Promise it for every class as well");
  command
      ->add_option("--simulate", flags->draws,
                   "Also draw so many samples from the examples and count broken promises")
      ->type_name("DRAWS");
  command
      ->add_option("-o,--out", flags->output,
                   "Write the model with the threshold to this file (a task file where it was one)")
      ->type_name("FILE");
  command->add_flag("--json", flags->json, "One JSON object");
  command->callback([flags, &action] { action = [flags] { return Calibrate(*flags); }; });
}

}  // namespace edgebert::cli
