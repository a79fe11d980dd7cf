#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "edgebert/base/file.h"
#include "edgebert/bench/against.h"
#include "edgebert/bench/comparison.h"
#include "edgebert/bench/host_info.h"
#include "edgebert/bench/measurement.h"
#include "edgebert/bench/peers.h"
#include "edgebert/bench/report.h"
#include "edgebert/cli/bench_flags.h"
#include "edgebert/cli/command.h"
#include "edgebert/cli/json.h"
#include "edgebert/cli/progress_bar.h"
#include "edgebert/cli/this_program.h"

namespace edgebert::cli {
namespace {

namespace fs = std::filesystem;

void PrintNotice(const std::string& text) { fmt::print(stderr, "{}\n", text); }

/// Prints rows as they come and keeps them for the files.
class RowSink {
 public:
  /// Fails where a file of --csv or --plot cannot be written, before anything is measured.
  static Result<RowSink> Create(const BenchFlags& flags, std::string baseline) {
    RowSink sink(flags, std::move(baseline));
    for (const auto& [path, file] :
         {std::pair(&flags.csv, &sink.csv_), {&flags.plot, &sink.plot_}}) {
      if (*path) {
        EDGEBERT_ASSIGN_OR_RETURN(AtomicFile created, AtomicFile::Create(**path));
        file->emplace(std::move(created));
      }
    }
    return sink;
  }

  Status Measure(std::span<const Contender> contenders, const Workload& workload, size_t baseline) {
    ProgressBar bar(workload.name);
    const auto measured = MeasureInterleaved(contenders, workload, {.rounds = flags_.rounds},
                                             [&bar](size_t done, size_t total) {
                                               bar.Update(done, total);
                                               return true;
                                             });
    EDGEBERT_RETURN_IF_ERROR(measured.status());
    for (size_t i = 0; i < contenders.size(); ++i) {
      if (const Status& status = (*measured)[i].status; !status.ok()) {
        PrintNotice(fmt::format("{} stopped on {}: {}", contenders[i].name, workload.name,
                                status.message()));
      }
    }
    const std::vector<BenchRow> rows =
        MakeRows(contenders, *measured, workload, baseline, flags_.threads());
    if (flags_.json) {
      for (const BenchRow& row : rows) {
        fmt::print("{}\n", RowJson(row, baseline_));
      }
    } else {
      fmt::print("\n{}", RowsTable(rows, baseline_));
    }
    rows_.insert(rows_.end(), rows.begin(), rows.end());
    return FlushOutput();
  }

  /// Writes --csv and --plot.
  Status WriteFiles() {
    if (csv_) {
      EDGEBERT_RETURN_IF_ERROR(csv_->Write(RowsCsv(rows_, baseline_)));
      EDGEBERT_RETURN_IF_ERROR(csv_->Commit());
    }
    if (plot_) {
      EDGEBERT_RETURN_IF_ERROR(plot_->Write(TimePlot(rows_)));
      return plot_->Commit();
    }
    return OkStatus();
  }

 private:
  RowSink(const BenchFlags& flags, std::string baseline)
      : flags_(flags), baseline_(std::move(baseline)) {}

