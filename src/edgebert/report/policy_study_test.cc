#include "edgebert/report/policy_study.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <filesystem>

#include "edgebert/base/file.h"
#include "edgebert/pipeline/shape_model.h"
#include "edgebert/report/design_variants.h"
#include "edgebert/report/study.h"
#include "edgebert/testing/testing.h"

namespace edgebert {
namespace {

using ::testing::HasSubstr;

std::filesystem::path Reference(const char* name) {
  return testing::SharedDirectory() / "data" / "reference" / name;
}

TEST(PolicyStudyTest, AgreesWithTheReplayOfSingleSentences) {
  const std::filesystem::path file = Reference("sst2_dev_entropies.csv");
  EDGEBERT_REQUIRE_SHARED(file);
  const auto trace = LoadTrace(file, 2, 128, 12, 872, "sst2 dev");
  ASSERT_OK(trace);
  const auto table = ParsePredictorCsv(*ReadTextFile(Reference("sst2_exit_lut.csv"), 1 << 20),
                                       "sst2_exit_lut.csv");
  ASSERT_OK(table);
  const Model shape = AlbertBaseShape(12, 2);
  const auto costs = CostEstimator::Create(shape, *DefaultHardware());
  ASSERT_OK(costs);
  const std::array tokens = {128};
  const PolicyStudy policies = PolicyStudy::OnHalves(
      *CostedDesign::Of(*costs, shape.config, tokens), *trace, ExitThresholds(0.28), &*table);
  const auto target = LatencyTarget::Parse("1.5x");
  TraceStudyOptions options;
  options.threshold_nats = 0.28;
  options.latency_target = *target;
  options.boundary = Boundary::kOnChip;
  options.predictor = &*table;
  const auto study = TraceStudy::Create(trace->input, *costs, 512, options);
  ASSERT_OK(study);
  SelfCheck check;
  for (const Policy policy : {Policy::kConventional, Policy::kEarlyExitStatic, Policy::kPredicted,
                              Policy::kPredictedSafe, Policy::kPaced, Policy::kOracle}) {
    const auto expected = study->Run(policy);
    ASSERT_OK(expected);
    const auto load =
        policies.Judge(policy, *target, {Boundary::kOnChip, EnergySide::kLoad}, "test", check);
    const auto supply =
        policies.Judge(policy, *target, {Boundary::kOnChip, EnergySide::kSupply}, "test", check);
    ASSERT_OK(load);
    ASSERT_OK(supply);
    const auto near = [](double a, double b) { EXPECT_NEAR(a, b, 1e-9 * b); };
    near(load->account.on_chip_load().value(), expected->energy.load.value());
    near(supply->account.on_chip_supply().value(), expected->energy.supply.value());
    near(supply->latency.value(), expected->latency.value());
    EXPECT_NEAR(supply->mean_exit_layer, expected->mean_exit_layer, 1e-9);
    EXPECT_EQ(supply->misses, expected->misses);
    EXPECT_EQ(policies.ForcedUnder(policy), policy == Policy::kPredicted ? expected->forced : 0);
  }
  EXPECT_OK(check.status());
}

TEST(PolicyStudyTest, ATraceOfAnotherTaskOrModelIsRefused) {
  const testing::TemporaryDirectory folder;
  const std::filesystem::path file = folder.path() / "trace.csv";
  ASSERT_OK(WriteFileAtomically(file, std::string_view("0.5,0.1\n0.6,0.2\n")));
  EXPECT_THAT(LoadTrace(file, 2, 128, 2, 872, "sst2 dev").status().message(),
              HasSubstr("has 2 sentences, but sst2 dev has 872: it is a trace of another task"));
  EXPECT_THAT(LoadTrace(file, 2, 128, 12, 2, "sst2 dev").status().message(),
              HasSubstr("has 2 layers, expected 12: it is a trace of another model"));
  EXPECT_OK(LoadTrace(file, 2, 128, 2, 2, "sst2 dev"));
  ASSERT_OK(WriteFileAtomically(file, std::string_view("1.09,0.1\n")));  // Of three classes.
  EXPECT_FALSE(LoadTrace(file, 2, 128, 2, std::nullopt, "sst2 dev").ok());
}

TEST(PolicyJudgeTest, TokenClassesKeepTheMeanAndEverySentence) {
  const std::vector<int> tokens = {40, 3, 9, 25, 12, 7, 31, 5};
  EXPECT_EQ(TokenClasses(tokens, 0), tokens);
  EXPECT_EQ(TokenClasses(tokens, 1), std::vector<int>(8, 17));  // 132 / 8 = 16.5.
  EXPECT_EQ(TokenClasses(tokens, 2), (std::vector<int>{27, 6, 6, 27, 27, 6, 27, 6}));
  EXPECT_EQ(TokenClasses(tokens, 8), tokens);
}

TEST(PolicyJudgeTest, FiguresOfPartsAddUpToThoseOfAll) {
  const Model shape = AlbertBaseShape(12, 2);
  const auto costs = CostEstimator::Create(shape, *DefaultHardware());
  ASSERT_OK(costs);
  const std::vector<int> tokens = {10, 10, 20, 30, 30, 30};
  const std::vector<int> exits = {1, 12, 4, 2, 2, 7};
  const CostedDesign design = *CostedDesign::Of(*costs, shape.config, tokens);
  const auto judge = [&](size_t first, size_t count) {
    return *JudgePolicy(design,
                        GroupSentences(std::span(tokens).subspan(first, count),
                                       std::span(exits).subspan(first, count)),
                        {Policy::kEarlyExitStatic}, nullptr);
  };
  PolicyFigures sum = judge(0, 2);
  sum += judge(2, 4);
  const PolicyFigures all = judge(0, 6);
  EXPECT_NEAR(sum.account.on_chip_supply().value(), all.account.on_chip_supply().value(), 1e-15);
  EXPECT_NEAR(sum.latency.value(), all.latency.value(), 1e-12);
  EXPECT_NEAR(sum.mean_exit_layer, 28.0 / 6, 1e-12);
  EXPECT_EQ(sum.sentences, 6u);
  EXPECT_EQ(sum.longest, all.longest);
}

TEST(DesignVariantsTest, AnotherArraySizeKeepsLeakageBelowTheWholeAndComesBack) {
  for (const int n : {2, 4, 8, 16}) {
    HardwareDescription hardware = *DefaultHardware();
    ASSERT_OK(SetVectorSize(n, hardware));
    EXPECT_OK(MakePowerModel(hardware)) << n;
    ASSERT_OK(SetVectorSize(16, hardware));
    const HardwareDescription own = *DefaultHardware();
    EXPECT_NEAR(hardware.energy_per_cycle.value.value(), own.energy_per_cycle.value.value(),
                0.05 * own.energy_per_cycle.value.value());
  }
  HardwareDescription hardware = *DefaultHardware();
  EXPECT_FALSE(SetVectorSize(12, hardware).ok());
}

TEST(DesignVariantsTest, SharingLowersWhatIsStoredAndNotWhatIsStreamed) {
  Model shape = AlbertBaseShape(12, 2);
  const auto costs = CostEstimator::Create(shape, *DefaultHardware(), WeightLocation::kSram);
  ASSERT_OK(costs);
  const std::array tokens = {25};
  const CostedDesign own = *CostedDesign::Of(*costs, shape.config, tokens);
  CostedDesign distinct = own;
  ASSERT_OK(ShareLayers(12, shape, *costs, distinct));
  EXPECT_GT(distinct.idle, own.idle);
  EXPECT_GT(distinct.area_mm2, own.area_mm2);
  EXPECT_EQ(distinct.work.at(25).layers[3].streamed_bytes,
            own.work.at(25).layers[3].streamed_bytes);
  CostedDesign same = own;
  ASSERT_OK(ShareLayers(1, shape, *costs, same));
  EXPECT_NEAR(same.idle.value(), own.idle.value(), 1e-12);
  EXPECT_FALSE(ShareLayers(0, shape, *costs, same).ok());
  EXPECT_FALSE(ShareLayers(13, shape, *costs, same).ok());
  ASSERT_OK(SetEncoderSparsity(0.75, shape));
  const auto sparser = CostEstimator::Create(shape, *DefaultHardware());
  ASSERT_OK(sparser);
  EXPECT_LT(sparser->WorkFor(25)->layers[3].streamed_bytes,
            own.work.at(25).layers[3].streamed_bytes);
  EXPECT_FALSE(SetEncoderSparsity(1.5, shape).ok());
}

TEST(StudyTest, CountedMacsAreThoseOfTheShapes) {
  SelfCheck check;
  Model shape = AlbertBaseShape(12, 2);
  const std::vector<int> tokens = {1, 2, 17, 128};
  const auto dense = CostEstimator::Create(shape, *DefaultHardware());
  ASSERT_OK(dense);
  ASSERT_OK(CheckMacs("dense", shape.config, *dense, tokens, check));
  shape.config.attention_spans = {0, 1, 2, 3, 9, 16, 17, 31, 64, 127, 128, 512};
  EXPECT_OK(check.status());
  // Costs of other spans than the shape has.
  SelfCheck wrong;
  ASSERT_OK(CheckMacs("spans", shape.config, *dense, tokens, wrong));
  EXPECT_THAT(wrong.status().message(), HasSubstr("spans, layer 1, 1 tokens"));
  const auto spans = CostEstimator::Create(shape, *DefaultHardware());
  ASSERT_OK(spans);
  ASSERT_OK(CheckMacs("spans", shape.config, *spans, tokens, check));
  EXPECT_OK(check.status());
  EXPECT_EQ(check.checks(), 2u * 12 * 4);
}

}  // namespace
}  // namespace edgebert
