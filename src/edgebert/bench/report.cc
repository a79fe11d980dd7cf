#include "edgebert/bench/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "edgebert/base/text.h"
#include "edgebert/pipeline/line_plot.h"

namespace edgebert {
namespace {

using Json = nlohmann::ordered_json;

template <typename T>
Json OrNull(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json ToJson(const BenchRow& row, const std::string& baseline) {
  const auto ratio = [&](double RatioEstimate::*member) {
    return row.ratio ? Json((*row.ratio).*member) : Json(nullptr);
  };
  return {{"runtime", row.runtime},
          {"version", row.version},
          {"workload", row.workload},
          {"exits", row.exits},
          {"tokenizing", row.tokenize},
          {"batch", row.batch},
          {"precision", row.precision},
          {"threads", row.threads},
          {"isa", row.isa},
          {"sentences", row.sentences},
          {"mean_tokens", row.mean_tokens},
          {"mean_ms", row.time.mean},
          {"p50_ms", row.time.p50},
          {"p95_ms", row.time.p95},
          {"p99_ms", row.time.p99},
          {"tokens_per_second", row.tokens_per_second()},
          {"accuracy", OrNull(row.accuracy)},
          {"mean_exit_layer", OrNull(row.mean_exit_layer)},
          {"peak_bytes", row.peak_bytes},
          {"ratio_to_" + baseline, ratio(&RatioEstimate::ratio)},
          {"ratio_low", ratio(&RatioEstimate::low)},
          {"ratio_high", ratio(&RatioEstimate::high)}};
}

/// A JSON value as a CSV field.
std::string Field(const Json& value) {
  if (value.is_null()) {
    return "";
  }
  if (!value.is_string()) {
    return value.dump();
  }
  return CsvField(value.get<std::string>());
}

std::string LineName(const BenchRow& row) {
  return fmt::format("{} {}{}", row.runtime, row.precision, row.exits ? ", exits" : "");
}

}  // namespace

std::vector<BenchRow> MakeRows(std::span<const Contender> contenders,
                               std::span<const Measured> measured, const Workload& workload,
                               size_t baseline, int threads) {
  std::vector<BenchRow> rows;
  const bool has_baseline = baseline < measured.size() && measured[baseline].status.ok();
  for (size_t i = 0; i < contenders.size(); ++i) {
    const Measured& each = measured[i];
    if (!each.status.ok()) {
      continue;
    }
    const RuntimeInfo& info = contenders[i].runtime->info();
    BenchRow row;
    row.runtime = contenders[i].name;
    row.version = info.version;
    row.workload = workload.name;
    row.exits = contenders[i].exits;
    row.tokenize = contenders[i].tokenize;
    row.batch = workload.batch;
    row.precision = info.precision;
    row.threads = threads;
    row.isa = info.isa;
    row.sentences = workload.sentences.size();
    row.mean_tokens = workload.mean_tokens();
    row.time = Summarize(each.milliseconds);
    row.accuracy = AccuracyOf(each, workload);
    row.mean_exit_layer = MeanExitLayer(each);
    row.peak_bytes = each.peak_bytes;
    if (has_baseline) {
      row.ratio = PairedRatio(each.milliseconds, measured[baseline].milliseconds);
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

std::string RowJson(const BenchRow& row, const std::string& baseline) {
  return ToJson(row, baseline).dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string RowsCsv(std::span<const BenchRow> rows, const std::string& baseline) {
  std::string csv;
  for (const BenchRow& row : rows) {
    const Json object = ToJson(row, baseline);
    std::vector<std::string> names;
    std::vector<std::string> fields;
    for (const auto& [name, value] : object.items()) {
      names.push_back(name);
      fields.push_back(Field(value));
    }
    if (csv.empty()) {
      csv = fmt::format("{}\n", fmt::join(names, ","));
    }
    csv += fmt::format("{}\n", fmt::join(fields, ","));
  }
  return csv;
}

std::string RowsTable(std::span<const BenchRow> rows, const std::string& baseline) {
  std::string table =
      fmt::format("{:<24} {:<10} {:<5} {:>9} {:>8} {:>8} {:>8} {:>8} {:>8} {:>6} {:>8}  over {}\n",
                  "runtime", "workload", "prec.", "mean ms", "p50", "p95", "p99", "tokens/s",
                  "accuracy", "layer", "peak MB", baseline);
  for (const BenchRow& row : rows) {
    const std::string name = fmt::format("{}{}{}", row.runtime, row.exits ? ", exits" : "",
                                         row.tokenize ? ", from text" : "");
    table += fmt::format(
        "{:<24} {:<10} {:<5} {:>9.3f} {:>8.3f} {:>8.3f} {:>8.3f} {:>8.0f} {:>8} {:>6} {:>8.1f}  "
        "{}\n",
        name, row.workload, row.precision, row.time.mean, row.time.p50, row.time.p95, row.time.p99,
        row.tokens_per_second(), row.accuracy ? fmt::format("{:.2f} %", *row.accuracy * 100) : "",
        row.mean_exit_layer ? fmt::format("{:.2f}", *row.mean_exit_layer) : "",
        static_cast<double>(row.peak_bytes) * 1e-6,
        row.ratio ? fmt::format("{:.3f} [{:.3f}, {:.3f}]", row.ratio->ratio, row.ratio->low,
                                row.ratio->high)
                  : "");
  }
  return table;
}

std::string TimePlot(std::span<const BenchRow> rows) {
  LinePlot plot{
      "Time of a sentence against its length", {"tokens", 0, 0}, {"milliseconds", 0, 0}, {}};
  std::vector<std::string> order;
  std::map<std::string, PlotLine> lines;
  for (const BenchRow& row : rows) {
    if (!row.workload.starts_with("tokens-") || row.tokenize) {
      continue;
    }
    const std::string name = LineName(row);
    if (!lines.contains(name)) {
      order.push_back(name);
      lines[name].name = name;
    }
    lines[name].points.push_back({row.mean_tokens, row.time.mean});
    plot.x.end = std::max(plot.x.end, row.mean_tokens);
    plot.y.end = std::max(plot.y.end, row.time.mean);
  }
  for (const std::string& name : order) {
    std::ranges::sort(lines[name].points, {}, &PlotPoint::x);
    plot.lines.push_back(std::move(lines[name]));
  }
  return LinePlotSvg(plot);
}

}  // namespace edgebert
