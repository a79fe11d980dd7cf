#include "edgebert/cli_train/train_command.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <memory>
#include <optional>
#include <string>

#include "edgebert/base/file.h"
#include "edgebert/model/huggingface.h"
#include "edgebert/train/train.h"
#include "edgebert/train/training_sources.h"

namespace edgebert::cli {
namespace {

struct TrainFlags {
  std::string recipe;
  std::string base;
  std::string data;
  std::string output;
  std::string teacher;
  std::optional<std::string> text_column;
  std::optional<std::string> pair_column;
  std::optional<std::string> label_column;
  bool resume = false;

  /// The columns of one's own data; none where the data are those of a known task.
  Result<std::optional<OwnDataColumns>> Columns() const;
};

Result<std::optional<OwnDataColumns>> TrainFlags::Columns() const {
  if (!text_column && !pair_column && !label_column) {
    return std::optional<OwnDataColumns>();
  }
  if (!text_column || !label_column) {
    return InvalidArgument("one's own data need both --text-column and --label-column");
  }
  return std::optional<OwnDataColumns>({*text_column, pair_column, *label_column});
}

std::atomic<bool> stop_requested = false;
std::atomic<std::time_t> stop_requested_at = 0;

/// The first signal asks for a checkpoint; another one, seconds later, ends the program at once.
/// Some programs, timeout(1) among them, send theirs twice.
extern "C" void OnStop(int signal) {
  constexpr std::time_t kPatienceSeconds = 2;
  const std::time_t now = std::time(nullptr);
  if (!stop_requested.exchange(true)) {
    stop_requested_at = now;
  } else if (now - stop_requested_at >= kPatienceSeconds) {
    std::signal(signal, SIG_DFL);
    std::raise(signal);
  }
}

/// One line on stderr: redrawn on a terminal, twice a minute elsewhere.
class TrainingDisplay {
 public:
  TrainingDisplay() : is_terminal_(::isatty(STDERR_FILENO) == 1) {}

  void Show(const TrainingProgress& progress) {
    const Clock::time_point now = Clock::now();
    const bool last = progress.step == progress.total_steps;
    if (!last && now - shown_ < (is_terminal_ ? kRedraw : kLine)) {
      return;
    }
    shown_ = now;
    fmt::print(stderr, "{}{} {}/{}", is_terminal_ ? "\r\x1b[K" : "", progress.stage, progress.step,
               progress.total_steps);
    if (progress.loss > 0) {
      fmt::print(stderr, ", loss {:.4f}", progress.loss);
    }
    if (progress.tokens_per_second > 0) {
      const auto left = std::chrono::seconds(static_cast<int64_t>(progress.seconds_left));
      fmt::print(stderr, ", {:.0f} tokens/s, {:%H:%M:%S} left", progress.tokens_per_second, left);
    }
    fmt::print(stderr, "{}", is_terminal_ && !last ? "" : "\n");
    std::fflush(stderr);
  }

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::milliseconds kRedraw{200};
  static constexpr std::chrono::milliseconds kLine{30'000};

  bool is_terminal_;
  Clock::time_point shown_;
};

Status RunTraining(const TrainFlags& flags, const std::optional<OwnDataColumns>& columns) {
  EDGEBERT_ASSIGN_OR_RETURN(const Recipe recipe, LoadRecipe(flags.recipe));
  fmt::print("{}", FormatRecipe(recipe));
  std::fflush(stdout);
  EDGEBERT_RETURN_IF_ERROR(PrepareFolder(flags.output));
  EDGEBERT_ASSIGN_OR_RETURN(const Model base, ImportHuggingFace(flags.base));
  EDGEBERT_ASSIGN_OR_RETURN(const TrainingData data,
                            LoadTrainingData(recipe, flags.data, columns, base.tokenizer));
  fmt::print("{} training examples, {} unlabelled, {} held out, {} dev, {} test\n",
             data.training.size(), data.unlabelled.size(), data.held_out.size(), data.dev.size(),
             data.test.size());
  std::fflush(stdout);
  std::signal(SIGINT, OnStop);
  std::signal(SIGTERM, OnStop);
  TrainingDisplay display;
  const TrainingObserver observer = [&](const TrainingProgress& progress) {
    display.Show(progress);
    return !stop_requested;
  };
  return Train(recipe, base, data, {flags.output, flags.resume, flags.teacher}, observer).status();
}

}  // namespace

void AddTrainCommand(CLI::App& app, Action& action) {
  auto flags = std::make_shared<TrainFlags>();
  CLI::App* command = app.add_subcommand("train", "Train, distil and compress a model by a recipe");
  command->add_option("--recipe", flags->recipe, "Recipe (YAML)")->required()->type_name("FILE");
  command->add_option("--base", flags->base, "Hugging Face directory to start from")
      ->required()
      ->type_name("DIR");
  command->add_option("--data", flags->data, "Folder of the task's data, or a table of your own")
      ->required()
      ->type_name("PATH");
  command->add_option("--out", flags->output, "Folder for checkpoints, metrics and models")
      ->required()
      ->type_name("DIR");
  command
      ->add_option("--teacher", flags->teacher,
                   "--out folder of another run whose teacher this one takes")
      ->type_name("DIR");
  command->add_option("--text-column", flags->text_column, "Column of the text in your own table")
      ->type_name("NAME");
  command->add_option("--pair-column", flags->pair_column, "Column of the second text, for pairs")
      ->type_name("NAME");
  command->add_option("--label-column", flags->label_column, "Column of the label")
      ->type_name("NAME");
  command->add_flag("--resume", flags->resume, "Go on from the last checkpoint");
  command->callback([flags, &action] {
    action = [flags] {
      const Result<std::optional<OwnDataColumns>> columns = flags->Columns();
      if (!columns.ok()) {
        return Fail(columns.status(), kUsageError);
      }
      const Status status = RunTraining(*flags, *columns);
      return status.ok() ? kSuccess : Fail(status);
    };
  });
}

}  // namespace edgebert::cli
