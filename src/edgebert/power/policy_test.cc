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
  for (const Policy policy :
       {Policy::kConventional, Policy::kEarlyExit, Policy::kEarlyExitStatic, Policy::kPredicted}) {
    const auto parsed = ParsePolicy(PolicyName(policy));
    ASSERT_OK(parsed);
    EXPECT_EQ(*parsed, policy);
    EXPECT_EQ(UsesEarlyExit(policy), policy != Policy::kConventional);
  }
  EXPECT_EQ(PolicyName(Policy::kEarlyExitStatic), "early-exit-static");
}

TEST(PolicyTest, UnknownNamesListTheKnownOnes) {
  EXPECT_THAT(ParsePolicy("predictd").status().message(),
              AllOf(HasSubstr("'predictd', did you mean 'predicted'?"),
                    HasSubstr("conventional, early-exit, early-exit-static, predicted")));
  EXPECT_THAT(ParsePolicy("").status().message(),
              AllOf(HasSubstr("conventional, early-exit"), Not(HasSubstr("did you mean"))));
}

}  // namespace
}  // namespace edgebert
