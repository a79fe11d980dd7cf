#include "edgebert/engine/entropy_trace.h"

#include <gtest/gtest.h>

#include <numeric>

#include "edgebert/base/file.h"
#include "edgebert/testing/testing.h"

namespace edgebert {
namespace {

/// The authors' SST-2 entropies and predictor table, and the figures computed from them by two
/// independent calculations (one of them the authors' own code): sums of exit layers, sums weighted
/// by row number, histograms over layers 1 to 12, and the first twelve exits.
struct Expected {
  double threshold;
  int64_t sum;
  int64_t weighted_sum;
  std::vector<int> histogram;
  std::vector<int> first_rows;
};

const std::vector<Expected> kEarlyExit = {
    {.09,
     5130,
     2223955,
     {26, 98, 89, 146, 135, 108, 69, 24, 11, 13, 6, 147},
     {2, 3, 4, 6, 6, 2, 12, 12, 9, 8, 4, 4}},
    {.16,
     4296,
     1863897,
     {67, 163, 105, 150, 114, 83, 46, 19, 10, 7, 10, 98},
     {1, 3, 2, 6, 6, 2, 11, 8, 7, 2, 3, 2}},
    {.23,
     3747,
     1627336,
     {115, 175, 116, 144, 116, 70, 33, 15, 13, 3, 4, 68},
     {1, 3, 2, 5, 3, 2, 5, 8, 1, 2, 3, 2}},
    {.28,
     3437,
     1486134,
     {153, 177, 128, 136, 105, 58, 31, 18, 5, 3, 3, 55},
     {1, 3, 2, 5, 3, 2, 5, 7, 1, 1, 3, 2}},
    {.46,
     2353,
     1027326,
     {323, 205, 104, 100, 70, 30, 14, 6, 1, 1, 3, 15},
     {1, 2, 1, 5, 2, 1, 5, 3, 1, 1, 2, 2}},
};

const std::vector<Expected> kPredictedArtifact = {
    {.09,
     4581,
     1983566,
     {26, 101, 94, 157, 145, 119, 97, 55, 11, 9, 0, 58},
     {2, 3, 4, 6, 6, 2, 12, 7, 4, 5, 4, 4}},
    {.16,
     3398,
     1468382,
     {67, 176, 106, 158, 161, 204, 0, 0, 0, 0, 0, 0},
     {1, 3, 2, 6, 6, 2, 6, 5, 2, 2, 3, 2}},
    {.23,
     2918,
     1263215,
     {115, 182, 126, 184, 265, 0, 0, 0, 0, 0, 0, 0},
     {1, 3, 2, 5, 3, 2, 5, 4, 1, 2, 3, 2}},
    {.28,
     2661,
     1149939,
     {153, 191, 146, 222, 160, 0, 0, 0, 0, 0, 0, 0},
     {1, 3, 2, 5, 3, 2, 5, 4, 1, 1, 3, 2}},
    {.46,
     1717,
     743102,
     {323, 253, 296, 0, 0, 0, 0, 0, 0, 0, 0, 0},
     {1, 2, 1, 3, 2, 1, 3, 2, 1, 1, 2, 2}},
};

const std::vector<Expected> kPlannedArtifact = {
    {.09,
     6784,
     2930348,
     {26, 7, 18, 62, 62, 91, 212, 140, 22, 0, 0, 232},
     {2, 7, 7, 12, 8, 6, 12, 7, 4, 5, 8, 12}},
    {.16,
     4283,
     1849753,
     {67, 40, 36, 70, 206, 453, 0, 0, 0, 0, 0, 0},
     {1, 6, 5, 6, 6, 5, 6, 5, 2, 3, 6, 6}},
    {.23,
     3503,
     1511756,
     {115, 41, 57, 160, 499, 0, 0, 0, 0, 0, 0, 0},
     {1, 5, 4, 5, 5, 4, 5, 4, 1, 2, 5, 5}},
    {.28,
     3184,
     1372678,
     {153, 49, 74, 269, 327, 0, 0, 0, 0, 0, 0, 0},
     {1, 4, 3, 5, 5, 3, 5, 4, 1, 1, 4, 5}},
    {.46,
     1846,
     791946,
     {323, 124, 425, 0, 0, 0, 0, 0, 0, 0, 0, 0},
     {1, 3, 1, 3, 3, 1, 3, 2, 1, 1, 3, 3}},
};

void ExpectExits(const std::vector<int>& exits, const Expected& expected) {
  SCOPED_TRACE(expected.threshold);
  EXPECT_EQ(std::accumulate(exits.begin(), exits.end(), int64_t{0}), expected.sum);
  std::vector<int> histogram(12);
  int64_t weighted_sum = 0;
  for (size_t row = 0; row < exits.size(); ++row) {
    ++histogram[static_cast<size_t>(exits[row] - 1)];
    weighted_sum += static_cast<int64_t>(row + 1) * exits[row];
  }
  EXPECT_EQ(histogram, expected.histogram);
  EXPECT_EQ(weighted_sum, expected.weighted_sum);
  EXPECT_EQ(std::vector<int>(exits.begin(), exits.begin() + 12), expected.first_rows);
}

class PublishedTraceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto directory = testing::SharedDirectory() / "data" / "reference";
    EDGEBERT_REQUIRE_SHARED(directory);
    const Result<std::string> entropies =
        ReadTextFile(directory / "sst2_dev_entropies.csv", 1 << 20);
    ASSERT_OK(entropies);
    const Result<std::string> table = ReadTextFile(directory / "sst2_exit_lut.csv", 1 << 20);
    ASSERT_OK(table);
    Result<EntropyTrace> trace = ParseEntropyTrace(*entropies, 2, "entropies");
    ASSERT_OK(trace);
    trace_ = std::move(trace).value();
    Result<PredictorTable> predictor = ParsePredictorCsv(*table, "table");
    ASSERT_OK(predictor);
    predictor_ = std::move(predictor).value();
  }

