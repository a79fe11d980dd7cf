#include "edgebert/kernels/dispatch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "edgebert/testing/testing.h"

namespace edgebert {
namespace {

using ::testing::HasSubstr;

TEST(DispatchTest, TheBestInstructionSetIsInUse) {
  ASSERT_FALSE(SupportedInstructionSets().empty());
  EXPECT_EQ(InstructionSet(), SupportedInstructionSets().front());
}

TEST(DispatchTest, AScopeForcesOneAndEnds) {
  const std::string best = InstructionSet();
  for (const std::string& name : SupportedInstructionSets()) {
    const ScopedInstructionSet scope(name);
    EXPECT_OK(scope.status());
    EXPECT_EQ(InstructionSet(), name);
  }
  EXPECT_EQ(InstructionSet(), best);
}

TEST(DispatchTest, AnUnknownNameIsRefusedAndChangesNothing) {
  const std::string best = InstructionSet();
  const ScopedInstructionSet scope("MMX");
  EXPECT_EQ(scope.status().code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(scope.status().message(), HasSubstr("'MMX' is not among " + best));
  EXPECT_EQ(InstructionSet(), best);
}

}  // namespace
}  // namespace edgebert
