#ifndef EDGEBERT_PIPELINE_DATASET_H_
#define EDGEBERT_PIPELINE_DATASET_H_

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "edgebert/base/status.h"

namespace edgebert {

/// Longest data file that is read, in bytes.
inline constexpr uint64_t kMaxDatasetBytes = uint64_t{1} << 28;

/// Rows of a tab-separated file.
struct TsvTable {
  std::vector<std::string> header;  ///< Column names; empty for a file without a header.
  std::vector<std::vector<std::string>> rows;
  std::vector<int> line_numbers;  ///< [rows], from 1.
};

/// Parses tab-separated text; quotes are ordinary characters, lines end with LF or CRLF, empty
/// lines and a byte-order mark are passed over. Rows shorter or longer than the first line, and
/// text that is not UTF-8, are errors that name the line; `name` stands for the file.
Result<TsvTable> ParseTsv(std::string_view text, bool has_header, const std::string& name);

/// The index of the first of `names` among the header's columns; an error lists those there are.
Result<size_t> FindColumn(const TsvTable& table, const std::vector<std::string>& names,
                          const std::string& file);

/// A text, possibly a second one, and the index of its label.
struct LabelledText {
  std::string text;
  std::optional<std::string> pair;
  int label = 0;
};

enum class Split { kDev, kTest };
Result<Split> ParseSplit(std::string_view name);  ///< "dev", "test"
std::string_view SplitName(Split split);

/// An error that lists the known tasks unless `task` is one of them.
Status CheckTask(std::string_view task);

/// Reads the labelled examples of a task's split from `directory`, or from the folder named after
/// the task in it. Known tasks: sst2 (`dev.tsv`; `sentiment-test`).
Result<std::vector<LabelledText>> LoadTask(std::string_view task,
                                           const std::filesystem::path& directory, Split split);

/// Reads the column named `sentence` or `text` of a tab-separated file with a header.
Result<std::vector<std::string>> LoadTexts(const std::filesystem::path& path);

}  // namespace edgebert

#endif  // EDGEBERT_PIPELINE_DATASET_H_