  std::vector<int> Predicted(double threshold, PredictedExitOptions options) const {
    PredictedExitRule rule(threshold, predictor_, trace_.Layers(), options);
    return ReplayExits(trace_, rule);
  }

  EntropyTrace trace_;
  PredictorTable predictor_;
};

TEST_F(PublishedTraceTest, HasThePublishedShape) {
  EXPECT_EQ(trace_.num_layers, 12);
  EXPECT_EQ(trace_.num_sentences(), 872u);
  EXPECT_EQ(predictor_.first_entropy.size(), 100u);
  EXPECT_EQ(predictor_.num_columns, 10);
}

TEST_F(PublishedTraceTest, EarlyExit) {
  for (const Expected& expected : kEarlyExit) {
    EntropyExitRule rule(expected.threshold);
    ExpectExits(ReplayExits(trace_, rule), expected);
  }
}

TEST_F(PublishedTraceTest, PredictedAsTheArtifactRuns) {
  for (const Expected& expected : kPredictedArtifact) {
    ExpectExits(Predicted(expected.threshold, {.artifact = true}), expected);
  }
}

TEST_F(PublishedTraceTest, PlannedLayerAsTheArtifactRuns) {
  for (const Expected& expected : kPlannedArtifact) {
    ExpectExits(Predicted(expected.threshold, {.artifact = true, .planned_layer = true}), expected);
  }
}

TEST_F(PublishedTraceTest, CleanVariantsTestTheLastLayersToo) {
  // Sentences 7 and 12 fall in row 67 of the table, which predicts layer 11.
  ExpectExits(Predicted(.09, {}), {.09,
                                   4558,
                                   1972415,
                                   {26, 101, 94, 157, 145, 119, 97, 55, 11, 9, 23, 35},
                                   {2, 3, 4, 6, 6, 2, 11, 7, 4, 5, 4, 4}});
  ExpectExits(Predicted(.09, {.planned_layer = true}),
              {.09,
               6702,
               2895373,
               {26, 7, 18, 62, 62, 91, 212, 140, 22, 0, 82, 150},
               {2, 7, 7, 12, 8, 6, 11, 7, 4, 5, 8, 11}});
  for (size_t i = 1; i < kPredictedArtifact.size(); ++i) {
    const double threshold = kPredictedArtifact[i].threshold;
    ExpectExits(Predicted(threshold, {}), kPredictedArtifact[i]);
    ExpectExits(Predicted(threshold, {.planned_layer = true}), kPlannedArtifact[i]);
  }
}

TEST_F(PublishedTraceTest, TableRowsOfTheSentences) {
  std::vector<size_t> rows;
  for (size_t sentence = 0; sentence < trace_.num_sentences(); ++sentence) {
    rows.push_back(NearestRow(predictor_, trace_.Sentence(sentence)[0]));
  }
  EXPECT_EQ(std::vector<size_t>(rows.begin(), rows.begin() + 12),
            (std::vector<size_t>{10, 55, 41, 69, 64, 36, 67, 49, 19, 26, 58, 67}));
  EXPECT_EQ(std::accumulate(rows.begin(), rows.end(), size_t{0}), 42514u);
  size_t weighted = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    weighted += (i + 1) * rows[i];
  }
  EXPECT_EQ(weighted, 18317147u);
}

