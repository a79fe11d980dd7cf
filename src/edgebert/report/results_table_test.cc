#include "edgebert/report/results_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "edgebert/report/recorded_threshold.h"
#include "edgebert/testing/testing.h"

namespace edgebert {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kCatalogue = R"yaml(
sources: {paper: "The paper"}
groups:
  - name: energy
    title: Energy
    rows:
      - {id: a, what: "first, \"quoted\"", unit: x, published: 7, source: paper, trust: retrieved}
      - {id: b, what: second, unit: "-", published: lossless, source: paper, trust: recalled, why: Not built.}
      - {id: c, what: third, unit: mJ, recorded: {value: 0.1, command: make it}}
)yaml";

TEST(ResultsTableTest, RowsJoinTheCatalogueWithWhatWasMeasured) {
  Measurements figures;
  figures.AddRange("a", 14.000000000000002, 13, 15, "Twice.");
  const auto table = BuildResultsTable(kCatalogue, "rows", figures);
  ASSERT_OK(table);
  ASSERT_EQ(table->rows.size(), 3u);
  EXPECT_EQ(table->published_rows(), 2u);
  EXPECT_EQ(table->rows[0].status, RowStatus::kComputed);
  EXPECT_EQ(table->rows[0].ratio(), 14.000000000000002 / 7);
  EXPECT_EQ(table->rows[0].note, "Twice.");
  EXPECT_EQ(table->rows[1].status, RowStatus::kExplained);
  EXPECT_EQ(table->rows[1].note, "Not built.");
  EXPECT_EQ(table->rows[2].status, RowStatus::kRecorded);
  EXPECT_EQ(table->rows[2].note, "Recorded: make it.");
  EXPECT_EQ(table->Find("c"), &table->rows[2]);
  EXPECT_EQ(table->Find("d"), nullptr);
}

TEST(ResultsTableTest, JsonAndCsvKeepEveryBit) {
  Measurements figures;
  figures.Add("a", 0.1 + 0.2);
  const auto table = BuildResultsTable(kCatalogue, "rows", figures);
  ASSERT_OK(table);
  const auto json = nlohmann::json::parse(ResultsJson(*table));
  ASSERT_EQ(json["rows"].size(), 3u);
  EXPECT_EQ(json["rows"][0]["ours"].get<double>(), 0.1 + 0.2);
  EXPECT_EQ(json["rows"][0]["what"], "first, \"quoted\"");
  EXPECT_EQ(json["rows"][1]["published"], "lossless");
  EXPECT_TRUE(json["rows"][1]["ours"].is_null());
  for (const char* key :
       {"id", "what", "published", "ours", "unit", "boundary", "status", "note"}) {
    EXPECT_TRUE(json["rows"][0].contains(key)) << key;
  }
  EXPECT_THAT(ResultsCsv(*table),
              HasSubstr("a,energy,\"first, \"\"quoted\"\"\",7,0.30000000000000004,,,"));
}

TEST(ResultsTableTest, AFigureWithoutRowOrARowWithoutReasonIsADefect) {
  Measurements figures;
  figures.Add("a", 1);
  figures.Add("nowhere", 1);
  EXPECT_THAT(BuildResultsTable(kCatalogue, "rows", figures).status().message(),
              HasSubstr("row nowhere"));
  EXPECT_THAT(BuildResultsTable(kCatalogue, "rows", Measurements()).status().message(),
              HasSubstr("row a has neither"));
  Measurements missing;
  missing.Miss("", "Needs data.");
  EXPECT_OK(BuildResultsTable(kCatalogue, "rows", missing));
}

TEST(ResultsTableTest, APublishedFigureNeedsItsSource) {
  const std::string catalogue =
      "sources: {paper: p}\ngroups:\n- {name: g, title: t, rows: [{id: a, what: w, unit: x, "
      "published: 7}]}\n";
  EXPECT_THAT(BuildResultsTable(catalogue, "rows", {}).status().message(), HasSubstr("rows:3: "));
}

TEST(ResultsTableTest, TheBuiltInCatalogueHasEnoughPublishedRowsEachExplained) {
  Measurements missing;
  missing.Miss("", "Needs data.");
  const auto table = BuildResultsTable(BuiltInCatalogue(), "rows.yaml", missing);
  ASSERT_OK(table);
  EXPECT_GE(table->published_rows(), 40u);
  for (const char* id : {"exits.sst2.early-exit.0.28", "energy.sst2-trace.paced.over-conventional",
                         "energy.own-sst2.paced.over-conventional", "envm.mlc2.accuracy.min"}) {
    EXPECT_NE(table->Find(id), nullptr) << id;
  }
}

TEST(ResultsTableTest, NumbersReadWell) {
  EXPECT_EQ(ReadableNumber(7.123456), "7.123");
  EXPECT_EQ(ReadableNumber(0), "0");
  EXPECT_EQ(ReadableNumber(3675126), "3\u202f675\u202f126");
  EXPECT_EQ(ReadableNumber(-66000), "-66\u202f000");
  EXPECT_EQ(ReadableNumber(7.9e-9), "7.90e-09");
}

TEST(RecordedThresholdTest, IsFoundByTheModelsName) {
  const auto found = FindRecordedThreshold(BuiltInThresholds(), "thresholds.yaml", "sst2-small");
  ASSERT_OK(found);
  ASSERT_TRUE(found->has_value());
  EXPECT_GT((*found)->nats, 0);
  EXPECT_FALSE(FindRecordedThreshold(BuiltInThresholds(), "t", "another")->has_value());
  EXPECT_FALSE(FindRecordedThreshold("- {model: a, nats: -1, command: c}", "t", "a").ok());
}

}  // namespace
}  // namespace edgebert
