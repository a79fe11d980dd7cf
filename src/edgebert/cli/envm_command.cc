#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <limits>
#include <memory>

#include "edgebert/accel/envm_technology.h"
#include "edgebert/base/text.h"
#include "edgebert/cli/command.h"
#include "edgebert/cli/envm_costs.h"
#include "edgebert/cli/flags.h"
#include "edgebert/cli/json.h"
#include "edgebert/cli/progress_bar.h"
#include "edgebert/pipeline/fault_study.h"
#include "edgebert/text/encode_text.h"

namespace edgebert::cli {
namespace {

struct EnvmFlags {
  ModelFlags model;
  std::string task = "sst2";
  std::string data;
  std::string split = "dev";
  std::string cells = "mlc2";
  std::string mask_cells = "slc";
  std::string coding = "binary";
  std::string index_stride = "1";
  std::string prune = "0";
  std::optional<std::filesystem::path> technology;
  std::optional<std::string> hardware;
  std::optional<std::string> csv;
  bool costs = false;
  std::optional<std::string> threshold;
  std::optional<int> max_tokens;
  int64_t seeds = 100;
  int64_t first_seed = 1;
  int threads = 1;
  std::optional<int64_t> faults;
  std::optional<std::string> region;
  bool json = false;
};

/// The flags, parsed.
struct EnvmRequest {
  EnvmLayout layout;
  bool no_random_access = false;  ///< --index-stride none
  double pruned_share = 0;
  Split split = Split::kDev;
  FaultStudyOptions study;
};

Result<EnvmRequest> ParseFlags(const EnvmFlags& flags) {
  EnvmRequest request;
  EDGEBERT_ASSIGN_OR_RETURN(request.layout.value_cells, ParseCellKind(flags.cells));
  EDGEBERT_ASSIGN_OR_RETURN(request.layout.mask_cells, ParseCellKind(flags.mask_cells));
  EDGEBERT_ASSIGN_OR_RETURN(request.layout.coding, ParseLevelCoding(flags.coding));
  if (flags.index_stride == "none") {
    request.no_random_access = true;
  } else {
    const Result<double> stride = ParseFiniteNumber(flags.index_stride);
    if (!stride.ok() || *stride < 1 || *stride > 1e9 || *stride != std::floor(*stride)) {
      return InvalidArgument(fmt::format("--index-stride {}: expected a number of rows or 'none'",
                                         flags.index_stride));
    }
    request.layout.index_stride = static_cast<int64_t>(*stride);
  }
  const Result<double> percent = ParseFiniteNumber(flags.prune);
  if (!percent.ok() || *percent < 0 || *percent > 100) {
    return InvalidArgument(fmt::format("--prune {}: expected a percentage, 0 to 100", flags.prune));
  }
  request.pruned_share = *percent / 100;
  EDGEBERT_ASSIGN_OR_RETURN(request.split, ParseSplit(flags.task, flags.split));
  if (flags.region) {
    if (!flags.faults) {
      return InvalidArgument("--region goes with --faults");
    }
    EDGEBERT_ASSIGN_OR_RETURN(request.study.region, ParseEnvmRegion(*flags.region));
  }
  if (flags.threshold) {
    EDGEBERT_ASSIGN_OR_RETURN(request.study.threshold_nats, ParseThreshold(*flags.threshold));
  }
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
  EDGEBERT_RETURN_IF_ERROR(CheckFlagRange("--seeds", flags.seeds, 1, 1'000'000));
  EDGEBERT_RETURN_IF_ERROR(CheckFlagRange("--first-seed", flags.first_seed, 0, kMost));
  EDGEBERT_RETURN_IF_ERROR(CheckFlagRange("--threads", flags.threads, 1, kMostThreads));
  if (flags.max_tokens) {
    EDGEBERT_RETURN_IF_ERROR(
        CheckFlagRange("--max-tokens", *flags.max_tokens, kFewestTokens, kMaxPositions));
  }
  if (flags.faults) {
    EDGEBERT_RETURN_IF_ERROR(CheckFlagRange("--faults", *flags.faults, 0, kMost));
    request.study.faults = static_cast<uint64_t>(*flags.faults);
  }
  request.study.seeds = static_cast<size_t>(flags.seeds);
  request.study.first_seed = static_cast<uint64_t>(flags.first_seed);
  request.study.threads = flags.threads;
  request.study.max_tokens = flags.max_tokens;
  return request;
}

OrderedJson StorageJson(const EnvmTable& table, const EnvmTechnology& technology) {
  OrderedJson storage;
  for (const EnvmRegion region : {EnvmRegion::kMask, EnvmRegion::kValues, EnvmRegion::kIndex}) {
    const EnvmRegionSize& size = table.size(region);
    const auto cells = static_cast<double>(size.cells());
    storage[std::string(EnvmRegionName(region))] = {
        {"cells", CellKindName(table.layout().CellsOf(region))},
        {"bits", size.bits()},
        {"num_cells", size.cells()},
        {"arrays", std::ceil(cells / technology.reram.array_cells.value)}};
  }
  return storage;
}

void PrintStorage(const EnvmTable& table, const EnvmTechnology& technology) {
  fmt::print("{:8} {:>6} {:>12} {:>12} {:>7}\n", "region", "cells", "bits", "cells", "arrays");
  for (const EnvmRegion region : {EnvmRegion::kMask, EnvmRegion::kValues, EnvmRegion::kIndex}) {
    const EnvmRegionSize& size = table.size(region);
    fmt::print("{:8} {:>6} {:>12} {:>12} {:>7}\n", EnvmRegionName(region),
               CellKindName(table.layout().CellsOf(region)), size.bits(), size.cells(),
               std::ceil(static_cast<double>(size.cells()) / technology.reram.array_cells.value));
  }
  fmt::print("{:8} {:>6} {:>12} {:>12}  {:.3f} MB, {:.1f} % index\n", "all", "", table.bits(),
             table.cells(), static_cast<double>(table.bits()) / 8 / (1 << 20),
             100 * static_cast<double>(table.size(EnvmRegion::kIndex).bits()) /
                 static_cast<double>(table.bits()));
}

double MeanOf(const FaultStudy& study, size_t (*figure)(const FaultTrial&)) {
  double sum = 0;
  for (const FaultTrial& trial : study.trials) {
    sum += static_cast<double>(figure(trial));
  }
  return sum / static_cast<double>(study.trials.size());
}

double MeanFaults(const FaultStudy& study) {
  return MeanOf(study, [](const FaultTrial& trial) { return trial.total_faults(); });
}
double MeanSentences(const FaultStudy& study) {
  return MeanOf(study, [](const FaultTrial& trial) { return trial.sentences_touched; });
}
double MeanChanged(const FaultStudy& study) {
  return MeanOf(study, [](const FaultTrial& trial) { return trial.answers_changed; });
}
size_t TrialsChanged(const FaultStudy& study) {
  return static_cast<size_t>(std::ranges::count_if(
      study.trials, [](const FaultTrial& trial) { return trial.answers_changed > 0; }));
}

OrderedJson StudyJson(const FaultStudy& study, double wall_s) {
  OrderedJson accuracies = OrderedJson::array();
  for (const FaultTrial& trial : study.trials) {
    accuracies.push_back(study.Accuracy(trial.correct));
  }
  return {{"examples", study.examples},
          {"threshold_nats", study.threshold_nats},
          {"seeds", study.trials.size()},
          {"fault_free_accuracy", study.fault_free_accuracy()},
          {"mean_accuracy", study.MeanAccuracy()},
          {"accuracy_deviation", study.AccuracyDeviation()},
          {"min_accuracy", study.Accuracy(study.FewestCorrect())},
          {"max_accuracy", study.Accuracy(study.MostCorrect())},
          {"mean_faults", MeanFaults(study)},
          {"mean_sentences_touched", MeanSentences(study)},
          {"mean_answers_changed", MeanChanged(study)},
          {"seeds_with_changed_answers", TrialsChanged(study)},
          {"accuracies", accuracies},
          {"wall_s", wall_s}};
}

void PrintStudy(const EnvmFlags& flags, const FaultStudy& study, double wall_s) {
  fmt::print("\n{} {}, {} examples, early exit at {:.4g} nats, {} seeds from {}{}\n", flags.task,
             flags.split, study.examples, study.threshold_nats, study.trials.size(),
             flags.first_seed,
             flags.faults ? fmt::format(", given {} faults{}", *flags.faults,
                                        flags.region ? " in the " + *flags.region : "")
                          : "");
  fmt::print("  without faults   {:.2f} %\n", study.fault_free_accuracy() * 100);
  fmt::print("  with faults      mean {:.3f} %, deviation {:.3f}, least {:.2f} %, most {:.2f} %\n",
             study.MeanAccuracy() * 100, study.AccuracyDeviation() * 100,
             study.Accuracy(study.FewestCorrect()) * 100,
             study.Accuracy(study.MostCorrect()) * 100);
  fmt::print("  a seed, mean     {:.4g} faults, {:.4g} sentences touched, {:.4g} answers changed\n",
             MeanFaults(study), MeanSentences(study), MeanChanged(study));
  fmt::print("  answers changed  with {} of {} seeds\n", TrialsChanged(study), study.trials.size());
  fmt::print("  this CPU         {:.1f} s\n", wall_s);
}

Result<Model> LoadPruned(const EnvmFlags& flags, double pruned_share) {
  EDGEBERT_ASSIGN_OR_RETURN(const std::filesystem::path path, flags.model.Path());
  EDGEBERT_ASSIGN_OR_RETURN(Model model, flags.model.Read());
  if (const Status status = PruneWordEmbedding(pruned_share, model); !status.ok()) {
    return status.WithContext(path.string());
  }
  return model;
}

Result<EnvmCosts> ComputeCosts(const EnvmFlags& flags, const Model& model, const EnvmTable& table,
                               const EnvmTechnology& technology) {
  EDGEBERT_ASSIGN_OR_RETURN(const HardwareDescription hardware,
                            flags.hardware ? LoadHardware(*flags.hardware) : DefaultHardware());
  EDGEBERT_ASSIGN_OR_RETURN(EnvmCosts costs,
                            EnvmCosts::Compute(model, table, technology, hardware));
  if (flags.csv) {
    EDGEBERT_RETURN_IF_ERROR(costs.WriteCsv(*flags.csv));
  }
  return costs;
}

int Envm(const EnvmFlags& flags) {
  Result<EnvmRequest> request = ParseFlags(flags);
  if (!request.ok()) {
    return Fail(request.status(), kUsageError);
  }
  const Result<EnvmTechnology> technology = LoadEnvmTechnology(flags.technology);
  const Result<EnvmFaultModel> faults =
      technology.ok() ? technology->FaultModel() : technology.status();
  if (!faults.ok()) {
    return Fail(faults.status());
  }
  Result<Model> model = LoadPruned(flags, request->pruned_share);
  if (!model.ok()) {
    return Fail(model.status());
  }
  if (request->no_random_access) {
    request->layout.index_stride = model->config.vocabulary_size;
  }
  const Result<EnvmTable> table = StoreWordEmbedding(*model, request->layout);
  if (!table.ok()) {
    return Fail(table.status(), kUsageError);
  }
  const auto expected = faults->Expected(*table);
  const double expected_faults = expected[0] + expected[1] + expected[2];

  std::optional<EnvmCosts> costs;
  if (flags.costs || flags.csv) {
    Result<EnvmCosts> computed = ComputeCosts(flags, *model, *table, *technology);
    if (!computed.ok()) {
      return Fail(computed.status());
    }
    costs = *std::move(computed);
  }

  std::optional<FaultStudy> study;
  const auto start = std::chrono::steady_clock::now();
  if (!flags.data.empty()) {
    const Result<std::vector<LabelledText>> examples =
        LoadTask(flags.task, flags.data, request->split);
    if (!examples.ok()) {
      return Fail(examples.status());
    }
    ProgressBar bar("envm");
    Result<FaultStudy> result = StudyFaults(*std::move(model), request->layout, *faults, *examples,
                                            request->study, [&bar](size_t done, size_t total) {
                                              bar.Update(done, total);
                                              return true;
                                            });
    if (!result.ok()) {
      return Fail(result.status());
    }
    study = *std::move(result);
  }
  const double wall_s =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();

  if (flags.json) {
    OrderedJson object = {
        {"cells", flags.cells},
        {"mask_cells", flags.mask_cells},
        {"coding", flags.coding},
        {"index_stride", request->layout.index_stride},
        {"pruned_share", request->pruned_share},
        {"rows", table->rows()},
        {"width", table->width()},
        {"storage", StorageJson(*table, *technology)},
        {"expected_faults", expected_faults},
        {"given_faults", flags.faults ? OrderedJson(*flags.faults) : OrderedJson()},
        {"region", flags.region ? OrderedJson(*flags.region) : OrderedJson()}};
    if (costs) {
      object.update(costs->ToJson());
    }
    if (study) {
      object.update(StudyJson(*study, wall_s));
    }
    PrintJsonLine(object);
    return kSuccess;
  }
  fmt::print(
      "word embedding {} × {}, {:.1f} % pruned, {} levels, an index entry for every {} rows\n",
      table->rows(), table->width(), request->pruned_share * 100, flags.coding,
      request->layout.index_stride);
  PrintStorage(*table, *technology);
  fmt::print("expected  {:.4g} misread cells\n", expected_faults);
  if (costs) {
    costs->Print();
  }
  if (study) {
    PrintStudy(flags, *study, wall_s);
  }
  return kSuccess;
}

}  // namespace

void AddEnvmCommand(CLI::App& app, Action& action) {
  auto flags = std::make_shared<EnvmFlags>();
  CLI::App* command = app.add_subcommand(
      "envm",
      "The word embedding in resistive memory: its size in cells, and accuracy when cells "
      "are misread");
  flags->model.AddTo(*command);
  command->add_option("--cells", flags->cells, "Cells of the values: slc, mlc2 or mlc3 [mlc2]")
      ->type_name("KIND");
  command->add_option("--mask-cells", flags->mask_cells, "Cells of bitmask and row index [slc]")
      ->type_name("KIND");
  command
      ->add_option("--coding", flags->coding, "Which bits a level holds: binary or gray [binary]")
      ->type_name("NAME");
  command
      ->add_option("--index-stride", flags->index_stride,
                   "Rows that share an entry of the row index; 'none' keeps one for all [1]")
      ->type_name("N");
  command
      ->add_option("--prune", flags->prune,
                   "Set this percentage of the embedding, the smallest in magnitude, to zero [0]")
      ->type_name("PERCENT");
  command->add_option("--technology", flags->technology, "ReRAM cells (YAML) [built in]")
      ->type_name("FILE");
  command->add_flag("--costs", flags->costs,
                    "Energy, latency and area of embedding and weights in ReRAM, SRAM and DRAM");
  command
      ->add_option("--csv", flags->csv,
                   "Write their energy an hour by sentences an hour to a file; implies --costs")
      ->type_name("FILE");
  command->add_option("--hardware", flags->hardware, "Accelerator description (YAML) [built in]")
      ->type_name("FILE");
  command
      ->add_option("--data", flags->data,
                   "Inject faults and classify this labelled data: the folder with the task's "
                   "files, or the one above it")
      ->type_name("DIR");
  command->add_option("--task", flags->task, "Task of the data [sst2]")->type_name("NAME");
  command->add_option("--split", flags->split, "dev or test [dev]")->type_name("NAME");
  command->add_option("--seeds", flags->seeds, "Trials, each with its own faults [100]")
      ->type_name("N");
  command->add_option("--first-seed", flags->first_seed, "Seed of the first trial [1]")
      ->type_name("N");
  command
      ->add_option("--faults", flags->faults,
                   "Exactly so many misread cells a trial, instead of as many as happen")
      ->type_name("K");
  command->add_option("--region", flags->region, "With --faults: only in mask, values or index")
      ->type_name("NAME");
  command->add_option("--threshold", flags->threshold, "Exit threshold [the model's]")
      ->type_name("NATS");
  command->add_option("--max-tokens", flags->max_tokens, "Truncate longer texts")->type_name("N");
  command->add_option("--threads", flags->threads, "Trials at the same time [1]")->type_name("N");
  command->add_flag("--json", flags->json, "One JSON object");
  command->callback([flags, &action] { action = [flags] { return Envm(*flags); }; });
}

}  // namespace edgebert::cli
