#include "edgebert/report/results_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "edgebert/base/text.h"
#include "edgebert/base/yaml_document.h"

namespace edgebert {
namespace {

using OrderedJson = nlohmann::ordered_json;

constexpr uint64_t kMaxCatalogueBytes = uint64_t{1} << 20;

Result<Figure> ReadFigure(const YamlValue& value) {
  EDGEBERT_ASSIGN_OR_RETURN(std::string text, value.Text());
  const Result<double> number = ParseFiniteNumber(text);
  return number.ok() ? Figure(*number) : Figure(std::move(text));
}

Status ReadOptionalText(const YamlSection& section, std::string_view key, std::string& text) {
  return section.Has(key) ? section.Read(key, text) : OkStatus();
}

void Append(std::string_view more, std::string& note) {
  if (!more.empty()) {
    note += (note.empty() ? "" : " ") + std::string(more);
  }
}

/// A row of the catalogue, with the figure that was recorded for it, if any.
Result<ResultRow> ReadRow(const YamlValue& value, const std::string& group,
                          const std::map<std::string, std::string>& sources) {
  EDGEBERT_ASSIGN_OR_RETURN(
      const YamlSection section,
      value.Section({"id", "what", "unit"},
                    {"published", "source", "trust", "boundary", "note", "why", "recorded"}));
  ResultRow row;
  row.group = group;
  EDGEBERT_RETURN_IF_ERROR(section.Read("id", row.id));
  EDGEBERT_RETURN_IF_ERROR(section.Read("what", row.what));
  EDGEBERT_RETURN_IF_ERROR(section.Read("unit", row.unit));
  row.unit = row.unit == "-" ? "" : row.unit;
  EDGEBERT_RETURN_IF_ERROR(ReadOptionalText(section, "boundary", row.boundary));
  if (section.Has("published")) {
    EDGEBERT_ASSIGN_OR_RETURN(row.published, ReadFigure(section.at("published")));
    std::string source;
    EDGEBERT_RETURN_IF_ERROR(ReadOptionalText(section, "source", source));
    EDGEBERT_RETURN_IF_ERROR(ReadOptionalText(section, "trust", row.trust));
    const auto found = sources.find(source);
    if (found == sources.end() || row.trust.empty()) {
      return value.Error(fmt::format(
          "row {}: a published figure needs a source of the list above and a trust", row.id));
    }
    row.source = found->second;
  }
  EDGEBERT_RETURN_IF_ERROR(ReadOptionalText(section, "note", row.note));
  if (section.Has("recorded")) {
    EDGEBERT_ASSIGN_OR_RETURN(const YamlSection recorded,
                              section.at("recorded").Section({"value", "command"}));
    EDGEBERT_ASSIGN_OR_RETURN(row.ours, ReadFigure(recorded.at("value")));
    std::string command;
    EDGEBERT_RETURN_IF_ERROR(recorded.Read("command", command));
    Append(fmt::format("Recorded: {}.", command), row.note);
    row.status = RowStatus::kRecorded;
  } else {
    std::string why;
    EDGEBERT_RETURN_IF_ERROR(ReadOptionalText(section, "why", why));
    Append(why, row.note);
  }
  return row;
}

OrderedJson ToJson(const Figure& figure) {
  if (const double* number = std::get_if<double>(&figure)) {
    return *number;
  }
  const std::string* words = std::get_if<std::string>(&figure);
  return words != nullptr ? OrderedJson(*words) : OrderedJson();
}

std::string CsvFigure(const Figure& figure) {
  if (const double* number = std::get_if<double>(&figure)) {
    return fmt::format("{}", *number);
  }
  const std::string* words = std::get_if<std::string>(&figure);
  return words != nullptr ? CsvField(*words) : "";
}

}  // namespace

std::string_view RowStatusName(RowStatus status) {
  switch (status) {
    case RowStatus::kComputed:
      return "computed";
    case RowStatus::kRecorded:
      return "recorded";
    case RowStatus::kExplained:
      return "explained";
  }
  return "unknown";
}

std::optional<double> ResultRow::ratio() const {
  const double* theirs = std::get_if<double>(&published);
  const double* own = std::get_if<double>(&ours);
  return theirs != nullptr && own != nullptr && *theirs != 0 ? std::optional(*own / *theirs)
                                                             : std::nullopt;
}

size_t ResultsTable::published_rows() const {
  return static_cast<size_t>(std::count_if(rows.begin(), rows.end(), [](const ResultRow& row) {
    return !std::holds_alternative<std::monostate>(row.published);
  }));
}

const ResultRow* ResultsTable::Find(std::string_view id) const {
  const auto found =
      std::find_if(rows.begin(), rows.end(), [&](const ResultRow& row) { return row.id == id; });
  return found == rows.end() ? nullptr : &*found;
}

void Measurements::Add(std::string id, double value, std::string note) {
  entries_.insert_or_assign(std::move(id), Entry{value, std::nullopt, std::move(note)});
}

void Measurements::Add(std::string id, std::string words, std::string note) {
  entries_.insert_or_assign(std::move(id), Entry{std::move(words), std::nullopt, std::move(note)});
}

void Measurements::AddRange(std::string id, double value, double low, double high,
                            std::string note) {
  entries_.insert_or_assign(std::move(id), Entry{value, std::pair(low, high), std::move(note)});
}

void Measurements::Miss(std::string prefix, std::string reason) {
  missing_.insert_or_assign(std::move(prefix), std::move(reason));
}

std::string Measurements::ReasonFor(std::string_view id) const {
  std::string reason;
  size_t longest = 0;
  for (const auto& [prefix, why] : missing_) {
    if (id.starts_with(prefix) && prefix.size() >= longest) {
      longest = prefix.size();
      reason = why;
    }
  }
  return reason;
}

Result<ResultsTable> BuildResultsTable(std::string_view catalogue, const std::string& name,
                                       const Measurements& measurements) {
  EDGEBERT_ASSIGN_OR_RETURN(
      const YamlValue document,
      ParseYaml(catalogue, name, "the catalogue of rows", kMaxCatalogueBytes));
  EDGEBERT_ASSIGN_OR_RETURN(const YamlSection top, document.Section({"sources", "groups"}));
  EDGEBERT_ASSIGN_OR_RETURN(const YamlSection listed, top.at("sources").OpenSection());
  std::map<std::string, std::string> sources;
  for (const auto& [key, value] : listed.entries()) {
    EDGEBERT_ASSIGN_OR_RETURN(sources[key], value.Text());
  }
  ResultsTable table;
  std::set<std::string> ids;
  EDGEBERT_ASSIGN_OR_RETURN(const std::vector<YamlValue> groups, top.at("groups").Sequence(1));
  for (const YamlValue& group_value : groups) {
    EDGEBERT_ASSIGN_OR_RETURN(const YamlSection group,
                              group_value.Section({"name", "title", "rows"}));
    ResultGroup& added = table.groups.emplace_back();
    EDGEBERT_RETURN_IF_ERROR(group.Read("name", added.name));
    EDGEBERT_RETURN_IF_ERROR(group.Read("title", added.title));
    EDGEBERT_ASSIGN_OR_RETURN(const std::vector<YamlValue> rows, group.at("rows").Sequence(1));
    for (const YamlValue& row_value : rows) {
      EDGEBERT_ASSIGN_OR_RETURN(ResultRow row, ReadRow(row_value, added.name, sources));
      if (!ids.insert(row.id).second) {
        return row_value.Error(fmt::format("two rows are called {}", row.id));
      }
      if (const auto found = measurements.entries().find(row.id);
          found != measurements.entries().end()) {
        row.ours = found->second.value;
        row.range = found->second.range;
        row.status = RowStatus::kComputed;
        Append(found->second.note, row.note);
      } else if (row.status == RowStatus::kExplained) {
        Append(measurements.ReasonFor(row.id), row.note);
        if (row.note.empty()) {
          return Internal(
              fmt::format("row {} has neither a figure nor an explanation why not", row.id));
        }
      }
      table.rows.push_back(std::move(row));
    }
  }
  for (const auto& [id, entry] : measurements.entries()) {
    if (!ids.contains(id)) {
      return Internal(fmt::format("a figure was computed for row {}, which {} lacks", id, name));
    }
  }
  return table;
}

std::string ResultsJson(const ResultsTable& table) {
  std::string json = "{\"rows\": [";
  const char* separator = "\n  ";
  for (const ResultRow& row : table.rows) {
    const std::optional<double> ratio = row.ratio();
    const OrderedJson object = {
        {"id", row.id},
        {"what", row.what},
        {"published", ToJson(row.published)},
        {"ours", ToJson(row.ours)},
        {"unit", row.unit},
        {"boundary", row.boundary},
        {"status", RowStatusName(row.status)},
        {"note", row.note},
        {"group", row.group},
        {"source", row.source},
        {"trust", row.trust},
        {"ratio", ratio ? OrderedJson(*ratio) : OrderedJson()},
        {"range",
         row.range ? OrderedJson::array({row.range->first, row.range->second}) : OrderedJson()}};
    // A row a line.
    json += separator + object.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
    separator = ",\n  ";
  }
  return json + "\n]}\n";
}

std::string ResultsCsv(const ResultsTable& table) {
  std::string csv =
      "id,group,what,published,ours,low,high,ratio,unit,boundary,status,source,trust,note\n";
  for (const ResultRow& row : table.rows) {
    const std::optional<double> ratio = row.ratio();
    csv += fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{},{}\n", row.id, row.group,
                       CsvField(row.what), CsvFigure(row.published), CsvFigure(row.ours),
                       row.range ? fmt::format("{}", row.range->first) : "",
                       row.range ? fmt::format("{}", row.range->second) : "",
                       ratio ? fmt::format("{}", *ratio) : "", CsvField(row.unit),
                       CsvField(row.boundary), RowStatusName(row.status), CsvField(row.source),
                       CsvField(row.trust), CsvField(row.note));
  }
  return csv;
}

std::string ReadableNumber(double value) {
  const double magnitude = std::abs(value);
  if (value == 0 || (magnitude >= 1e-3 && magnitude < 1e4)) {
    return fmt::format("{:.4g}", value);
  }
  if (magnitude >= 1e4 && magnitude < 1e9) {
    std::string digits = fmt::format("{:.0f}", value);
    for (size_t i = digits.size(); i > 3 + (value < 0 ? 1U : 0U);) {
      i -= 3;
      digits.insert(i, "\u202f");  // Narrow no-break space.
    }
    return digits;
  }
  return fmt::format("{:.2e}", value);
}

}  // namespace edgebert
