#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <memory>
#include <string>

#include "edgebert/base/file.h"
#include "edgebert/cli/command.h"
#include "edgebert/model/huggingface.h"
#include "edgebert/pipeline/dataset.h"
#include "edgebert/train/train.h"

namespace edgebert::cli {
namespace {

struct TrainFlags {
  std::string recipe;
  std::string base;
  std::string data;
  std::string output;
  bool resume = false;
};

std::atomic<bool> stop_requested = false;

extern "C" void OnStop(int signal) {
  stop_requested = true;
  std::signal(signal, SIG_DFL);  // A second one ends the program at once.
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
    const auto left = std::chrono::seconds(static_cast<int64_t>(progress.seconds_left));
    fmt::print(stderr, "{}{} {}/{}, loss {:.4f}, {:.0f} tokens/s, {:%H:%M:%S} left{}",
               is_terminal_ ? "\r\x1b[K" : "", progress.stage, progress.step, progress.total_steps,
               progress.loss, progress.tokens_per_second, left,
               is_terminal_ && !last ? "" : "\n");
    std::fflush(stderr);
  }

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::milliseconds kRedraw{200};
  static constexpr std::chrono::milliseconds kLine{30'000};

  bool is_terminal_;
  Clock::time_point shown_;
};

Result<std::vector<LabelledText>> LoadLabelled(const std::filesystem::path& path) {
  EDGEBERT_ASSIGN_OR_RETURN(const std::string text, ReadTextFile(path, kMaxDatasetBytes));
  EDGEBERT_ASSIGN_OR_RETURN(const TsvTable table, ParseTsv(text, true, path.string()));
  std::vector<LabelledText> examples;
  for (const auto& row : table.rows) {
    examples.push_back({row[0], std::nullopt, std::stoi(row[1])});
  }
  return examples;
}

Status RunTraining(const TrainFlags& flags) {
  EDGEBERT_ASSIGN_OR_RETURN(const Recipe recipe, LoadRecipe(flags.recipe));
  fmt::print("{}", FormatRecipe(recipe));
  std::fflush(stdout);
  EDGEBERT_ASSIGN_OR_RETURN(const Model base, ImportHuggingFace(flags.base));
  TrainingData data;
  data.labels = {"negative", "positive"};
  const std::filesystem::path directory = flags.data;
  EDGEBERT_ASSIGN_OR_RETURN(data.training, LoadLabelled(directory / "train.tsv"));
  EDGEBERT_ASSIGN_OR_RETURN(data.held_out, LoadLabelled(directory / "held.tsv"));
  EDGEBERT_ASSIGN_OR_RETURN(data.dev, LoadLabelled(directory / "dev.tsv"));
  EDGEBERT_ASSIGN_OR_RETURN(data.test, LoadLabelled(directory / "test.tsv"));
  data.fingerprint = recipe.name;
  std::signal(SIGINT, OnStop);
  std::signal(SIGTERM, OnStop);
  TrainingDisplay display;
  const TrainingObserver observer = [&](const TrainingProgress& progress) {
    display.Show(progress);
    return !stop_requested;
  };
  return Train(recipe, base, data, {flags.output, flags.resume}, observer).status();
}

}  // namespace

void AddTrainCommand(CLI::App& app, Action& action) {
  auto flags = std::make_shared<TrainFlags>();
  CLI::App* command =
      app.add_subcommand("train", "Train, distil and compress a model by a recipe");
  command->add_option("--recipe", flags->recipe, "Recipe (YAML)")->required()->type_name("FILE");
  command->add_option("--base", flags->base, "Hugging Face directory to start from")
      ->required()
      ->type_name("DIR");
  command->add_option("--data", flags->data, "Folder of the task's data")
      ->required()
      ->type_name("DIR");
  command->add_option("--out", flags->output, "Folder for checkpoints, metrics and models")
      ->required()
      ->type_name("DIR");
  command->add_flag("--resume", flags->resume, "Go on from the last checkpoint");
  command->callback([flags, &action] {
    action = [flags] {
      const Status status = RunTraining(*flags);
      return status.ok() ? kSuccess : Fail(status);
    };
  });
}

}  // namespace edgebert::cli
