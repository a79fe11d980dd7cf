#include "edgebert/power/policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "edgebert/testing/testing.h"

namespace edgebert {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(PolicyTest, NamesParseBack) {
  EXPECT_EQ(AllPolicies().size(), 9u);
  for (const Policy policy : AllPolicies()) {
    const auto parsed = ParsePolicy(PolicyName(policy));
    ASSERT_OK(parsed);
    EXPECT_EQ(*parsed, policy);
  }
  EXPECT_EQ(PolicyName(Policy::kEarlyExitStatic), "early-exit-static");
  EXPECT_EQ(PolicyName(Policy::kArtifactDvfs), "artifact-dvfs");
  for (const Replan replan :
       {Replan::kNever, Replan::kPredictedLayer, Replan::kFirstEntropy, Replan::kEachLayer}) {
    const auto parsed = ParseReplan(ReplanName(replan));
    ASSERT_OK(parsed);
    EXPECT_EQ(*parsed, replan);
  }
}

TEST(PolicyTest, ConventionalPoliciesAloneRunEveryLayer) {
  for (const Policy policy : AllPolicies()) {
    EXPECT_EQ(UsesEarlyExit(policy), !PolicyName(policy).starts_with("conventional"));
    EXPECT_EQ(NeedsPredictedLayer(policy), PolicyName(policy).starts_with("predicted"));
    EXPECT_EQ(ForcesPredictedExit(policy), PolicyName(policy) == "predicted");
  }
}

TEST(PolicyTest, UnknownNamesListTheKnownOnes) {
  EXPECT_THAT(ParsePolicy("predictd").status().message(),
              AllOf(HasSubstr("'predictd', did you mean 'predicted'?"),
                    HasSubstr("conventional, conventional-static, early-exit, early-exit-static, "
                              "predicted, predicted-safe, paced, oracle, artifact-dvfs")));
  EXPECT_THAT(ParsePolicy("").status().message(),
              AllOf(HasSubstr("conventional, "), Not(HasSubstr("did you mean"))));
  EXPECT_THAT(ParseReplan("always").status().message(), HasSubstr("never, predicted-layer"));
}

}  // namespace
}  // namespace edgebert
