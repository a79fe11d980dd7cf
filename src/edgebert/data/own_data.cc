#include "edgebert/data/own_data.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <map>
#include <set>
#include <utility>

#include "edgebert/base/text.h"
#include "edgebert/data/table.h"

namespace edgebert {
namespace {

std::string Place(const Table& table, size_t row, const std::string& file) {
  return fmt::format("{}:{}", file, table.line_numbers[row]);
}

Result<size_t> FindOwnColumn(const Table& table, const std::string& name, const std::string& file) {
  const Result<size_t> column = FindColumn(table, {name}, file);
  if (column.ok()) {
    return column;
  }
  return NotFound(column.status().message() + DidYouMean(name, table.header));
}

std::optional<int64_t> WholeNumber(const std::string& text) {
  int64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  return error == std::errc() && rest == end ? std::optional(value) : std::nullopt;
}

/// Ascending, by number where all are whole numbers.
Result<std::vector<std::string>> DistinctLabels(const Table& table, size_t column,
                                                const std::string& file) {
  std::set<std::string> distinct;
  for (size_t row = 0; row < table.rows.size(); ++row) {
    distinct.insert(table.rows[row][column]);
    if (distinct.size() > kMaxOwnClasses) {
      return DataLoss(fmt::format(
          "{}: column '{}' holds more than {} distinct labels, expected a class in each row",
          Place(table, row, file), table.header[column], kMaxOwnClasses));
    }
  }
  if (distinct.size() < 2) {
    return DataLoss(fmt::format("{}: column '{}' holds the label '{}' alone, expected two or more",
                                file, table.header[column], *distinct.begin()));
  }
  std::vector<std::string> names(distinct.begin(), distinct.end());
  if (std::all_of(names.begin(), names.end(),
                  [](const std::string& name) { return WholeNumber(name).has_value(); })) {
    std::sort(names.begin(), names.end(), [](const std::string& a, const std::string& b) {
      return std::pair(*WholeNumber(a), a) < std::pair(*WholeNumber(b), b);
    });
  }
  return names;
}

Status CheckEveryClassOccurs(const TaskData& data, const std::string& file) {
  std::vector<size_t> counts(data.label_names.size());
  for (const LabelledText& example : data.examples) {
    ++counts[static_cast<size_t>(example.label)];
  }
  const auto absent = std::find(counts.begin(), counts.end(), 0u);
  if (absent != counts.end()) {
    return DataLoss(fmt::format("{}: no row has the label '{}', expected examples of every class",
                                file,
                                data.label_names[static_cast<size_t>(absent - counts.begin())]));
  }
  return OkStatus();
}

bool IsBlank(const std::string& text) {
  return text.find_first_not_of(" \t\r\n") == std::string::npos;
}

}  // namespace

Result<TaskData> LoadOwnData(const std::filesystem::path& path, const OwnDataColumns& columns,
                             const std::vector<std::string>& label_names) {
  EDGEBERT_ASSIGN_OR_RETURN(Table table, ReadTable(path));
  const std::string file = path.string();
  EDGEBERT_ASSIGN_OR_RETURN(const size_t text, FindOwnColumn(table, columns.text, file));
  EDGEBERT_ASSIGN_OR_RETURN(const size_t label, FindOwnColumn(table, columns.label, file));
  std::vector<size_t> needed = {text, label};
  if (columns.pair) {
    EDGEBERT_ASSIGN_OR_RETURN(needed.emplace_back(), FindOwnColumn(table, *columns.pair, file));
  }
  for (size_t row = 0; row < table.rows.size(); ++row) {
    for (const size_t column : needed) {
      if (IsBlank(table.rows[row][column])) {
        return DataLoss(fmt::format("{}: column '{}' is empty, expected a {}",
                                    Place(table, row, file), table.header[column],
                                    column == label ? "label" : "text"));
      }
    }
  }
  TaskData data;
  data.label_names = label_names;
  if (label_names.empty()) {
    EDGEBERT_ASSIGN_OR_RETURN(data.label_names, DistinctLabels(table, label, file));
  }
  std::map<std::string, int> indices;
  for (const std::string& name : data.label_names) {
    indices.emplace(name, static_cast<int>(indices.size()));
  }
  for (size_t row = 0; row < table.rows.size(); ++row) {
    std::vector<std::string>& fields = table.rows[row];
    const auto found = indices.find(fields[label]);
    if (found == indices.end()) {
      return DataLoss(fmt::format("{}: unknown label '{}'{} (known: {})", Place(table, row, file),
                                  fields[label], DidYouMean(fields[label], data.label_names),
                                  fmt::join(data.label_names, ", ")));
    }
    LabelledText example{fields[text], std::nullopt, found->second};
    if (columns.pair) {
      example.pair = fields[needed.back()];
    }
    data.examples.push_back(std::move(example));
  }
  EDGEBERT_RETURN_IF_ERROR(CheckEveryClassOccurs(data, file));
  data.sources.push_back({path.filename().string(), "", "", data.examples.size()});
  return data;
}

}  // namespace edgebert
