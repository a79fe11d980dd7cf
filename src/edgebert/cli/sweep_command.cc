#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "edgebert/base/file.h"
#include "edgebert/cli/command.h"
#include "edgebert/cli/flags.h"
#include "edgebert/cli/progress_bar.h"
#include "edgebert/data/dataset.h"
#include "edgebert/pipeline/shape_model.h"
#include "edgebert/report/design_variants.h"
#include "edgebert/report/report.h"
#include "edgebert/report/sweep.h"
#ifdef EDGEBERT_HAS_MPI
#include "edgebert/mpi/mpi_team.h"
#endif

namespace edgebert::cli {
namespace {

constexpr int kTraceTokens = 128;
constexpr int kTraceLayers = 12;

struct SweepFlags {
  std::string out;
  std::vector<std::string> axes;
  std::optional<std::string> axes_file;
  ModelFlags model;
  std::string task = "sst2";
  std::optional<std::string> data;
  std::optional<std::string> trace;
  int classes = 2;
  int token_classes = 4;
  std::string boundary = "system";
  std::optional<std::string> hardware;
  std::optional<std::string> regulator;
  std::optional<std::string> transition_time;
  int threads = 0;
};

std::unique_ptr<SweepTeam> JoinTeam() {
#ifdef EDGEBERT_HAS_MPI
  return JoinMpiTeam();
#else
  return std::make_unique<SweepTeam>();
#endif
}

/// Sets those of --axis.
Status SetAxes(const SweepFlags& flags, SweepAxes& axes) {
  std::set<std::string> names;
  for (const std::string& axis : flags.axes) {
    EDGEBERT_RETURN_IF_ERROR(SetAxis(axis, axes).WithContext("sweep"));
    const std::string name = axis.substr(0, axis.find('='));
    if (!names.insert(name).second) {
      return InvalidArgument(fmt::format(
          "sweep: --axis {0} is given twice: all values stand in one, {0}=V1,V2,…", name));
    }
  }
  return OkStatus();
}

/// A model of ours on its task's sentences, or a published trace on the paper's shape.
Result<SweepSubject> LoadSubject(const SweepFlags& flags, int threads) {
  SweepSubject subject;
  EDGEBERT_ASSIGN_OR_RETURN(subject.boundary, ParseBoundary(flags.boundary));
  EDGEBERT_ASSIGN_OR_RETURN(
      subject.hardware, LoadHardwareFlags(flags.hardware, flags.regulator, flags.transition_time));
  subject.token_classes = flags.token_classes;
  if (flags.trace) {
    EDGEBERT_ASSIGN_OR_RETURN(subject.sentences,
                              LoadTrace(*flags.trace, flags.classes, kTraceTokens, kTraceLayers,
                                        std::nullopt, flags.task));
    subject.shape = AlbertBaseShape(kTraceLayers, flags.classes);
    return subject;
  }
  EDGEBERT_ASSIGN_OR_RETURN(const std::vector<LabelledText> examples,
                            LoadTask(flags.task, *flags.data, Split::kDev));
  EDGEBERT_ASSIGN_OR_RETURN(Model model, flags.model.Read());
  subject.shape = ShapeOf(model);
  subject.plan_on_record = true;
  ClassifierModelOptions options;
  options.hardware = subject.hardware;
  EDGEBERT_ASSIGN_OR_RETURN(const auto ready, ClassifierModel::Create(std::move(model), options));
  ProgressBar bar("sentences");
  EDGEBERT_ASSIGN_OR_RETURN(subject.sentences,
                            RecordSentences(*ready, flags.task + " dev", examples, threads,
                                            [&bar](size_t done, size_t total) {
                                              bar.Update(done, total);
                                              return true;
                                            }));
  return subject;
}

void PrintFront(const Sweep& sweep, const std::vector<SweepOutcome>& outcomes,
                const std::vector<size_t>& front) {
  if (front.empty()) {
    fmt::print("front: no design is possible; points.csv says why\n");
    return;
  }
  constexpr size_t kShown = 20;
  fmt::print("front: system energy at the supply against {}\n",
             outcomes[front.front()].accuracy >= 0 ? "accuracy" : "latency");
  fmt::print("  {:>9} {:>9} {:>11}  design\n", "µJ", "ms, mean", "accuracy %");
  for (size_t i = 0; i < std::min(kShown, front.size()); ++i) {
    const SweepOutcome& outcome = outcomes[front[i]];
    std::string design;
    const auto values = sweep.axes().At(front[i]);
    for (size_t axis = 0; axis < values.size(); ++axis) {
      if (sweep.axes().values[axis].size() > 1) {
        design += fmt::format(" {}={}", AxisNames()[axis], values[axis]);
      }
    }
    fmt::print("  {:>9.2f} {:>9.3f} {:>11} {}\n", outcome.system_supply_j * 1e6,
               outcome.latency_s * 1e3,
               outcome.accuracy >= 0 ? fmt::format("{:.2f}", outcome.accuracy * 100) : "-", design);
  }
  if (front.size() > kShown) {
    fmt::print("  … {} more in front.csv\n", front.size() - kShown);
  }
}

Status WriteTables(const Sweep& sweep, const std::vector<SweepOutcome>& outcomes,
                   const std::vector<size_t>& front, const std::filesystem::path& folder) {
  const std::string csv = SweepCsv(sweep, outcomes, front);
  EDGEBERT_RETURN_IF_ERROR(WriteFileAtomically(folder / "points.csv", csv));
  // The header and the rows of the front, in its order.
  std::vector<std::string_view> lines;
  for (size_t at = 0; at < csv.size();) {
    const size_t end = csv.find('\n', at);
    lines.push_back(std::string_view(csv).substr(at, end + 1 - at));
    at = end + 1;
  }
  std::string best(lines.front());
  for (const size_t point : front) {
    best += lines[point + 1];
  }
  return WriteFileAtomically(folder / "front.csv", best);
}

int RunCommand(const SweepFlags& flags) {
  const std::unique_ptr<SweepTeam> team = JoinTeam();
  const bool leads = team->rank() == 0;
  // Errors of usage and data are the same in every process: the first one tells.
  const auto fail = [&](const Status& status, int exit_status) {
    return leads ? Fail(status, exit_status) : exit_status;
  };
  SweepAxes axes = SweepAxes::Defaults();
  if (flags.axes_file) {
    if (const Status status = LoadAxes(*flags.axes_file, axes); !status.ok()) {
      return fail(status, kDataError);
    }
  }
  for (const Status& status :
       {SetAxes(flags, axes), CheckTask(flags.task), ParseBoundary(flags.boundary).status(),
        CheckHardwareFlags(flags.regulator, flags.transition_time),
        CheckFlagRange("--classes", flags.classes, 2, kMaxClasses),
        CheckFlagRange("--threads", flags.threads, 0, kMostThreads),
        CheckFlagRange("--token-classes", flags.token_classes, 0, kMaxPositions)}) {
    if (!status.ok()) {
      return fail(status, kUsageError);
    }
  }
  if (flags.data.has_value() == flags.trace.has_value()) {
    return fail(
        InvalidArgument("sweep: give either --data DIR (a model on its task's sentences) or "
                        "--trace FILE (published entropies)"),
        kUsageError);
  }
  if (flags.trace && (flags.model.model || flags.model.base)) {
    return fail(InvalidArgument("sweep: --model goes with --data: a trace has the paper's shape"),
                kUsageError);
  }
  const std::vector<std::string>& thresholds = axes.of(Axis::kThreshold);
  if (flags.trace && std::find(thresholds.begin(), thresholds.end(), "own") != thresholds.end()) {
    return fail(
        InvalidArgument("sweep: a trace has no threshold of its own: give --axis threshold=NATS,…"),
        kUsageError);
  }
  if (const Status status = PrepareFolder(flags.out); !status.ok()) {
    return fail(status, kDataError);
  }
  const auto cores = static_cast<int>(std::thread::hardware_concurrency());
  const int threads = flags.threads > 0 ? flags.threads : std::max(1, cores / team->size());
  Result<SweepSubject> subject = LoadSubject(flags, threads);
  if (!subject.ok()) {
    return fail(subject.status(), kDataError);
  }
  const Result<Sweep> sweep = Sweep::Create(std::move(*subject), std::move(axes));
  if (!sweep.ok()) {
    return fail(sweep.status(), kDataError);
  }
  const auto start = std::chrono::steady_clock::now();
  const std::filesystem::path folder = flags.out;
  Result<std::vector<SweepOutcome>> outcomes = Internal("not run");
  {
    ProgressBar bar("sweep");
    outcomes =
        RunSweep(*sweep, folder / "journal", threads, *team, [&bar](size_t done, size_t total) {
          bar.Update(done, total);
          return true;
        });
  }
  if (!outcomes.ok()) {
    return fail(outcomes.status(), kDataError);
  }
  if (!leads) {
    return kSuccess;
  }
  const std::vector<size_t> front = SweepFront(*outcomes);
  if (const Status status = WriteTables(*sweep, *outcomes, front, folder); !status.ok()) {
    return Fail(status);
  }
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  const auto impossible = std::count_if(outcomes->begin(), outcomes->end(),
                                        [](const SweepOutcome& o) { return !o.problem.empty(); });
  fmt::print("{}: {} points, {} of them impossible, {} on the front; {:.1f} s\n",
             (folder / "points.csv").string(), outcomes->size(), impossible, front.size(), seconds);
  PrintFront(*sweep, *outcomes, front);
  return kSuccess;
}

}  // namespace

void AddSweepCommand(CLI::App& app, Action& action) {
  auto flags = std::make_shared<SweepFlags>();
  CLI::App* command = app.add_subcommand(
      "sweep", "Energy, latency and accuracy over many designs; resumes where it was stopped");
  command->add_option("-o,--out", flags->out, "Folder for the journal, points.csv and front.csv")
      ->required()
      ->type_name("DIR");
  command
      ->add_option("--axis", flags->axes,
                   "An axis and its values, may be repeated: n, buffers, bandwidth, weights, "
                   "distinct, vf, regulator, span, sparsity, threshold, target, policy")
      ->type_name("NAME=V1,V2,…");
  command->add_option("--axes", flags->axes_file, "YAML file with axes: a map of names to values")
      ->type_name("FILE");
  flags->model.AddTo(*command);
  command->add_option("--task", flags->task, "Task: sst2, qnli, qqp or mnli [sst2]")
      ->type_name("NAME");
  command->add_option("--data", flags->data, "Folder with the task's files, or the one above it")
      ->type_name("DIR");
  command
      ->add_option("--trace", flags->trace,
                   "Published entropies instead of a model: ALBERT base, 128 tokens")
      ->type_name("FILE");
  command->add_option("--classes", flags->classes, "Classes of the trace's task [2]")
      ->type_name("N");
  command
      ->add_option("--token-classes", flags->token_classes,
                   "Sentence lengths are put into so many classes; 0: each by itself [4]")
      ->type_name("N");
  command->add_option("--boundary", flags->boundary, "What plans spare: on-chip or system [system]")
      ->type_name("NAME");
  AddHardwareFlags(*command, flags->hardware, flags->regulator, flags->transition_time);
  command->add_option("--threads", flags->threads, "Threads [the cores, shared by all processes]")
      ->type_name("N");
  command->callback([flags, &action] { action = [flags] { return RunCommand(*flags); }; });
}

}  // namespace edgebert::cli
