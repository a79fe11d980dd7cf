#ifndef EDGEBERT_REPORT_RESULTS_TABLE_H_
#define EDGEBERT_REPORT_RESULTS_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "edgebert/base/status.h"

namespace edgebert {

/// A number, words, or nothing.
using Figure = std::variant<std::monostate, double, std::string>;

/// Where the figure of this system comes from.
enum class RowStatus : uint8_t {
  kComputed,   ///< Just now, by the library.
  kRecorded,   ///< Too long to compute for a report: by a command that the note names.
  kExplained,  ///< There is none; the note says why.
};
std::string_view RowStatusName(RowStatus status);  ///< "computed", "recorded", "explained"

/// A headline beside what this system gets.
struct ResultRow {
  std::string id;  ///< Stable: scripts look rows up by it.
  std::string group;
  std::string what;
  Figure published;
  Figure ours;
  std::optional<std::pair<double, double>> range;  ///< Of `ours`: constants at their ends.
  std::string unit;
  std::string boundary;  ///< What an energy includes; empty for other figures.
  std::string source;    ///< Of the published figure; empty without one.
  std::string trust;     ///< How solid it is: "retrieved", "digitised", "recalled", …
  RowStatus status = RowStatus::kExplained;
  std::string note;

  /// ours / published, where both are numbers and the latter is not 0.
  std::optional<double> ratio() const;
};

struct ResultGroup {
  std::string name;
  std::string title;
};

struct ResultsTable {
  std::vector<ResultGroup> groups;
  std::vector<ResultRow> rows;  ///< By group.

  size_t published_rows() const;
  const ResultRow* Find(std::string_view id) const;
};

/// The figures of this system by row, as they are computed.
class Measurements {
 public:
  void Add(std::string id, double value, std::string note = "");
  void Add(std::string id, std::string words, std::string note = "");
  /// As Add(), with the ends that the constants' ranges leave.
  void AddRange(std::string id, double value, double low, double high, std::string note = "");
  /// Why rows whose ids begin with `prefix` have no figure this time.
  void Miss(std::string prefix, std::string reason);

  struct Entry {
    Figure value;
    std::optional<std::pair<double, double>> range;
    std::string note;
  };
  const std::map<std::string, Entry, std::less<>>& entries() const { return entries_; }
  /// The reason of the longest prefix that fits; empty where none does.
  std::string ReasonFor(std::string_view id) const;

 private:
  std::map<std::string, Entry, std::less<>> entries_;
  std::map<std::string, std::string, std::less<>> missing_;
};

/// Joins a catalogue of rows (rows.yaml explains its keys) with what was measured. `name` stands
/// for the catalogue in messages. kInvalidArgument for a catalogue that is not one; kInternal for a
/// measurement that has no row, and for a row that has neither figure nor explanation.
Result<ResultsTable> BuildResultsTable(std::string_view catalogue, const std::string& name,
                                       const Measurements& measurements);

/// The catalogue as it was when the library was built.
std::string_view BuiltInCatalogue();

/// {"rows": [{id, what, published, ours, unit, boundary, status, note, group, source, trust, ratio,
/// range}]}; numbers as they are, unrounded; what is not there is null or "".
std::string ResultsJson(const ResultsTable& table);

/// The same as comma-separated values, a header first; range as two columns.
std::string ResultsCsv(const ResultsTable& table);

/// A number for reading: four significant digits, thousands apart where it is large.
std::string ReadableNumber(double value);

}  // namespace edgebert

#endif  // EDGEBERT_REPORT_RESULTS_TABLE_H_
