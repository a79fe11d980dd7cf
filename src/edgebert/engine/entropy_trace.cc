#include "edgebert/engine/entropy_trace.h"

#include <fmt/format.h>

#include <cmath>
#include <numeric>

#include "edgebert/base/text.h"

namespace edgebert {
namespace {

std::string_view Trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) {
    return {};
  }
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

/// Rows of numbers of equal length; lines without any text are passed over.
struct NumberTable {
  size_t columns = 0;
  std::vector<double> values;
  std::vector<int> line_of_row;
};

Result<NumberTable> ParseNumberTable(std::string_view csv, const std::string& name) {
  NumberTable table;
  int line_number = 0;
  while (!csv.empty()) {
    ++line_number;
    const size_t end = std::min(csv.find('\n'), csv.size());
    const std::string_view line = Trimmed(csv.substr(0, end));
    csv.remove_prefix(std::min(end + 1, csv.size()));
    if (line.empty()) {
      continue;
    }
    size_t column = 0;
    for (size_t start = 0; start <= line.size(); ++column) {
      const size_t stop = std::min(line.find(',', start), line.size());
      const std::string_view field = Trimmed(line.substr(start, stop - start));
      const Result<double> value = ParseFiniteNumber(field);
      if (!value.ok()) {
        return DataLoss(fmt::format("{}:{}: column {}: {}", name, line_number, column + 1,
                                    value.status().message()));
      }
      table.values.push_back(*value);
      start = stop + 1;
    }
    if (table.columns == 0) {
      table.columns = column;
    }
    if (column != table.columns) {
      return DataLoss(fmt::format("{}:{}: {} columns, expected {} as in the first row", name,
                                  line_number, column, table.columns));
    }
    table.line_of_row.push_back(line_number);
  }
  if (table.values.empty()) {
    return DataLoss(fmt::format("{}: holds no rows, expected comma-separated entropies", name));
  }
  return table;
}

}  // namespace

Result<EntropyTrace> ParseEntropyTrace(std::string_view csv, int num_classes,
                                       const std::string& name) {
  if (num_classes < 2) {
    return InvalidArgument(
        fmt::format("{}: a trace of {} classes, expected at least 2", name, num_classes));
  }
  EDGEBERT_ASSIGN_OR_RETURN(NumberTable table, ParseNumberTable(csv, name));
  if (table.columns > kMaxLayers) {
    return DataLoss(
        fmt::format("{}: {} columns, expected at most {} layers", name, table.columns, kMaxLayers));
  }
  const double maximum = std::log(num_classes) + 1e-6;
  for (size_t i = 0; i < table.values.size(); ++i) {
    if (table.values[i] < 0 || table.values[i] > maximum) {
      return DataLoss(fmt::format("{}:{}: column {}: entropy {} is outside [0, ln {}]", name,
                                  table.line_of_row[i / table.columns], i % table.columns + 1,
                                  table.values[i], num_classes));
    }
  }
  return EntropyTrace{static_cast<int>(table.columns), std::move(table.values)};
}

Result<PredictorTable> ParsePredictorCsv(std::string_view csv, const std::string& name) {
  EDGEBERT_ASSIGN_OR_RETURN(const NumberTable table, ParseNumberTable(csv, name));
  if (table.columns < 2 || table.columns > kMaxLayers) {
    return DataLoss(
        fmt::format("{}: {} columns, expected a first-layer entropy and 1 to {} "
                    "predicted entropies",
                    name, table.columns, kMaxLayers - 1));
  }
  PredictorTable predictor;
  predictor.num_columns = static_cast<int>(table.columns) - 1;
  for (size_t i = 0; i < table.values.size(); ++i) {
    const auto value = static_cast<float>(table.values[i]);
    const int line = table.line_of_row[i / table.columns];
    if (value < 0) {
      return DataLoss(fmt::format("{}:{}: column {}: entropy {} is negative", name, line,
                                  i % table.columns + 1, value));
    }
    if (i % table.columns != 0) {
      predictor.later_entropy.push_back(value);
      continue;
    }
    if (!predictor.first_entropy.empty() && value <= predictor.first_entropy.back()) {
      return DataLoss(
          fmt::format("{}:{}: column 1: first-layer entropies must ascend", name, line));
    }
    predictor.first_entropy.push_back(value);
  }
  return predictor;
}

std::vector<int> EntropyTrace::Layers() const {
  std::vector<int> layers(static_cast<size_t>(num_layers));
  std::iota(layers.begin(), layers.end(), 1);
  return layers;
}

std::vector<int> ReplayExits(const EntropyTrace& trace, ExitRule& rule) {
  std::vector<int> exits;
  exits.reserve(trace.num_sentences());
  for (size_t sentence = 0; sentence < trace.num_sentences(); ++sentence) {
    const std::span<const double> entropies = trace.Sentence(sentence);
    rule.Begin();
    int layer = 1;
    while (layer < trace.num_layers &&
           !rule.ShouldExit({layer, entropies[static_cast<size_t>(layer - 1)]})) {
      ++layer;
    }
    exits.push_back(layer);
  }
  return exits;
}

}  // namespace edgebert
