#include "edgebert/report/self_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "edgebert/testing/testing.h"

namespace edgebert {
namespace {

using ::testing::HasSubstr;

EnergyAccount Account(double joules) {
  EnergyAccount account;
  account.switching = Joules(joules);
  account.dram = Joules(joules);
  return account;
}

TEST(SelfCheckTest, WhatHoldsPasses) {
  SelfCheck check;
  check.Energy("row", Account(1));
  check.Latency("row", Seconds(2), Seconds(2));
  check.Macs("row", 7, 7);
  check.AboveOracle("row", Joules(2), Joules(2));
  check.Deadlines("row", Policy::kPaced, 0);
  EXPECT_OK(check.status());
  EXPECT_GT(check.checks(), 4u);
}

TEST(SelfCheckTest, ANegativeOrMissingEnergyNamesTheRow) {
  for (const double bad : {-1e-12, std::nan(""), double{INFINITY}}) {
    SelfCheck check;
    EnergyAccount account = Account(1);
    account.dram = Joules(bad);
    check.Energy("energy.row", account);
    EXPECT_EQ(check.status().code(), StatusCode::kInternal);
    EXPECT_THAT(check.status().message(), HasSubstr("energy.row: its dram energy is"));
  }
}

TEST(SelfCheckTest, ALatencyBelowTheRooflineNamesTheRow) {
  SelfCheck check;
  check.Latency("latency.row", Seconds(1.99), Seconds(2));
  EXPECT_THAT(check.status().message(), HasSubstr("latency.row: it takes 1.99 s"));
}

TEST(SelfCheckTest, LostMacsNameTheRow) {
  SelfCheck check;
  check.Macs("macs.row", 6, 7);
  EXPECT_THAT(check.status().message(), HasSubstr("macs.row: 6 multiply-accumulates"));
}

TEST(SelfCheckTest, APolicyBelowTheBoundNamesTheRow) {
  SelfCheck check;
  check.AboveOracle("bound.row", Joules(0.99), Joules(1));
  EXPECT_THAT(check.status().message(), HasSubstr("bound.row: it takes 0.99 J, less than"));
}

TEST(SelfCheckTest, AMissedDeadlineNamesTheRowUnlessNoneWasPromised) {
  SelfCheck none;
  none.Deadlines("row", Policy::kArtifactDvfs, 5);
  EXPECT_OK(none.status());
  SelfCheck check;
  check.Deadlines("deadline.row", Policy::kPaced, 5);
  EXPECT_THAT(check.status().message(), HasSubstr("deadline.row: 5 sentences missed"));
}

TEST(SelfCheckTest, ManyViolationsAreCountedAndTheFirstShown) {
  SelfCheck check;
  for (int i = 0; i < 9; ++i) {
    check.Macs("row", i, 10);
  }
  EXPECT_THAT(check.status().message(), HasSubstr("in 9 of 9 checks"));
  EXPECT_THAT(check.status().message(), HasSubstr("; …"));
}

}  // namespace
}  // namespace edgebert
