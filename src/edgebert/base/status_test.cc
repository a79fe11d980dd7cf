#include "edgebert/base/status.h"

#include <gtest/gtest.h>

#include <memory>

namespace edgebert {
namespace {

Result<int> Half(int value) {
  if (value % 2 != 0) {
    return InvalidArgument(std::to_string(value) + " is odd, expected an even number");
  }
  return value / 2;
}

Result<int> Quarter(int value) {
  EDGEBERT_ASSIGN_OR_RETURN(const int half, Half(value));
  EDGEBERT_ASSIGN_OR_RETURN(const int quarter, Half(half));
  return quarter;
}

Status CheckQuarter(int value) {
  EDGEBERT_RETURN_IF_ERROR(Quarter(value).status().WithContext("quarter"));
  return OkStatus();
}

TEST(StatusTest, DefaultIsOk) {
  EXPECT_TRUE(Status().ok());
  EXPECT_EQ(OkStatus().message(), "");
}

TEST(StatusTest, CarriesCodeAndMessage) {
  const Status status = DataLoss("byte 7");
  EXPECT_FALSE(status.ok());
  EXPECT_EQ(status.code(), StatusCode::kDataLoss);
  EXPECT_EQ(StatusCodeName(status.code()), "data loss");
  EXPECT_EQ(status.WithContext("model.ebm").message(), "model.ebm: byte 7");
  EXPECT_TRUE(OkStatus().WithContext("model.ebm").ok());
}

TEST(ResultTest, PassesValuesAndErrorsThrough) {
  EXPECT_EQ(Quarter(12).value(), 3);
  EXPECT_EQ(Quarter(6).status().message(), "3 is odd, expected an even number");
  EXPECT_EQ(CheckQuarter(7).message(), "quarter: 7 is odd, expected an even number");
  EXPECT_TRUE(CheckQuarter(8).ok());
}

TEST(ResultTest, HoldsMoveOnlyValues) {
  Result<std::unique_ptr<int>> result = std::make_unique<int>(5);
  ASSERT_TRUE(result.ok());
  const std::unique_ptr<int> value = std::move(result).value();
  EXPECT_EQ(*value, 5);
}

TEST(ResultTest, AnOkStatusIsNoValue) {
  const Result<int> result = OkStatus();
  EXPECT_FALSE(result.ok());
  EXPECT_EQ(result.status().code(), StatusCode::kInternal);
}

}  // namespace
}  // namespace edgebert
