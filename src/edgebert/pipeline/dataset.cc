#include "edgebert/pipeline/dataset.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "edgebert/base/file.h"
#include "edgebert/base/text.h"

namespace edgebert {
namespace {

std::vector<std::string> SplitTabs(std::string_view line) {
  std::vector<std::string> fields;
  size_t start = 0;
  while (true) {
    const size_t end = std::min(line.find('\t', start), line.size());
    fields.emplace_back(line.substr(start, end - start));
    if (end == line.size()) {
      return fields;
    }
    start = end + 1;
  }
}

/// Where a task's examples lie in a data folder.
struct TaskFile {
  std::string task;
  Split split;
  std::string file;
  bool has_header;
  std::vector<std::string> label_names;  ///< As they stand in the file, by label index.
};

const std::vector<TaskFile>& TaskFiles() {
  static const std::vector<TaskFile> files = {
      {"sst2", Split::kDev, "dev.tsv", true, {"0", "1"}},
      {"sst2", Split::kTest, "sentiment-test", false, {"0", "1"}},
  };
  return files;
}

Result<TaskFile> FindTask(std::string_view task, Split split) {
  std::vector<std::string> names;
  for (const TaskFile& file : TaskFiles()) {
    if (file.task == task && file.split == split) {
      return file;
    }
    if (names.empty() || names.back() != file.task) {
      names.push_back(file.task);
    }
  }
  return InvalidArgument(fmt::format("unknown task '{}'{} (known: {})", task,
                                     DidYouMean(task, names), fmt::join(names, ", ")));
}

Result<std::filesystem::path> Locate(const TaskFile& task, const std::filesystem::path& directory) {
  const std::array<std::filesystem::path, 2> candidates = {directory / task.file,
                                                           directory / task.task / task.file};
  for (const std::filesystem::path& candidate : candidates) {
    std::error_code ignored;
    if (std::filesystem::exists(candidate, ignored)) {
      return candidate;
    }
  }
  return NotFound(fmt::format("task {} needs {} or {}, neither is there", task.task,
                              candidates[0].string(), candidates[1].string()));
}

}  // namespace

Result<TsvTable> ParseTsv(std::string_view text, bool has_header, const std::string& name) {
  if (const std::optional<size_t> bad = FindInvalidUtf8(text)) {
    const auto line =
        std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(*bad), '\n') + 1;
    return DataLoss(fmt::format("{}:{}: not valid UTF-8", name, line));
  }
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark)) {
    text.remove_prefix(kByteOrderMark.size());
  }
  TsvTable table;
  int line_number = 0;
  size_t columns = 0;
  while (!text.empty()) {
    ++line_number;
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) {
      line.remove_suffix(1);
    }
    if (line.empty()) {
      continue;
    }
    std::vector<std::string> fields = SplitTabs(line);
    if (columns == 0) {
      columns = fields.size();
    }
    if (fields.size() != columns) {
      return DataLoss(
          fmt::format("{}:{}: {} tab-separated columns, expected {} as in the first row", name,
                      line_number, fields.size(), columns));
    }
    if (has_header && table.header.empty()) {
      table.header = std::move(fields);
      continue;
    }
    table.rows.push_back(std::move(fields));
    table.line_numbers.push_back(line_number);
  }
  if (table.rows.empty()) {
    return DataLoss(fmt::format("{}: holds no rows", name));
  }
  return table;
}

Result<size_t> FindColumn(const TsvTable& table, const std::vector<std::string>& names,
                          const std::string& file) {
  for (const std::string& name : names) {
    const auto found = std::find(table.header.begin(), table.header.end(), name);
    if (found != table.header.end()) {
      return static_cast<size_t>(found - table.header.begin());
    }
  }
  return DataLoss(fmt::format("{}:1: no column '{}', the header has: {}", file,
                              fmt::join(names, "' or '"), fmt::join(table.header, ", ")));
}

Result<Split> ParseSplit(std::string_view name) {
  for (const Split split : {Split::kDev, Split::kTest}) {
    if (name == SplitName(split)) {
      return split;
    }
  }
  return InvalidArgument(fmt::format("unknown split '{}' (dev or test)", name));
}

Status CheckTask(std::string_view task) { return FindTask(task, Split::kDev).status(); }

std::string_view SplitName(Split split) { return split == Split::kDev ? "dev" : "test"; }

Result<std::vector<LabelledText>> LoadTask(std::string_view task,
                                           const std::filesystem::path& directory, Split split) {
  EDGEBERT_ASSIGN_OR_RETURN(const TaskFile file, FindTask(task, split));
  EDGEBERT_ASSIGN_OR_RETURN(const std::filesystem::path path, Locate(file, directory));
  EDGEBERT_ASSIGN_OR_RETURN(const std::string text, ReadTextFile(path, kMaxDatasetBytes));
  EDGEBERT_ASSIGN_OR_RETURN(const TsvTable table, ParseTsv(text, file.has_header, path.string()));
  size_t text_column = 0;
  size_t label_column = 1;
  if (file.has_header) {
    EDGEBERT_ASSIGN_OR_RETURN(text_column, FindColumn(table, {"sentence"}, path.string()));
    EDGEBERT_ASSIGN_OR_RETURN(label_column, FindColumn(table, {"label"}, path.string()));
  } else if (table.rows.front().size() != 2) {
    return DataLoss(fmt::format("{}:{}: {} columns, expected a sentence and a label", path.string(),
                                table.line_numbers.front(), table.rows.front().size()));
  }
  std::vector<LabelledText> examples;
  for (size_t row = 0; row < table.rows.size(); ++row) {
    const std::string& label = table.rows[row][label_column];
    const auto found = std::find(file.label_names.begin(), file.label_names.end(), label);
    if (found == file.label_names.end()) {
      return DataLoss(fmt::format("{}:{}: unknown label '{}', expected {}", path.string(),
                                  table.line_numbers[row], label,
                                  fmt::join(file.label_names, " or ")));
    }
    examples.push_back({table.rows[row][text_column], std::nullopt,
                        static_cast<int>(found - file.label_names.begin())});
  }
  return examples;
}

Result<std::vector<std::string>> LoadTexts(const std::filesystem::path& path) {
  EDGEBERT_ASSIGN_OR_RETURN(const std::string text, ReadTextFile(path, kMaxDatasetBytes));
  EDGEBERT_ASSIGN_OR_RETURN(TsvTable table, ParseTsv(text, true, path.string()));
  EDGEBERT_ASSIGN_OR_RETURN(const size_t column,
                            FindColumn(table, {"sentence", "text"}, path.string()));
  std::vector<std::string> texts;
  for (std::vector<std::string>& row : table.rows) {
    texts.push_back(std::move(row[column]));
  }
  return texts;
}

}  // namespace edgebert