  const BenchFlags& flags_;
  std::string baseline_;
  std::optional<AtomicFile> csv_;
  std::optional<AtomicFile> plot_;
  std::vector<BenchRow> rows_;
};

void PrintHeader(const BenchFlags& flags, const WorkerRuntime& own) {
  if (flags.json) {
    return;
  }
  const HostInfo host = ReadHostInfo();
  fmt::print("{}{}, {} thread{} on CPU {}, commit {}\n", host.cpu,
             host.clock_mhz ? fmt::format(" at {:.0f} MHz", *host.clock_mhz) : "", flags.threads(),
             flags.threads() == 1 ? "" : "s", fmt::join(flags.Cpus(), ","), host.commit);
  fmt::print("edgebert: {}, {}, loaded in {:.1f} ms\n", own.info().precision, own.info().isa,
             own.info().load_ms);
}

/// What a user waits for at first: the time of the first sentence behind loading.
Status PrintColdStart(const BenchFlags& flags, const fs::path& program, const Workload& workload) {
  EDGEBERT_ASSIGN_OR_RETURN(const ProcessOptions process, flags.WorkerOf(program));
  std::vector<double> loads;
  std::vector<double> firsts;
  uint64_t peak = 0;
  for (int round = 0; round < flags.rounds; ++round) {
    EDGEBERT_ASSIGN_OR_RETURN(WorkerRuntime fresh, WorkerRuntime::Start(process));
    EDGEBERT_ASSIGN_OR_RETURN(const RunReply reply,
                              fresh.Run({.sentences = std::span(workload.sentences).first(1)}));
    loads.push_back(fresh.info().load_ms);
    firsts.push_back(reply.milliseconds[0]);
    peak = std::max(peak, reply.peak_bytes);
  }
  if (flags.json) {
    PrintJsonLine({{"runtime", "edgebert"},
                   {"workload", "cold-start"},
                   {"load_ms", Median(loads)},
                   {"first_sentence_ms", Median(firsts)},
                   {"peak_bytes", peak}});
  } else {
    fmt::print("cold start: load {:.1f} ms, first sentence ({} tokens) {:.2f} ms, peak {:.1f} MB\n",
               Median(loads), workload.sentences[0].ids.size(), Median(firsts),
               static_cast<double>(peak) * 1e-6);
  }
  return OkStatus();
}

/// Where a sentence's time goes, with every operation timed. What decoding takes is what products
/// from codes take longer than those of `decoded`, a worker whose weights lie in memory as 16-bit
/// numbers.
Status PrintPhases(const BenchFlags& flags, WorkerRuntime& own, WorkerRuntime* decoded,
                   const Workload& workload, bool exits) {
  const RunRequest request{.sentences = workload.sentences, .exits = exits, .phases = true};
  std::map<std::string, std::vector<double>> times;  // [rounds]
  for (int round = 0; round < flags.rounds; ++round) {
    EDGEBERT_ASSIGN_OR_RETURN(const RunReply reply, own.Run(request));
    for (const auto& [name, time] : reply.phases_ms) {
      times[name].push_back(time);
    }
    times["all"].push_back(
        std::accumulate(reply.milliseconds.begin(), reply.milliseconds.end(), 0.0));
    if (decoded != nullptr) {
      EDGEBERT_ASSIGN_OR_RETURN(const RunReply without, decoded->Run(request));
      times["decode"].push_back(reply.phases_ms.at("matmul") - without.phases_ms.at("matmul"));
    }
  }
  std::map<std::string, double> phases;
  for (auto& [name, rounds] : times) {
    phases[name] = std::max(0.0, Median(std::move(rounds)));
  }
  const double total = phases["all"];
  phases.erase("all");
  if (decoded != nullptr) {
    phases["matmul"] -= phases["decode"];
  }
  OrderedJson shares = OrderedJson::object();
  double accounted = 0;
  for (const auto& [name, time] : phases) {
    shares[name] = time / total;
    accounted += time;
  }
  shares["other"] = std::max(0.0, total - accounted) / total;
  if (flags.json) {
    PrintJsonLine({{"runtime", "edgebert"},
                   {"workload", workload.name},
                   {"exits", exits},
                   {"shares", shares}});
    return OkStatus();
  }
  fmt::print("{}{}: ", workload.name, exits ? ", exits" : "");
  for (const auto& [name, share] : shares.items()) {
    fmt::print(" {} {:.1f} %", name, share.get<double>() * 100);
  }
  fmt::print("\n");
  return OkStatus();
}

std::vector<std::string> LengthWorkloads(const ModelConfig& config) {
  std::vector<std::string> names;
  for (int tokens = 4; tokens <= std::min(config.max_positions, 512); tokens *= 2) {
    names.push_back(fmt::format("tokens-{}", tokens));
  }
  return names;
}

Status BenchOwn(const BenchFlags& flags, const Model& model, const fs::path& program) {
  EDGEBERT_ASSIGN_OR_RETURN(RowSink sink, RowSink::Create(flags, "edgebert"));
  EDGEBERT_ASSIGN_OR_RETURN(const std::vector<Workload> workloads,
                            flags.Workloads(model, LengthWorkloads(model.config)));
  EDGEBERT_ASSIGN_OR_RETURN(const ProcessOptions process, flags.WorkerOf(program));
  EDGEBERT_ASSIGN_OR_RETURN(WorkerRuntime own, WorkerRuntime::Start(process));
  EDGEBERT_ASSIGN_OR_RETURN(WorkerRuntime again, WorkerRuntime::Start(process));
  std::optional<WorkerRuntime> decoded;
  if (own.info().precision == "af8" && *flags.engine.Storage() == WeightStorage::kCodes) {
    EDGEBERT_ASSIGN_OR_RETURN(const ProcessOptions int16, flags.WorkerOf(program, "int16"));
    EDGEBERT_ASSIGN_OR_RETURN(decoded, WorkerRuntime::Start(int16));
  }
  PrintHeader(flags, own);
  EDGEBERT_RETURN_IF_ERROR(PrintColdStart(flags, program, workloads[0]));
  for (const Workload& workload : workloads) {
    std::vector<Contender> contenders = {
        {"edgebert", &own}, {"edgebert again", &again}, {"edgebert", &own, true}};
    if (workload.batch == 1 && !workload.sentences[0].text.empty()) {
      contenders.push_back({"edgebert", &own, false, true});
      contenders.push_back({"edgebert", &own, true, true});
    }
    EDGEBERT_RETURN_IF_ERROR(sink.Measure(contenders, workload, 0));
    for (const bool exits : {false, true}) {
      EDGEBERT_RETURN_IF_ERROR(
          PrintPhases(flags, own, decoded ? &*decoded : nullptr, workload, exits));
    }
  }
  return sink.WriteFiles();
}

Status BenchAgainst(const BenchFlags& flags, const Model& model, const fs::path& program) {
  EDGEBERT_ASSIGN_OR_RETURN(const std::vector<Workload> workloads,
                            flags.Workloads(model, {"tokens-128"}));
  EDGEBERT_ASSIGN_OR_RETURN(
      const OtherBuild other,
      BuildCommit(flags.source, *flags.against, CacheFolder("against"), PrintNotice));
  EDGEBERT_ASSIGN_OR_RETURN(const ProcessOptions process, flags.WorkerOf(program));
  EDGEBERT_ASSIGN_OR_RETURN(const ProcessOptions other_process, flags.WorkerOf(other.program));
  Result<WorkerRuntime> theirs = WorkerRuntime::Start(other_process);
  if (!theirs.ok()) {
    return theirs.status().WithContext(fmt::format(
        "{} cannot be measured (commits before `bench` cannot)", other.commit.substr(0, 12)));
  }
  EDGEBERT_ASSIGN_OR_RETURN(WorkerRuntime own, WorkerRuntime::Start(process));
  EDGEBERT_ASSIGN_OR_RETURN(WorkerRuntime again, WorkerRuntime::Start(process));
  PrintHeader(flags, own);
  const std::string name = other.commit.substr(0, 12);
  EDGEBERT_ASSIGN_OR_RETURN(RowSink sink, RowSink::Create(flags, name));
  for (const Workload& workload : workloads) {
    const std::vector<Contender> contenders = {{name, &*theirs},
                                               {"edgebert", &own},
                                               {"edgebert again", &again},
                                               {name, &*theirs, true},
                                               {"edgebert", &own, true}};
    EDGEBERT_RETURN_IF_ERROR(sink.Measure(contenders, workload, 0));
  }
  return sink.WriteFiles();
}

/// --peers, or the folder in the sources or the installation that the program belongs to.
Result<fs::path> PeerScripts(const BenchFlags& flags, const fs::path& program) {
  if (flags.peers) {
    return fs::path(*flags.peers);
  }
  std::error_code error;
  for (fs::path folder = program; folder.has_relative_path();) {
    folder = folder.parent_path();
    for (const char* candidate : {"bench/peers", "share/edgebert/peers"}) {
      if (fs::exists(folder / candidate / "requirements.txt", error)) {
        return folder / candidate;
      }
    }
  }
  return NotFound("bench/peers is in no folder above the program: name it with --peers DIR");
}

Status BenchCompare(const BenchFlags& flags, const Model& model, const fs::path& program) {
  EDGEBERT_ASSIGN_OR_RETURN(RowSink sink, RowSink::Create(flags, "onnxruntime_int8"));
  EDGEBERT_ASSIGN_OR_RETURN(const std::vector<Workload> workloads,
                            flags.Workloads(model, {"tokens-128"}));
  PeerOptions options;
  EDGEBERT_ASSIGN_OR_RETURN(options.scripts, PeerScripts(flags, program));
  options.venv = flags.peers_venv ? fs::path(*flags.peers_venv) : CacheFolder("peers");
  options.cache = CacheFolder("models");
  options.threads = flags.threads();
  options.cpus = flags.Cpus();
  options.mask_avx2 = flags.mask_avx2;
  EDGEBERT_ASSIGN_OR_RETURN(const Peers peers, Peers::Create(options, PrintNotice));

  EDGEBERT_ASSIGN_OR_RETURN(const ProcessOptions process, flags.WorkerOf(program));
  EDGEBERT_ASSIGN_OR_RETURN(WorkerRuntime own, WorkerRuntime::Start(process));
  EDGEBERT_ASSIGN_OR_RETURN(WorkerRuntime again, WorkerRuntime::Start(process));
  PrintHeader(flags, own);
  ComparisonOptions comparison;
  comparison.trial = workloads[0];
  EDGEBERT_ASSIGN_OR_RETURN(comparison.calibration, flags.Calibration(model));
  EDGEBERT_ASSIGN_OR_RETURN(const RunReply early,
                            own.Run({.sentences = workloads[0].sentences, .exits = true}));
  Measured answers;
  answers.exit_layers = early.exit_layers;
  comparison.cut_layer = NearestOffRamp(model.config, MeanExitLayer(answers).value_or(0));
  EDGEBERT_ASSIGN_OR_RETURN(PeerSet set, StartPeers(peers, model, comparison, PrintNotice));
  if (!set.int8_baseline) {
    PrintNotice("no ratios: ONNX Runtime int8 does not run here");
  }

  std::vector<Contender> contenders = {
      {"edgebert", &own}, {"edgebert again", &again}, {"edgebert", &own, true}};
  // Processors with tiles are still few: what the others would do is of interest beside it.
  std::optional<WorkerRuntime> without_tiles;
  if (own.info().isa == "amx") {
    constexpr char kIsa[] = "avx512vnni";
    EDGEBERT_ASSIGN_OR_RETURN(const ProcessOptions vectors,
                              flags.WorkerOf(program, std::nullopt, kIsa));
    EDGEBERT_ASSIGN_OR_RETURN(without_tiles, WorkerRuntime::Start(vectors));
    contenders.push_back({fmt::format("edgebert {}", kIsa), &*without_tiles});
  }
  const size_t baseline = contenders.size() + set.int8_baseline.value_or(set.contenders.size());
  contenders.insert(contenders.end(), set.contenders.begin(), set.contenders.end());
  for (const Workload& workload : workloads) {
    EDGEBERT_RETURN_IF_ERROR(sink.Measure(contenders, workload, baseline));
  }
  return sink.WriteFiles();
}

int Bench(const BenchFlags& flags) {
  if (const Status status = flags.Check(); !status.ok()) {
    return Fail(status, kUsageError);
  }
  const Result<fs::path> program = ThisProgram();
  const Result<Model> model = flags.model.Read();
  for (const Status& status : {program.status(), model.status()}) {
    if (!status.ok()) {
      return Fail(status);
    }
  }
  const Status status = flags.compare   ? BenchCompare(flags, *model, *program)
                        : flags.against ? BenchAgainst(flags, *model, *program)
                                        : BenchOwn(flags, *model, *program);
  return status.ok() ? kSuccess : Fail(status);
}

}  // namespace

void AddBenchCommand(CLI::App& app, Action& action) {
  auto flags = std::make_shared<BenchFlags>();
  CLI::App* command = app.add_subcommand(
      "bench", "Time this engine, beside other runtimes or another commit if asked");
  flags->AddTo(*command);
  command->callback([flags, &action] { action = [flags] { return Bench(*flags); }; });
}

}  // namespace edgebert::cli
