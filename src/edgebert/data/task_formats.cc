#include "edgebert/data/task_formats.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>

#include "edgebert/base/text.h"
#include "edgebert/data/table.h"

namespace edgebert::task_formats {
namespace {

using Json = nlohmann::json;
using Examples = std::vector<LabelledText>;

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) {
    return {};
  }
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

/// Adds an example unless it has no gold label; `place` says where it stands.
Status Add(std::string_view text, std::optional<std::string_view> pair, std::string_view label,
           const Labels& labels, const std::string& place, Examples& examples) {
  const auto found = std::find_if(labels.begin(), labels.end(),
                                  [&](const auto& entry) { return entry.first == label; });
  if (found == labels.end()) {
    std::vector<std::string> names;
    for (const auto& [name, index] : labels) {
      if (index != kNoGoldLabel) {
        names.push_back(name);
      }
    }
    return DataLoss(
        fmt::format("{}: unknown label '{}', expected {}", place, label, fmt::join(names, " or ")));
  }
  if (found->second == kNoGoldLabel) {
    return OkStatus();
  }
  if (Trimmed(text).empty() || (pair && Trimmed(*pair).empty())) {
    return DataLoss(fmt::format("{}: an empty text, expected one to classify", place));
  }
  LabelledText example{std::string(Trimmed(text)), std::nullopt, found->second};
  if (pair) {
    example.pair = Trimmed(*pair);
  }
  examples.push_back(std::move(example));
  return OkStatus();
}

/// The text within quotes whose inner quotes are doubled; any other text as it stands.
std::string Unquoted(std::string_view text) {
  text = Trimmed(text);
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') {
    return std::string(text);
  }
  std::string unquoted;
  const std::string_view inner = text.substr(1, text.size() - 2);
  for (size_t i = 0; i < inner.size(); ++i) {
    unquoted += inner[i];
    if (inner[i] == '"') {
      if (i + 1 == inner.size() || inner[i + 1] != '"') {
        return std::string(text);
      }
      ++i;
    }
  }
  return std::string(Trimmed(unquoted).empty() ? text : Trimmed(unquoted));
}

/// A list of objects, each with the strings `text_key` and `label_key`.
struct JsonRow {
  std::string text;
  std::string label;
};
Result<std::vector<JsonRow>> ParseJsonRows(std::string_view json, const char* text_key,
                                           const char* label_key, const std::string& name) {
  EDGEBERT_RETURN_IF_ERROR(CheckJsonHasNoNul(json).WithContext(name));
  const Json list = Json::parse(json, nullptr, /*allow_exceptions=*/false);
  if (!list.is_array()) {
    return DataLoss(fmt::format("{}: is no JSON list, expected a list of objects", name));
  }
  std::vector<JsonRow> rows;
  for (const Json& object : list) {
    std::array<std::string, 2> values;
    const std::array<const char*, 2> keys = {text_key, label_key};
    for (size_t i = 0; i < keys.size(); ++i) {
      const auto found = object.is_object() ? object.find(keys[i]) : object.end();
      if (found == object.end() || !found->is_string()) {
        return DataLoss(
            fmt::format("{}: entry {} has no string '{}'", name, rows.size() + 1, keys[i]));
      }
      values[i] = found->get<std::string>();
    }
    rows.push_back({std::move(values[0]), std::move(values[1])});
  }
  return rows;
}

/// The two texts of `text` = `first` + text + `second` + text + `last`; `second` is found from the
/// end, so that the first text may hold it.
Result<std::pair<std::string_view, std::string_view>> SplitPair(std::string_view text,
                                                                std::string_view first,
                                                                std::string_view second,
                                                                std::string_view last,
                                                                const std::string& place) {
  const size_t middle = text.rfind(second);
  if (!text.starts_with(first) || !text.ends_with(last) || middle == std::string_view::npos ||
      middle < first.size() || middle + second.size() + last.size() > text.size()) {
    return DataLoss(
        fmt::format("{}: the text is not of the form '{}…{}…{}'", place, first, second, last));
  }
  const size_t begin = middle + second.size();
  return std::pair(text.substr(first.size(), middle - first.size()),
                   text.substr(begin, text.size() - begin - last.size()));
}

