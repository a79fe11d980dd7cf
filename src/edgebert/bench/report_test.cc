#include "edgebert/bench/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace edgebert {
namespace {

using ::testing::HasSubstr;

BenchRow Row() {
  BenchRow row;
  row.runtime = "edgebert, \"fast\"";
  row.workload = "tokens-16";
  row.precision = "af8";
  row.sentences = 10;
  row.mean_tokens = 16;
  row.time = {2, 1.5, 3, 4};
  row.accuracy = 0.9;
  row.ratio = RatioEstimate{0.8, 0.75, 0.85};
  return row;
}

TEST(RowJsonTest, HasTheDocumentedKeysAndNullWhereThereIsNothing) {
  const auto json = nlohmann::json::parse(RowJson(Row(), "onnxruntime_int8"));
  for (const char* key :
       {"runtime", "workload", "exits", "batch", "precision", "threads", "isa", "sentences",
        "mean_ms", "p50_ms", "p95_ms", "p99_ms", "accuracy", "mean_exit_layer", "peak_bytes",
        "ratio_to_onnxruntime_int8", "ratio_low", "ratio_high"}) {
    EXPECT_TRUE(json.contains(key)) << key;
  }
  EXPECT_EQ(json["ratio_to_onnxruntime_int8"], 0.8);
  EXPECT_EQ(json["p95_ms"], 3);
  EXPECT_EQ(json["tokens_per_second"], 8000);
  EXPECT_TRUE(json["mean_exit_layer"].is_null());
}

TEST(RowsCsvTest, QuotesWhatNeedsItAndLeavesAbsentFieldsEmpty) {
  BenchRow bare = Row();
  bare.ratio.reset();
  const std::vector<BenchRow> rows = {Row(), bare};
  const std::string csv = RowsCsv(rows, "x");
  EXPECT_TRUE(csv.starts_with("runtime,version,workload,"));
  EXPECT_THAT(csv, HasSubstr("\n\"edgebert, \"\"fast\"\"\",,tokens-16,false,"));
  EXPECT_THAT(csv, HasSubstr(",0.8,0.75,0.85\n"));
  EXPECT_TRUE(csv.ends_with(",,,\n"));
}

TEST(RowsTableTest, ShowsRatiosWithTheirIntervals) {
  const std::vector<BenchRow> rows = {Row()};
  const std::string table = RowsTable(rows, "onnxruntime_int8");
  EXPECT_THAT(table, HasSubstr("over onnxruntime_int8"));
  EXPECT_THAT(table, HasSubstr("0.800 [0.750, 0.850]"));
  EXPECT_THAT(table, HasSubstr("90.00 %"));
}

TEST(TimePlotTest, DrawsALineForEachRuntimeOverItsLengths) {
  BenchRow longer = Row();
  longer.workload = "tokens-32";
  longer.mean_tokens = 32;
  BenchRow other = Row();
  other.workload = "sst2-dev";
  other.runtime = "not drawn";
  const std::vector<BenchRow> rows = {longer, Row(), other};
  const std::string svg = TimePlot(rows);
  EXPECT_THAT(svg, HasSubstr("<svg"));
  EXPECT_THAT(svg, HasSubstr("af8"));
  EXPECT_THAT(svg, ::testing::Not(HasSubstr("not drawn")));
}

}  // namespace
}  // namespace edgebert
