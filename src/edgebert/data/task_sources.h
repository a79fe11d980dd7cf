#ifndef EDGEBERT_DATA_TASK_SOURCES_H_
#define EDGEBERT_DATA_TASK_SOURCES_H_

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "edgebert/base/status.h"
#include "edgebert/data/held_out.h"
#include "edgebert/data/labelled_text.h"

namespace edgebert {

/// One part of a task's data: which files of a data folder it is, how they are read, and where they
/// come from.
struct TaskSource {
  /// "FOLDER/FILE" in the data folder; more than one where a source's columns are apart.
  std::vector<std::string> files;
  /// Reads the files' contents; `name` stands for the first of them in messages.
  Result<std::vector<LabelledText>> (*parse)(const std::vector<std::string>& contents,
                                             const std::string& name);
  std::string origin;   ///< What it is and the repository it was taken from.
  std::string licence;  ///< As stated there and upstream.
};

struct TaskDescription {
  std::string name;
  std::vector<std::string> label_names;  ///< By label index.
  std::vector<TaskSource> training;
  std::vector<TaskSource> dev;
  std::vector<TaskSource> test;  ///< Empty where there is none.
  /// Training examples that are the same but for punctuation are taken once. Not for SST-2, whose
  /// rows are phrases as people rated them.
  bool takes_repeated_once = true;
  HoldOutOptions held_out = {};  ///< Of the training examples, for thresholds and rules.
};

/// The known tasks.
const std::vector<TaskDescription>& TaskDescriptions();

/// An error that lists the known tasks unless `task` is one of them.
Result<const TaskDescription*> FindTask(std::string_view task);

/// Reads a source from `directory`: the data folder, the task's folder in it, or for the task's own
/// files any folder that holds them.
Result<std::vector<LabelledText>> ReadTaskSource(const TaskSource& source, std::string_view task,
                                                 const std::filesystem::path& directory);

}  // namespace edgebert

#endif  // EDGEBERT_DATA_TASK_SOURCES_H_
