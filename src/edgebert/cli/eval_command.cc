#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "edgebert/cli/command.h"
#include "edgebert/cli/energy_table.h"
#include "edgebert/cli/flags.h"
#include "edgebert/cli/host_flags.h"
#include "edgebert/cli/json.h"
#include "edgebert/cli/progress_bar.h"
#include "edgebert/model/compression_statistics.h"
#include "edgebert/pipeline/evaluation.h"

namespace edgebert::cli {
namespace {

using nlohmann::literals::operator""_json_pointer;

constexpr int kLabelWidth = 17;

struct EvalFlags {
  ClassifierFlags classifier;
  HostFlags host;
  std::string task;
  std::string data;
  std::string split = "dev";
  bool json = false;
};

EnergyReport ReportOf(const Evaluation& evaluation, const Classifier& classifier) {
  return {classifier.options().boundary, evaluation.account, evaluation.conventional_account,
          evaluation.energy_range, classifier.model().costs().weights()};
}

void PrintTable(const EvalFlags& flags, const Evaluation& evaluation, const Classifier& classifier,
                double wall_s) {
  fmt::print("{} {}, {} examples, policy {}, threshold {:.4g} nats\n", flags.task, flags.split,
             evaluation.examples, PolicyName(classifier.options().policy),
             classifier.threshold_nats());
  fmt::print("  accuracy         {:.2f} %  (full depth {:.2f} %)\n", evaluation.accuracy * 100,
             evaluation.full_depth_accuracy * 100);
  fmt::print("  mean exit layer  {:.3f} of {}\n", evaluation.mean_exit_layer,
             evaluation.exit_histogram.size());
  fmt::print("  exits by layer   {}\n", fmt::join(evaluation.exit_histogram, " "));
  fmt::print("  latency          p50 {:.3f} ms, p99 {:.3f} ms, longest {:.3f} ms; {} missed\n",
             evaluation.latency_p50.value() * 1e3, evaluation.latency_p99.value() * 1e3,
             evaluation.latency_max.value() * 1e3, evaluation.missed);
  if (evaluation.infeasible > 0) {
    fmt::print("  infeasible       {} sentences cannot meet the target at full depth\n",
               evaluation.infeasible);
  }
  fmt::print("{}", FormatEnergy(ReportOf(evaluation, classifier), kLabelWidth));
  fmt::print(
      "  this CPU         p50 {:.2f} ms, p99 {:.2f} ms measured; all layers {:.2f} and {:.2f} ms\n",
      evaluation.measured_p50.value() * 1e3, evaluation.measured_p99.value() * 1e3,
      evaluation.measured_full_depth_p50.value() * 1e3,
      evaluation.measured_full_depth_p99.value() * 1e3);
  fmt::print("                   {:.1f} s for everything, all layers of every sentence\n", wall_s);
}

/// What the model file says of the teacher's accuracy on exactly these examples, if it does.
std::optional<double> TeacherAccuracy(const std::string& provenance,
                                      std::span<const LabelledText> examples) {
  const std::string fingerprint = fmt::format("{:016x}", FingerprintOf(examples));
  const OrderedJson json = OrderedJson::parse(provenance, nullptr, false);
  const OrderedJson splits = json.is_object()
                                 ? json.value("/teacher/splits"_json_pointer, OrderedJson::array())
                                 : OrderedJson::array();
  for (const OrderedJson& split : splits) {
    if (split.is_object() && split.contains("fingerprint") && split["fingerprint"] == fingerprint &&
        split.contains("accuracy_by_off_ramp") && split["accuracy_by_off_ramp"].is_array() &&
        !split["accuracy_by_off_ramp"].empty() &&
        split["accuracy_by_off_ramp"].back().is_number()) {
      return split["accuracy_by_off_ramp"].back().get<double>();
    }
  }
  return std::nullopt;
}

/// A model that is ready, and how far it was compressed.
struct LoadedModel {
  std::shared_ptr<const ClassifierModel> model;
  CompressionStatistics compression;
};

Result<LoadedModel> LoadWithStatistics(const ClassifierFlags& flags) {
  EDGEBERT_ASSIGN_OR_RETURN(Model read, flags.model.Read());
  LoadedModel loaded{nullptr, ComputeCompression(read)};
  EDGEBERT_ASSIGN_OR_RETURN(loaded.model, flags.Prepare(std::move(read)));
  return loaded;
}

/// Adds what the model and its files are, beside how it does.
Status AddModelFigures(const EvalFlags& flags, const LoadedModel& loaded,
                       std::span<const LabelledText> examples, OrderedJson& object) {
  if (const auto accuracy = TeacherAccuracy(loaded.model->provenance(), examples)) {
    object["teacher_accuracy"] = *accuracy;
  }
  object["encoder_sparsity"] = loaded.compression.encoder_sparsity;
  object["embedding_sparsity"] = loaded.compression.embedding_sparsity;
  object["heads_off"] = loaded.compression.heads_off;
  EDGEBERT_ASSIGN_OR_RETURN(const ModelFiles files, flags.classifier.model.Files());
  object["file_bytes"] = files.bytes;
  if (files.base) {
    object["base_bytes"] = files.base->bytes;
  }
  return OkStatus();
}

OrderedJson ToJson(const EvalFlags& flags, const Evaluation& evaluation,
                   const Classifier& classifier, double wall_s) {
  OrderedJson object = {
      {"task", flags.task},
      {"split", flags.split},
      {"examples", evaluation.examples},
      {"accuracy", evaluation.accuracy},
      {"full_depth_accuracy", evaluation.full_depth_accuracy},
      {"mean_exit_layer", evaluation.mean_exit_layer},
      {"exit_histogram", evaluation.exit_histogram},
      {"threshold_nats", classifier.threshold_nats()},
      {"policy", PolicyName(classifier.options().policy)},
      {"arithmetic", ArithmeticName(classifier.model().encoder()->arithmetic())},
      {"latency_p50_s", evaluation.latency_p50.value()},
      {"latency_p99_s", evaluation.latency_p99.value()},
      {"misses", evaluation.missed},
      {"infeasible", evaluation.infeasible},
  };
  AddEnergy(ReportOf(evaluation, classifier), object);
  object["measured_p50_s"] = evaluation.measured_p50.value();
  object["measured_p99_s"] = evaluation.measured_p99.value();
  object["measured_full_depth_p50_s"] = evaluation.measured_full_depth_p50.value();
  object["measured_full_depth_p99_s"] = evaluation.measured_full_depth_p99.value();
  object["wall_s"] = wall_s;
  return object;
}

int Eval(const EvalFlags& flags) {
  const Result<ClassifierOptions> options = flags.classifier.Options();
  const Result<Split> split = ParseSplit(flags.task, flags.split);
  const auto arithmetic = flags.classifier.ParsedArithmetic();
  const Status host_flags =
      flags.host.Check(options.ok() ? options->policy : ClassifierOptions().policy);
  for (const Status& status : {options.status(), split.status(), arithmetic.status(), host_flags}) {
    if (!status.ok()) {
      return Fail(status, kUsageError);
    }
  }
  const Result<std::vector<LabelledText>> examples = LoadTask(flags.task, flags.data, *split);
  if (!examples.ok()) {
    return Fail(examples.status());
  }
  const Result<LoadedModel> loaded = LoadWithStatistics(flags.classifier);
  if (!loaded.ok()) {
    return Fail(loaded.status());
  }
  const std::shared_ptr<const ClassifierModel>& model = loaded->model;
  if (const auto max_tokens = ResolveMaxTokens(options->max_tokens, model->config());
      !max_tokens.ok()) {
    return Fail(max_tokens.status().WithContext("--max-tokens"), kUsageError);
  }
  Result<Classifier> classifier = Classifier::Create(model, *options);
  if (!classifier.ok()) {
    return Fail(classifier.status());
  }
  const auto start = std::chrono::steady_clock::now();
  Result<Evaluation> evaluation = Internal("not evaluated");
  {
    ProgressBar bar("eval");
    evaluation = Evaluate(model, *options, *examples, [&bar](size_t done, size_t total) {
      bar.Update(done, total);
      return true;
    });
  }
  if (!evaluation.ok()) {
    return Fail(evaluation.status());
  }
  const double wall_s =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  const std::unique_ptr<HostRunner> host = flags.host.NewRunner();
  std::optional<HostEvaluation> on_host;
  if (host) {
    ProgressBar bar("host");
    const Result<HostEvaluation> measured =
        host->Evaluate(*classifier, *examples, [&bar](size_t done, size_t total) {
          bar.Update(done, total);
          return true;
        });
    if (!measured.ok()) {
      return Fail(measured.status().WithContext("--drive-host"));
    }
    on_host = *measured;
  }
  if (flags.json) {
    OrderedJson object = ToJson(flags, *evaluation, *classifier, wall_s);
    if (const Status status = AddModelFigures(flags, *loaded, *examples, object); !status.ok()) {
      return Fail(status);
    }
    if (on_host) {
      object["host"] = HostJson(*host, *on_host);
    }
    PrintJsonLine(object);
  } else {
    PrintTable(flags, *evaluation, *classifier, wall_s);
    if (on_host) {
      fmt::print("{}", FormatHost(*host, *on_host, kLabelWidth));
    }
  }
  return kSuccess;
}

}  // namespace

void AddEvalCommand(CLI::App& app, Action& action) {
  auto flags = std::make_shared<EvalFlags>();
  CLI::App* command =
      app.add_subcommand("eval", "Accuracy, exit layers, latency and energy on labelled data");
  command->add_option("--task", flags->task, "Task: sst2, qnli, qqp or mnli")
      ->required()
      ->type_name("NAME");
  command->add_option("--data", flags->data, "Folder with the task's files, or the one above it")
      ->required()
      ->type_name("DIR");
  command->add_option("--split", flags->split, "dev, or for sst2 also test [dev]")
      ->type_name("NAME");
  flags->classifier.AddTo(*command);
  flags->host.AddTo(*command);
  command->add_flag("--json", flags->json, "One JSON object");
  command->callback([flags, &action] { action = [flags] { return Eval(*flags); }; });
}

}  // namespace edgebert::cli
