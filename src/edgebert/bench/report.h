#ifndef EDGEBERT_BENCH_REPORT_H_
#define EDGEBERT_BENCH_REPORT_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "edgebert/bench/measurement.h"
#include "edgebert/bench/statistics.h"

namespace edgebert {

/// A line of the table: one contender on one workload.
struct BenchRow {
  std::string runtime;
  std::string version;
  std::string workload;
  bool exits = false;
  bool tokenize = false;
  size_t batch = 1;
  std::string precision;
  int threads = 1;
  std::string isa;
  size_t sentences = 0;
  double mean_tokens = 0;
  TimeSummary time;  ///< Milliseconds a sentence.
  std::optional<double> accuracy;
  std::optional<double> mean_exit_layer;
  uint64_t peak_bytes = 0;
  std::optional<RatioEstimate> ratio;  ///< Its time over the baseline's.

  double tokens_per_second() const { return mean_tokens / time.mean * 1e3; }
};

/// The rows of contenders that ran to the end, with ratios to the contender of index `baseline`
/// (none where that one failed). [contenders that ran]
std::vector<BenchRow> MakeRows(std::span<const Contender> contenders,
                               std::span<const Measured> measured, const Workload& workload,
                               size_t baseline, int threads);

/// One object, without a line end. The ratio's key is "ratio_to_" and `baseline`.
std::string RowJson(const BenchRow& row, const std::string& baseline);

/// A table with a header; columns are named as the JSON keys.
std::string RowsCsv(std::span<const BenchRow> rows, const std::string& baseline);

/// The rows as a table to read, with a header.
std::string RowsTable(std::span<const BenchRow> rows, const std::string& baseline);

/// Mean time against mean tokens, a line for each runtime, as SVG.
std::string TimePlot(std::span<const BenchRow> rows);

}  // namespace edgebert

#endif  // EDGEBERT_BENCH_REPORT_H_
