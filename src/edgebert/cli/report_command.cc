#include "edgebert/cli/report_command.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "edgebert/base/file.h"
#include "edgebert/cli/flags.h"
#include "edgebert/cli/progress_bar.h"
#include "edgebert/data/dataset.h"

namespace edgebert::cli {
namespace {

struct ReportFlags {
  std::string out;
  std::string data = "../shared/data";
  std::string task = "sst2";
  std::vector<std::string> models;
  std::optional<std::string> trace;
  std::optional<std::string> hardware;
  std::optional<std::string> regulator;
  std::optional<std::string> transition_time;
  int threads = 0;
};

/// The shipped models of a task, the one that rows are about first; none where there are none.
std::vector<std::filesystem::path> ShippedModels(const std::string& task) {
  const Result<std::filesystem::path> shipped = ModelFlags().Path();
  if (!shipped.ok()) {
    return {};
  }
  const std::filesystem::path folder = shipped->parent_path();
  std::vector<std::filesystem::path> models;
  for (const char* suffix : {"-small.ebm", ".ebm", "-shared.ebm"}) {
    std::error_code error;
    if (const auto path = folder / (task + suffix); std::filesystem::exists(path, error)) {
      models.push_back(path);
    }
  }
  return models;
}

int Make(const ReportFlags& flags, ReportMaker maker) {
  const Status hardware_flags = CheckHardwareFlags(flags.regulator, flags.transition_time);
  for (const Status& status : {hardware_flags, CheckTask(flags.task),
                               CheckFlagRange("--threads", flags.threads, 0, kMostThreads)}) {
    if (!status.ok()) {
      return Fail(status, kUsageError);
    }
  }
  // Before the work, which would be lost.
  if (const Status status = PrepareFolder(flags.out); !status.ok()) {
    return Fail(status);
  }
  Result<HardwareDescription> hardware =
      LoadHardwareFlags(flags.hardware, flags.regulator, flags.transition_time);
  if (!hardware.ok()) {
    return Fail(hardware.status());
  }
  ReportOptions options;
  options.task = flags.task;
  options.data = flags.data;
  options.models.assign(flags.models.begin(), flags.models.end());
  if (options.models.empty()) {
    options.models = ShippedModels(flags.task);
  }
  if (flags.trace) {
    options.trace = *flags.trace;
  }
  options.hardware = std::move(*hardware);
  const auto cores = static_cast<int>(std::thread::hardware_concurrency());
  options.threads = flags.threads > 0 ? flags.threads : std::max(1, cores);
  const auto start = std::chrono::steady_clock::now();
  Result<Report> report = Internal("not made");
  {
    ProgressBar bar("report");
    report = maker(options, [&bar](size_t done, size_t total) {
      bar.Update(done, total);
      return true;
    });
  }
  if (!report.ok()) {
    return Fail(report.status());
  }
  if (const Status status = WriteReport(*report, flags.out); !status.ok()) {
    return Fail(status);
  }
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  size_t figures = 0;
  for (const ResultRow& row : report->results.rows) {
    figures += row.status == RowStatus::kExplained ? 0 : 1;
  }
  fmt::print(
      "{}: {} rows, {} with a published figure, {} with one of ours; {} plots; {} checks; {:.0f} "
      "s\n",
      (std::filesystem::path(flags.out) / "index.html").string(), report->results.rows.size(),
      report->results.published_rows(), figures, report->plots.size(), report->checks, seconds);
  return kSuccess;
}

}  // namespace

void AddReportCommand(CLI::App& app, Action& action, ReportMaker maker) {
  auto flags = std::make_shared<ReportFlags>();
  CLI::App* command = app.add_subcommand(
      "report", "A page with every published figure beside ours, plots and the design map");
  command->add_option("-o,--out", flags->out, "Folder for index.html, results.json and CSV files")
      ->required()
      ->type_name("DIR");
  command
      ->add_option("--data", flags->data,
                   "Folder with task data, and traces in reference/ [../shared/data]")
      ->type_name("DIR");
  command->add_option("--task", flags->task, "Task: sst2, qnli, qqp or mnli [sst2]")
      ->type_name("NAME");
  command
      ->add_option("-m,--model", flags->models,
                   "A model of ours, may be repeated; rows are about the first [the shipped ones]")
      ->type_name("FILE");
  command
      ->add_option("--trace", flags->trace,
                   "Published entropies of the task [reference/TASK_dev_entropies.csv of --data]")
      ->type_name("FILE");
  AddHardwareFlags(*command, flags->hardware, flags->regulator, flags->transition_time);
  command->add_option("--threads", flags->threads, "Threads [one for each core]")->type_name("N");
  command->callback([flags, maker, &action] { action = [=] { return Make(*flags, maker); }; });
}

void AddReportCommand(CLI::App& app, Action& action) {
  AddReportCommand(app, action, [](const ReportOptions& options, const Progress& progress) {
    return MakeReport(options, progress);
  });
}

}  // namespace edgebert::cli