TEST_F(PublishedTraceTest, ThresholdSweep) {
  const std::vector<std::array<double, 4>> averages = {
      {.001, 11.4128, 11.4427, 12.0}, {.01, 9.1720, 9.1628, 11.8727},
      {.02, 8.0780, 8.0642, 11.6594}, {.05, 6.6915, 6.5596, 10.5080},
      {.1, 5.6972, 4.7580, 6.4106},   {.2, 4.5401, 3.5585, 4.3624},
      {.3, 3.8073, 2.9209, 3.4599},   {.4, 3.0917, 2.3589, 2.6995},
      {.5, 2.4117, 1.8177, 1.9564},   {.6, 1.7248, 1.3876, 1.3876},
      {.65, 1.4243, 1.2787, 1.2787},  {.69, 1.0700, 1.0677, 1.0677},
  };
  const auto mean = [](const std::vector<int>& exits) {
    return std::accumulate(exits.begin(), exits.end(), 0.0) / static_cast<double>(exits.size());
  };
  for (const auto& [threshold, early_exit, predicted, planned] : averages) {
    EntropyExitRule rule(threshold);
    EXPECT_NEAR(mean(ReplayExits(trace_, rule)), early_exit, 5e-5) << threshold;
    EXPECT_NEAR(mean(Predicted(threshold, {.artifact = true})), predicted, 5e-5) << threshold;
    EXPECT_NEAR(mean(Predicted(threshold, {.artifact = true, .planned_layer = true})), planned,
                5e-5)
        << threshold;
  }
}

TEST(EntropyTraceTest, ErrorsNameLineAndColumn) {
  const auto message = [](std::string_view csv) {
    return ParseEntropyTrace(csv, 2, "f.csv").status().message();
  };
  EXPECT_EQ(message("0.1,0.2\n0.1\n"), "f.csv:2: 1 columns, expected 2 as in the first row");
  EXPECT_EQ(message("0.1,x\n"), "f.csv:1: column 2: 'x' is not a finite number");
  EXPECT_EQ(message("0.1,nan\n"), "f.csv:1: column 2: 'nan' is not a finite number");
  EXPECT_EQ(message("0.1,\n"), "f.csv:1: column 2: '' is not a finite number");
  EXPECT_EQ(message("\n0.1,-0.5\n"), "f.csv:2: column 2: entropy -0.5 is outside [0, ln 2]");
  EXPECT_EQ(message("0.1,0.7\n"), "f.csv:1: column 2: entropy 0.7 is outside [0, ln 2]");
  EXPECT_EQ(message(" \n"), "f.csv: holds no rows, expected comma-separated entropies");
  EXPECT_TRUE(ParseEntropyTrace(" 0.1, 0.69314718246 \r\n0.2,0", 2, "f.csv").ok());
  EXPECT_TRUE(ParseEntropyTrace("1.09", 3, "f.csv").ok());
}

TEST(EntropyTraceTest, PredictorTablesMustAscend) {
  EXPECT_TRUE(ParsePredictorCsv("0,0.1\n0.5,0.2\n", "f.csv").ok());
  EXPECT_FALSE(ParsePredictorCsv("0.5,0.1\n0.5,0.2\n", "f.csv").ok());
  EXPECT_FALSE(ParsePredictorCsv("0.5\n", "f.csv").ok());
  EXPECT_FALSE(ParsePredictorCsv("0,-0.1\n", "f.csv").ok());
}

TEST(ExitRuleTest, ThresholdIsStrictAndZeroNeverExits) {
  EntropyExitRule rule(0.5);
  EXPECT_FALSE(rule.ShouldExit({1, 0.5}));
  EXPECT_TRUE(rule.ShouldExit({1, 0.4999}));
  EntropyExitRule never(0);
  EXPECT_FALSE(never.ShouldExit({1, 0.0}));
}

TEST(ExitRuleTest, APredictionMovesToTheNextOffRamp) {
  const PredictorTable table{{0.0f}, {0.9f, 0.1f, 0.1f, 0.1f, 0.1f}, 5};
  PredictedExitRule rule(0.2, table, {1, 2, 5, 6});  // Layer 3 is predicted, but has no off-ramp.
  EXPECT_FALSE(rule.ShouldExit({1, 0.5}));
  EXPECT_EQ(rule.predicted_layer(), 5);
  EXPECT_FALSE(rule.ShouldExit({2, 0.5}));
  EXPECT_TRUE(rule.ShouldExit({5, 0.5}));
  PredictedExitRule last(0.05, table, {1, 2, 5, 6});
  EXPECT_FALSE(last.ShouldExit({1, 0.5}));
  EXPECT_EQ(last.predicted_layer(), 6);
}

TEST(ExitRuleTest, NearestRowTakesTheFirstOnTies) {
  PredictorTable table{{0.0f, 0.5f, 1.0f}, {0.1f, 0.2f, 0.3f}, 1};
  EXPECT_EQ(NearestRow(table, 0.25), 0u);
  EXPECT_EQ(NearestRow(table, 0.26), 1u);
  EXPECT_EQ(NearestRow(table, 9), 2u);
}

}  // namespace
}  // namespace edgebert
