#ifndef EDGEBERT_DATA_DATASET_H_
#define EDGEBERT_DATA_DATASET_H_

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "edgebert/base/status.h"
#include "edgebert/data/labelled_text.h"

namespace edgebert {

enum class Split { kDev, kTest };
std::string_view SplitName(Split split);

/// An error that lists the known tasks unless `task` is one of them: sst2, qnli, qqp, mnli.
Status CheckTask(std::string_view task);

/// The splits that a known task has for evaluation: dev, for sst2 also test.
Result<std::vector<Split>> TaskSplits(std::string_view task);

/// A split of a known task by its name, "dev" or "test"; an error lists those that the task has.
Result<Split> ParseSplit(std::string_view task, std::string_view name);

/// The labels of a known task by index: those of sst2 are negative and positive.
Result<std::vector<std::string>> TaskLabelNames(std::string_view task);

/// Reads the labelled examples of a task's split from `directory`, or from the folder named after
/// the task in it: sst2 `dev.tsv` and `sentiment-test`, qnli `dev.tsv`, qqp and mnli
/// `olora_test.json`. Examples without a gold label are left out.
Result<std::vector<LabelledText>> LoadTask(std::string_view task,
                                           const std::filesystem::path& directory, Split split);

/// Where a part of training data comes from.
struct DataSource {
  std::string file;     ///< Its name, without the folders that are particular to a machine.
  std::string origin;   ///< What it is and who published it; empty for the user's own data.
  std::string licence;  ///< Empty for the user's own data.
  size_t examples = 0;  ///< Read from it, before repeated and shared ones were dropped.
};

/// Data to train on.
struct TaskData {
  std::string task;                      ///< Empty for the user's own data.
  std::vector<std::string> label_names;  ///< By label index.
  std::vector<LabelledText> examples;
  std::vector<DataSource> sources;
  size_t repeated = 0;  ///< Dropped as the same as an earlier one (not looked for in SST-2).
  size_t shared = 0;    ///< Dropped because an evaluation split of the task has them.
};

/// Reads all training data of a known task from a data folder (or the task's folder in one), which
/// must hold the evaluation splits too: no example of theirs stays in training, in either order of
/// a pair, and however its spaces, punctuation and capitals are written.
Result<TaskData> LoadTrainingTask(std::string_view task, const std::filesystem::path& directory);

/// Reads the column named `sentence` or `text` of a tab-separated file with a header.
Result<std::vector<std::string>> LoadTexts(const std::filesystem::path& path);

}  // namespace edgebert

#endif  // EDGEBERT_DATA_DATASET_H_
