#include "edgebert/data/dataset.h"

#include <fmt/format.h>

#include <iterator>
#include <utility>

#include "edgebert/base/file.h"
#include "edgebert/data/overlap.h"
#include "edgebert/data/table.h"
#include "edgebert/data/task_sources.h"

namespace edgebert {
namespace {

const std::vector<TaskSource>& Sources(const TaskDescription& task, Split split) {
  return split == Split::kDev ? task.dev : task.test;
}

Result<std::vector<LabelledText>> ReadSplit(const TaskDescription& task, Split split,
                                            const std::filesystem::path& directory) {
  std::vector<LabelledText> examples;
  for (const TaskSource& source : Sources(task, split)) {
    EDGEBERT_ASSIGN_OR_RETURN(std::vector<LabelledText> part,
                              ReadTaskSource(source, task.name, directory));
    std::move(part.begin(), part.end(), std::back_inserter(examples));
  }
  return examples;
}

}  // namespace

std::string_view SplitName(Split split) { return split == Split::kDev ? "dev" : "test"; }

Status CheckTask(std::string_view task) { return FindTask(task).status(); }

Result<std::vector<Split>> TaskSplits(std::string_view task) {
  EDGEBERT_ASSIGN_OR_RETURN(const TaskDescription* const description, FindTask(task));
  std::vector<Split> splits;
  for (const Split split : {Split::kDev, Split::kTest}) {
    if (!Sources(*description, split).empty()) {
      splits.push_back(split);
    }
  }
  return splits;
}

Result<Split> ParseSplit(std::string_view task, std::string_view name) {
  EDGEBERT_ASSIGN_OR_RETURN(const std::vector<Split> splits, TaskSplits(task));
  std::string known;
  for (const Split split : splits) {
    if (name == SplitName(split)) {
      return split;
    }
    known += (known.empty() ? "" : " or ") + std::string(SplitName(split));
  }
  return InvalidArgument(fmt::format("task {} has no split '{}', expected {}", task, name, known));
}

Result<std::vector<std::string>> TaskLabelNames(std::string_view task) {
  EDGEBERT_ASSIGN_OR_RETURN(const TaskDescription* const description, FindTask(task));
  return description->label_names;
}

Result<std::vector<LabelledText>> LoadTask(std::string_view task,
                                           const std::filesystem::path& directory, Split split) {
  EDGEBERT_ASSIGN_OR_RETURN(const TaskDescription* const description, FindTask(task));
  EDGEBERT_RETURN_IF_ERROR(ParseSplit(task, SplitName(split)).status());
  return ReadSplit(*description, split, directory);
}

Result<TaskData> LoadTrainingTask(std::string_view task, const std::filesystem::path& directory) {
  EDGEBERT_ASSIGN_OR_RETURN(const TaskDescription* const description, FindTask(task));
  TaskData data;
  data.task = description->name;
  data.label_names = description->label_names;
  for (const TaskSource& source : description->training) {
    EDGEBERT_ASSIGN_OR_RETURN(std::vector<LabelledText> part,
                              ReadTaskSource(source, task, directory));
    data.sources.push_back({source.files.front(), source.origin, source.licence, part.size()});
    std::move(part.begin(), part.end(), std::back_inserter(data.examples));
  }
  if (description->takes_repeated_once) {
    data.repeated = DropRepeated(data.examples);
  }
  for (const Split split : {Split::kDev, Split::kTest}) {
    EDGEBERT_ASSIGN_OR_RETURN(const std::vector<LabelledText> evaluation,
                              ReadSplit(*description, split, directory));
    data.shared += DropShared(evaluation, data.examples);
  }
  return data;
}

Result<std::vector<std::string>> LoadTexts(const std::filesystem::path& path) {
  EDGEBERT_ASSIGN_OR_RETURN(const std::string text, ReadTextFile(path, kMaxDatasetBytes));
  EDGEBERT_ASSIGN_OR_RETURN(Table table, ParseTsv(text, true, path.string()));
  EDGEBERT_ASSIGN_OR_RETURN(const size_t column,
                            FindColumn(table, {"sentence", "text"}, path.string()));
  std::vector<std::string> texts;
  for (std::vector<std::string>& row : table.rows) {
    texts.push_back(std::move(row[column]));
  }
  return texts;
}

}  // namespace edgebert
