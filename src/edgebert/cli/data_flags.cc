#include "edgebert/cli/data_flags.h"

#include <CLI/CLI.hpp>
#include <filesystem>
#include <utility>

#include "edgebert/data/own_data.h"

namespace edgebert::cli {

void DataFlags::AddTo(CLI::App& command) {
  command
      .add_option("--data", data,
                  "Folder with a task's files, or the one above it; or a table of your own (*.csv, "
                  "else tab-separated) with --text-column and --label-column")
      ->required()
      ->type_name("PATH");
  command.add_option("--task", task, "Task: sst2, qnli, qqp or mnli")->type_name("NAME");
  command.add_option("--text-column", text_column, "Column of the text")->type_name("NAME");
  command.add_option("--pair-column", pair_column, "Column of the second text, if there is one")
      ->type_name("NAME");
  command.add_option("--label-column", label_column, "Column of the label, as the model names it")
      ->type_name("NAME");
}

Status DataFlags::Check() const {
  if (task.has_value() == text_column.has_value()) {
    return InvalidArgument(
        "expected either --task NAME, or --text-column and --label-column for a table of your own");
  }
  if (text_column.has_value() != label_column.has_value() || (pair_column && !text_column)) {
    return InvalidArgument("--text-column and --label-column go together");
  }
  return task ? CheckTask(*task) : OkStatus();
}

std::string DataFlags::Name() const {
  return task ? *task : std::filesystem::path(data).filename().string();
}

Result<std::vector<LabelledText>> DataFlags::LoadOwn(
    const std::vector<std::string>& label_names) const {
  EDGEBERT_ASSIGN_OR_RETURN(
      TaskData own, LoadOwnData(data, {*text_column, pair_column, *label_column}, label_names));
  return std::move(own.examples);
}

}  // namespace edgebert::cli
