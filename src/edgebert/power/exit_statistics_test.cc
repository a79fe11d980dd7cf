#include "edgebert/power/exit_statistics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "edgebert/testing/schedule_cases.h"
#include "edgebert/testing/testing.h"

namespace edgebert {
namespace {

using ::testing::ElementsAre;

TEST(ExitStatisticsTest, CountsWhoRunsWhichLayer) {
  const double none = std::nan("");
  const std::vector<ObservedSentence> sentences = {{1, 0, {0.1, none, none, 0.1}},
                                                   {2, 3, {0.5, 0.1, none, 0.1}},
                                                   {2, 2, {0.5, 0.1, none, 0.1}},
                                                   {4, 3, {0.6, 0.5, none, 0.1}}};
  const ExitStatistics statistics = BuildExitStatistics(sentences, 4);
  EXPECT_THAT(statistics.survival, ElementsAre(1, 0.75, 0.25, 0.25));
  ASSERT_EQ(statistics.by_predicted_layer.size(), 5u);
  EXPECT_THAT(statistics.by_predicted_layer[3], ElementsAre(0.5, 0.5, 0.25, 0.25));
  EXPECT_THAT(statistics.by_predicted_layer[2],
              ElementsAre(0.25, 0.25, kLeastSurvival, kLeastSurvival));
  EXPECT_OK(Validate(statistics.chain));
  EXPECT_DOUBLE_EQ(statistics.chain.first[0], 0.75);  // Too few sentences for a second bin.
}

/// Classes part the sentences; the chain, run forward, gives the survival again.
TEST(ExitStatisticsTest, SharesAddUp) {
  testing::Random random(1);
  for (int i = 0; i < 200 && !HasFailure(); ++i) {
    const int layers = testing::UniformInt(random, 1, 8);
    const auto sentences =
        testing::RandomSentences(random, layers, testing::UniformInt(random, 1, 300));
    const ExitStatistics statistics = BuildExitStatistics(sentences, layers);
    ASSERT_OK(Validate(statistics.chain));
    std::vector<double> running = statistics.chain.first;
    const auto states = static_cast<size_t>(statistics.chain.num_states);
    for (int layer = 1; layer < layers; ++layer) {
      const auto at = static_cast<size_t>(layer);
      double by_entropy = 0;
      for (const std::vector<double>& shares : statistics.by_first_entropy) {
        by_entropy += shares[at];
      }
      double in_chain = 0;
      for (const double share : running) {
        in_chain += share;
      }
      EXPECT_NEAR(by_entropy, statistics.survival[at], 1e-7);
      EXPECT_NEAR(in_chain, statistics.survival[at], 1e-7);
      std::vector<double> next(states, 0);
      for (size_t from = 0; from < states && layer + 1 < layers; ++from) {
        for (size_t to = 0; to < states; ++to) {
          next[to] +=
              running[from] * statistics.chain.next[((at - 1) * states + from) * states + to];
        }
      }
      running = next;
    }
  }
}

TEST(ExitStatisticsTest, BinsCoverEveryEntropy) {
  testing::Random random(2);
  const auto sentences = testing::RandomSentences(random, 4, 500);
  const ExitStatistics statistics = BuildExitStatistics(sentences, 4);
  EXPECT_EQ(statistics.bins.edges[0].size(), 5u);
  for (int layer = 0; layer < 4; ++layer) {
    EXPECT_EQ(statistics.bins.BinOf(layer, -1), 0);
    EXPECT_EQ(statistics.bins.BinOf(layer, std::nan("")), 0);
    EXPECT_LT(statistics.bins.BinOf(layer, 1e9), statistics.chain.num_states);
  }
}

}  // namespace
}  // namespace edgebert
