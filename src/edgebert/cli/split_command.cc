#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <system_error>

#include "edgebert/base/file.h"
#include "edgebert/cli/command.h"
#include "edgebert/cli/json.h"
#include "edgebert/cli/model_flags.h"
#include "edgebert/model/model_file.h"

namespace edgebert::cli {
namespace {

struct SplitFlags {
  std::string model;
  std::optional<std::string> base;
  std::optional<std::string> base_out;
  std::string task_out;
  bool json = false;

  /// The base to write, or the one that is there; exactly one of them is given.
  const std::string& BaseFile() const { return base ? *base : *base_out; }
};

struct Outcome {
  std::filesystem::path base_path;
  BaseReference base;
  uint64_t base_bytes = 0;
  uint64_t task_bytes = 0;
  uint64_t model_bytes = 0;  ///< Of what was split, its own base included.
};

bool IsOnePath(const std::filesystem::path& a, const std::filesystem::path& b) {
  std::error_code error;
  return std::filesystem::weakly_canonical(std::filesystem::absolute(a, error), error) ==
         std::filesystem::weakly_canonical(std::filesystem::absolute(b, error), error);
}

std::filesystem::path FolderOf(const std::filesystem::path& path) {
  std::error_code error;
  return std::filesystem::absolute(path, error).parent_path();
}

/// Writes the model's base, unless the file is there already: then it must be just that, since task
/// files may name it.
Status WriteBase(const Model& model, const std::filesystem::path& path) {
  EDGEBERT_ASSIGN_OR_RETURN(const std::vector<uint8_t> bytes, SerializeBase(BaseOf(model)));
  std::error_code error;
  if (!std::filesystem::exists(path, error)) {
    return WriteFileAtomically(path, std::span(bytes));
  }
  const Result<std::vector<uint8_t>> found = ReadFile(path, bytes.size());
  if (!found.ok() || *found != bytes) {
    return InvalidArgument(
        fmt::format("{}: is there already, and task files may need it as it is: split against it "
                    "with --base, or give --base-out another name",
                    path.string()));
  }
  return OkStatus();
}

Result<Outcome> SplitModel(const SplitFlags& flags) {
  Outcome outcome;
  outcome.base_path = flags.BaseFile();
  EDGEBERT_ASSIGN_OR_RETURN(AtomicFile output, AtomicFile::Create(flags.task_out));
  EDGEBERT_ASSIGN_OR_RETURN(Model model, ReadModelFile(flags.model));
  const ModelFlags split{flags.model, std::nullopt};
  EDGEBERT_ASSIGN_OR_RETURN(const ModelFiles files, split.Files());
  outcome.model_bytes = files.bytes + (files.base ? files.base->bytes : 0);
  if (flags.base_out) {
    EDGEBERT_RETURN_IF_ERROR(WriteBase(model, outcome.base_path));
  }
  EDGEBERT_ASSIGN_OR_RETURN(const BaseFile base, ReadBaseFile(outcome.base_path));
  outcome.base = base.reference;
  EDGEBERT_ASSIGN_OR_RETURN(const ModelFileInfo base_info, InspectModelFile(outcome.base_path));
  outcome.base_bytes = base_info.size;
  if (const Status status = CheckSharesBase(model, base.base); !status.ok()) {
    return status.WithContext(
        fmt::format("{} does not share the base {}", flags.model, outcome.base_path.string()));
  }
  EDGEBERT_ASSIGN_OR_RETURN(const std::vector<uint8_t> task, SerializeTask(std::move(model), base));
  outcome.task_bytes = task.size();
  EDGEBERT_RETURN_IF_ERROR(output.Write(task));
  EDGEBERT_RETURN_IF_ERROR(output.Commit());
  return outcome;
}

void Print(const SplitFlags& flags, const Outcome& outcome) {
  const auto megabytes = [](uint64_t bytes) { return static_cast<double>(bytes) * 1e-6; };
  fmt::print("base  {}: {:.2f} MB, SHA-256 {}\n", outcome.base_path.string(),
             megabytes(outcome.base_bytes), Sha256Text(outcome.base.sha256));
  fmt::print("task  {}: {:.2f} MB (the whole model: {:.2f} MB)\n", flags.task_out,
             megabytes(outcome.task_bytes), megabytes(outcome.model_bytes));
  if (!IsOnePath(FolderOf(flags.task_out), FolderOf(outcome.base_path))) {
    fmt::print("The task file looks for {} in its own folder: put it there, or use --base.\n",
               outcome.base.file_name);
  }
}

int Split(const SplitFlags& flags) {
  if (flags.base.has_value() == flags.base_out.has_value()) {
    return Fail(InvalidArgument("split: expected either --base-out FILE for a new base, or --base "
                                "FILE for one that is there"),
                kUsageError);
  }
  if (IsOnePath(flags.task_out, flags.BaseFile())) {
    return Fail(InvalidArgument(fmt::format("split: {}: expected different files for task and base",
                                            flags.task_out)),
                kUsageError);
  }
  const Result<Outcome> outcome = SplitModel(flags);
  if (!outcome.ok()) {
    return Fail(outcome.status());
  }
  if (flags.json) {
    PrintJsonLine({{"task", flags.task_out},
                   {"task_bytes", outcome->task_bytes},
                   {"base", outcome->base_path.string()},
                   {"base_bytes", outcome->base_bytes},
                   {"base_sha256", Sha256Text(outcome->base.sha256)},
                   {"model_bytes", outcome->model_bytes}});
  } else {
    Print(flags, *outcome);
  }
  return kSuccess;
}

}  // namespace

void AddSplitCommand(CLI::App& app, Action& action) {
  auto flags = std::make_shared<SplitFlags>();
  CLI::App* command = app.add_subcommand(
      "split",
      "Split a model into a base (tokenizer, embedding) that tasks share, and a task file");
  command->add_option("file", flags->model, "Model file")->required();
  command->add_option("--base-out", flags->base_out, "Base file to write")->type_name("FILE");
  command->add_option("--base", flags->base, "Base file that is there: the model must share it")
      ->type_name("FILE");
  command->add_option("--task-out", flags->task_out, "Task file to write")
      ->required()
      ->type_name("FILE");
  command->add_flag("--json", flags->json, "One JSON object");
  command->callback([flags, &action] { action = [flags] { return Split(*flags); }; });
}

}  // namespace edgebert::cli
