#include "edgebert/data/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
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

/// Checks the encoding and takes the byte-order mark off.
Status Prepare(std::string_view& text, const std::string& name) {
  if (const std::optional<size_t> bad = FindInvalidUtf8(text)) {
    const auto line =
        std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(*bad), '\n') + 1;
    return DataLoss(fmt::format("{}:{}: not valid UTF-8", name, line));
  }
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark)) {
    text.remove_prefix(kByteOrderMark.size());
  }
  return OkStatus();
}

/// Adds rows to a table, the header first where there is one.
class TableBuilder {
 public:
  TableBuilder(bool has_header, std::string_view separated, const std::string& name)
      : has_header_(has_header), separated_(separated), name_(name) {}

  Status Add(std::vector<std::string> fields, int line_number) {
    if (columns_ == 0) {
      columns_ = fields.size();
    }
    if (fields.size() != columns_) {
      return DataLoss(fmt::format("{}:{}: {} {} columns, expected {} as in the first row", name_,
                                  line_number, fields.size(), separated_, columns_));
    }
    if (has_header_ && table_.header.empty()) {
      table_.header = std::move(fields);
      return OkStatus();
    }
    table_.rows.push_back(std::move(fields));
    table_.line_numbers.push_back(line_number);
    return OkStatus();
  }

  Result<Table> Finish() && {
    if (table_.rows.empty()) {
      return DataLoss(fmt::format("{}: holds no rows", name_));
    }
    return std::move(table_);
  }

 private:
  bool has_header_;
  std::string_view separated_;
  const std::string& name_;
  size_t columns_ = 0;
  Table table_;
};

/// Takes comma-separated text apart, field by field.
class CsvScanner {
 public:
  CsvScanner(std::string_view text, const std::string& name) : text_(text), name_(name) {}

  bool done() const { return offset_ == text_.size(); }
  int line() const { return line_; }

  /// The fields of the next row; a single empty one for an empty line.
  Result<std::vector<std::string>> Row() {
    std::vector<std::string> fields;
    while (true) {
      if (!done() && text_[offset_] == '"') {
        EDGEBERT_ASSIGN_OR_RETURN(fields.emplace_back(), QuotedField());
      } else {
        fields.push_back(PlainField());
      }
      if (done() || text_[offset_] != ',') {
        break;
      }
      ++offset_;
    }
    if (!done()) {
      offset_ += text_[offset_] == '\r' ? 2u : 1u;
      ++line_;
    }
    return fields;
  }

 private:
  bool AtLineEnd() const {
    return text_[offset_] == '\n' || text_.substr(offset_).starts_with("\r\n");
  }

  std::string PlainField() {
    const size_t start = offset_;
    while (!done() && text_[offset_] != ',' && !AtLineEnd()) {
      ++offset_;
    }
    return std::string(text_.substr(start, offset_ - start));
  }

  Result<std::string> QuotedField() {
    const int first_line = line_;
    std::string field;
    for (++offset_; !done(); ++offset_) {
      const char c = text_[offset_];
      line_ += c == '\n' ? 1 : 0;
      if (c != '"') {
        field += c;
        continue;
      }
      if (!text_.substr(offset_).starts_with("\"\"")) {
        ++offset_;
        if (!done() && text_[offset_] != ',' && !AtLineEnd()) {
          return DataLoss(fmt::format(
              "{}:{}: text after a closing quote, expected a comma or the end of the line (a quote "
              "inside quotes is written twice)",
              name_, line_));
        }
        return field;
      }
      field += c;
      ++offset_;
    }
    return DataLoss(
        fmt::format("{}:{}: a quote is opened here and never closed", name_, first_line));
  }

  std::string_view text_;
  const std::string& name_;
  size_t offset_ = 0;
  int line_ = 1;
};

}  // namespace

Result<Table> ParseTsv(std::string_view text, bool has_header, const std::string& name) {
  EDGEBERT_RETURN_IF_ERROR(Prepare(text, name));
  TableBuilder builder(has_header, "tab-separated", name);
  int line_number = 0;
  while (!text.empty()) {
    ++line_number;
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) {
      line.remove_suffix(1);
    }
    if (!line.empty()) {
      EDGEBERT_RETURN_IF_ERROR(builder.Add(SplitTabs(line), line_number));
    }
  }
  return std::move(builder).Finish();
}

Result<Table> ParseCsv(std::string_view text, const std::string& name) {
  EDGEBERT_RETURN_IF_ERROR(Prepare(text, name));
  TableBuilder builder(/*has_header=*/true, "comma-separated", name);
  CsvScanner scanner(text, name);
  while (!scanner.done()) {
    const int line_number = scanner.line();
    EDGEBERT_ASSIGN_OR_RETURN(std::vector<std::string> fields, scanner.Row());
    if (fields.size() == 1 && fields.front().empty()) {
      continue;
    }
    EDGEBERT_RETURN_IF_ERROR(builder.Add(std::move(fields), line_number));
  }
  return std::move(builder).Finish();
}

Result<Table> ReadTable(const std::filesystem::path& path) {
  EDGEBERT_ASSIGN_OR_RETURN(const std::string text, ReadTextFile(path, kMaxDatasetBytes));
  return path.extension() == ".csv" ? ParseCsv(text, path.string())
                                    : ParseTsv(text, /*has_header=*/true, path.string());
}

Result<size_t> FindColumn(const Table& table, const std::vector<std::string>& names,
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

}  // namespace edgebert