bool IsLetterOrDigit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

std::string WithFullStop(std::string_view text) {
  std::string result(Trimmed(text));
  if (!result.empty() && IsLetterOrDigit(result.back())) {
    result += '.';
  }
  return result;
}

std::vector<std::string_view> Lines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

}  // namespace

Result<Examples> ParseTsvExamples(std::string_view text, const TsvLayout& layout,
                                  const Labels& labels, const std::string& name) {
  EDGEBERT_ASSIGN_OR_RETURN(Table table, ParseTsv(text, layout.columns.empty(), name));
  if (!layout.columns.empty()) {
    if (table.rows.front().size() != layout.columns.size()) {
      return DataLoss(fmt::format("{}:{}: {} columns, expected {}: {}", name,
                                  table.line_numbers.front(), table.rows.front().size(),
                                  layout.columns.size(), fmt::join(layout.columns, ", ")));
    }
    table.header = layout.columns;
  }
  EDGEBERT_ASSIGN_OR_RETURN(const size_t text_column, FindColumn(table, {layout.text}, name));
  EDGEBERT_ASSIGN_OR_RETURN(const size_t label_column, FindColumn(table, {layout.label}, name));
  std::optional<size_t> pair_column;
  if (!layout.pair.empty()) {
    EDGEBERT_ASSIGN_OR_RETURN(pair_column, FindColumn(table, {layout.pair}, name));
  }
  Examples examples;
  for (size_t row = 0; row < table.rows.size(); ++row) {
    const std::vector<std::string>& fields = table.rows[row];
    std::optional<std::string_view> pair;
    if (pair_column) {
      pair = fields[*pair_column];
    }
    EDGEBERT_RETURN_IF_ERROR(Add(fields[text_column], pair, fields[label_column], labels,
                                 fmt::format("{}:{}", name, table.line_numbers[row]), examples));
  }
  return examples;
}

Result<Examples> ParseQqpTsv(std::string_view text, const Labels& labels, const std::string& name) {
  const TsvLayout layout = {
      .columns = {"id", "qid1", "qid2", "question1", "question2", "is_duplicate"},
      .text = "question1",
      .pair = "question2",
      .label = "is_duplicate"};
  const size_t line_end = std::min(text.find('\n'), text.size());
  const auto tabs = static_cast<size_t>(
      std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(line_end), '\t'));
  if (tabs + 1 != layout.columns.size()) {
    text.remove_prefix(line_end);  // The line's end stays, and with it the numbers of lines.
  }
  EDGEBERT_ASSIGN_OR_RETURN(Examples examples, ParseTsvExamples(text, layout, labels, name));
  for (LabelledText& example : examples) {
    example.text = Unquoted(example.text);
    example.pair = Unquoted(*example.pair);
  }
  return examples;
}

Result<Examples> ParseOLoraJson(std::string_view json, std::string_view first,
                                std::string_view second, const Labels& labels,
                                const std::string& name) {
  EDGEBERT_ASSIGN_OR_RETURN(const std::vector<JsonRow> rows,
                            ParseJsonRows(json, "sentence", "label", name));
  const std::string divider = fmt::format("\n{}", second);
  Examples examples;
  for (size_t i = 0; i < rows.size(); ++i) {
    const std::string place = fmt::format("{}: entry {}", name, i + 1);
    EDGEBERT_ASSIGN_OR_RETURN(const auto texts, SplitPair(rows[i].text, first, divider, "", place));
    const std::string pair = Unquoted(texts.second);
    EDGEBERT_RETURN_IF_ERROR(
        Add(Unquoted(texts.first), pair, rows[i].label, labels, place, examples));
  }
  return examples;
}

Result<Examples> ParseGrimoireJson(std::string_view json, const Labels& labels,
                                   const std::string& name) {
  EDGEBERT_ASSIGN_OR_RETURN(const std::vector<JsonRow> rows,
                            ParseJsonRows(json, "text", "ans_label", name));
  Examples examples;
  for (size_t i = 0; i < rows.size(); ++i) {
    const std::string place = fmt::format("{}: entry {}", name, i + 1);
    EDGEBERT_ASSIGN_OR_RETURN(
        const auto texts, SplitPair(rows[i].text, "", "\nquestion: ", " True or False?", place));
    EDGEBERT_RETURN_IF_ERROR(
        Add(texts.first, texts.second, rows[i].label, labels, place, examples));
  }
  return examples;
}

Result<Examples> ParseTemplateCsv(std::string_view text, const Labels& labels,
                                  const std::string& name) {
  constexpr std::string_view kEnd = "\" represent entailment, contradiction, or neutrality?";
  EDGEBERT_ASSIGN_OR_RETURN(const Table table, ParseCsv(text, name));
  EDGEBERT_ASSIGN_OR_RETURN(const size_t question, FindColumn(table, {"Question"}, name));
  EDGEBERT_ASSIGN_OR_RETURN(const size_t answer, FindColumn(table, {"Answer"}, name));
  Examples examples;
  for (size_t row = 0; row < table.rows.size(); ++row) {
    const std::string place = fmt::format("{}:{}", name, table.line_numbers[row]);
    EDGEBERT_ASSIGN_OR_RETURN(const auto texts,
                              SplitPair(table.rows[row][question], "For the statement, \"",
                                        "\", does the hypothesis \"", kEnd, place));
    const std::string pair = WithFullStop(texts.second);
    EDGEBERT_RETURN_IF_ERROR(
        Add(WithFullStop(texts.first), pair, table.rows[row][answer], labels, place, examples));
  }
  return examples;
}

Result<Examples> ParseAlignedLines(std::string_view texts, std::string_view pairs,
                                   std::string_view label_lines, const Labels& labels,
                                   const std::string& name) {
  const std::array<std::vector<std::string_view>, 3> columns = {Lines(texts), Lines(pairs),
                                                                Lines(label_lines)};
  if (columns[0].size() != columns[1].size() || columns[0].size() != columns[2].size()) {
    return DataLoss(fmt::format("{}: {}, {} and {} lines, expected as many in each of the files",
                                name, columns[0].size(), columns[1].size(), columns[2].size()));
  }
  Examples examples;
  for (size_t line = 0; line < columns[0].size(); ++line) {
    for (const auto& column : columns) {
      if (FindInvalidUtf8(column[line])) {
        return DataLoss(fmt::format("{}:{}: not valid UTF-8", name, line + 1));
      }
    }
    EDGEBERT_RETURN_IF_ERROR(Add(columns[0][line], columns[1][line], Trimmed(columns[2][line]),
                                 labels, fmt::format("{}:{}", name, line + 1), examples));
  }
  return examples;
}

std::string RestorePennSigns(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 8> kSigns = {{{"-lrb-", "("},
                                                                                    {"-rrb-", ")"},
                                                                                    {"-lsb-", "["},
                                                                                    {"-rsb-", "]"},
                                                                                    {"-lcb-", "{"},
                                                                                    {"-rcb-", "}"},
                                                                                    {"``", "\""},
                                                                                    {"''", "\""}}};
  std::string result;
  while (!text.empty()) {
    const auto found = std::find_if(kSigns.begin(), kSigns.end(),
                                    [&](const auto& sign) { return text.starts_with(sign.first); });
    if (found != kSigns.end()) {
      result += found->second;
      text.remove_prefix(found->first.size());
    } else {
      result += text.front();
      text.remove_prefix(1);
    }
  }
  return result;
}

}  // namespace edgebert::task_formats
