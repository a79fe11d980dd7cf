#include "edgebert/power/host_frequencies.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <limits>

#include "edgebert/testing/sysfs_tree.h"

namespace edgebert {
namespace {

using ::testing::HasSubstr;
using testing::SysfsTree;

std::string Speed(const SysfsTree& tree) { return tree.Read(SysfsTree::Cpu("scaling_setspeed")); }
std::string Governor(const SysfsTree& tree) {
  return tree.Read(SysfsTree::Cpu("scaling_governor"));
}
std::string Limits(const SysfsTree& tree) {
  return tree.Read(SysfsTree::Cpu("scaling_min_freq")) + " " +
         tree.Read(SysfsTree::Cpu("scaling_max_freq"));
}

TEST(HostFrequenciesTest, SetsTheNearestStepAtOrAbove) {
  const SysfsTree tree;
  tree.AddUserspaceCpu();
  Result<HostFrequencies> host = HostFrequencies::Open(tree.root(), 0);
  ASSERT_OK(host);
  EXPECT_EQ(host->method(), "governor userspace");
  EXPECT_EQ(host->lowest(), Hertz(800e6));
  EXPECT_EQ(host->highest(), Hertz(2400e6));
  EXPECT_EQ(Governor(tree), "userspace");
  const std::vector<std::pair<double, std::string>> cases = {
      {0, "800000"},          {800e6, "800000"},   {800e6 * (1 + 1e-12), "800000"},
      {800.001e6, "1600000"}, {1600e6, "1600000"}, {1600.1e6, "2400000"},
      {2400e6, "2400000"},    {1e30, "2400000"}};
  for (const auto& [hertz, expected] : cases) {
    const Result<Hertz> set = host->Set(Hertz(hertz));
    ASSERT_OK(set);
    EXPECT_EQ(Speed(tree), expected) << hertz;
    EXPECT_EQ(set->value(), std::stod(expected) * 1e3);
  }
  for (const double wrong :
       {-1.0, std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    EXPECT_EQ(host->Set(Hertz(wrong)).status().code(), StatusCode::kInvalidArgument);
  }
  EXPECT_EQ(Limits(tree), "800000\n 2400000\n");
}

TEST(HostFrequenciesTest, WritesOnlyChanges) {
  const SysfsTree tree;
  tree.AddUserspaceCpu();
  Result<HostFrequencies> host = HostFrequencies::Open(tree.root(), 0);
  ASSERT_OK(host);
  ASSERT_OK(host->Set(Hertz(1e9)));
  tree.Write(SysfsTree::Cpu("scaling_setspeed"), "untouched");
  ASSERT_OK(host->Set(Hertz(1.5e9)));
  EXPECT_EQ(Speed(tree), "untouched");
  ASSERT_OK(host->Set(Hertz(2e9)));
  EXPECT_EQ(Speed(tree), "2400000");
}

TEST(HostFrequenciesTest, SetsBothLimitsWhereThereIsNoUserspaceGovernor) {
  const SysfsTree tree;
  tree.AddLimits();
  {
    Result<HostFrequencies> host = HostFrequencies::Open(tree.root(), 0);
    ASSERT_OK(host);
    EXPECT_EQ(host->method(), "scaling limits");
    for (const auto& [hertz, expected] :
         std::vector<std::pair<double, std::string>>{{1e9, "1000000 1000000"},
                                                     {1.0000004e9, "1000001 1000001"},
                                                     {5e9, "2400000 2400000"},
                                                     {1, "800000 800000"}}) {
      ASSERT_OK(host->Set(Hertz(hertz)));
      EXPECT_EQ(Limits(tree), expected);
    }
    EXPECT_EQ(Governor(tree), "schedutil\n");
  }
  EXPECT_EQ(Limits(tree), "800000 2400000");
}

TEST(HostFrequenciesTest, RestoresOnDestructionOnce) {
  const SysfsTree tree;
  tree.AddUserspaceCpu();
  {
    Result<HostFrequencies> opened = HostFrequencies::Open(tree.root(), 0);
    ASSERT_OK(opened);
    const HostFrequencies moved = std::move(*opened);
    EXPECT_EQ(Governor(tree), "userspace");
  }
  EXPECT_EQ(Governor(tree), "schedutil");

  Result<HostFrequencies> host = HostFrequencies::Open(tree.root(), 0);
  ASSERT_OK(host);
  ASSERT_OK(host->Restore());
  tree.Write(SysfsTree::Cpu("scaling_governor"), "performance");
  ASSERT_OK(host->Restore());
  EXPECT_EQ(Governor(tree), "performance");
}

TEST(HostFrequenciesTest, RestoresTheSpeedOfAUserspaceGovernor) {
  const SysfsTree tree;
  tree.AddUserspaceCpu();
  tree.Write(SysfsTree::Cpu("scaling_governor"), "userspace\n");
  tree.Write(SysfsTree::Cpu("scaling_setspeed"), "1600000\n");
  {
    Result<HostFrequencies> host = HostFrequencies::Open(tree.root(), 0);
    ASSERT_OK(host);
    ASSERT_OK(host->Set(Hertz(1)));
    EXPECT_EQ(Speed(tree), "800000");
  }
  EXPECT_EQ(Governor(tree), "userspace");
  EXPECT_EQ(Speed(tree), "1600000");
}

TEST(HostFrequenciesTest, RestoresFromASignalHandler) {
  const SysfsTree tree;
  tree.AddLimits();
  Result<HostFrequencies> host = HostFrequencies::Open(tree.root(), 0);
  ASSERT_OK(host);
  ASSERT_OK(host->Set(Hertz(1e9)));
  std::signal(SIGUSR1, [](int) { RestoreHostFrequenciesFromSignalHandler(); });
  std::raise(SIGUSR1);
  std::signal(SIGUSR1, SIG_DFL);
  EXPECT_EQ(Limits(tree), "800000 2400000");
  ASSERT_OK(host->Restore());
  tree.Write(SysfsTree::Cpu("scaling_max_freq"), "untouched");
  RestoreHostFrequenciesFromSignalHandler();
  EXPECT_EQ(Limits(tree), "800000 untouched");
}

TEST(HostFrequenciesTest, KeepsWithinTheLimitsInForce) {
  const SysfsTree tree;
  tree.AddUserspaceCpu();
  tree.Write(SysfsTree::Cpu("scaling_max_freq"), "1700000\n");
  tree.Write(SysfsTree::Cpu("scaling_min_freq"), "900000\n");
  Result<HostFrequencies> host = HostFrequencies::Open(tree.root(), 0);
  ASSERT_OK(host);
  EXPECT_EQ(host->lowest(), Hertz(1600e6));
  EXPECT_EQ(host->highest(), Hertz(1600e6));
  tree.Write(SysfsTree::Cpu("scaling_min_freq"), "1650000\n");
  EXPECT_THAT(HostFrequencies::Open(tree.root(), 0).status().message(),
              HasSubstr("no frequency between the limits 1650000 and 1700000 kHz"));
}

TEST(HostFrequenciesTest, SaysWhatIsMissing) {
  const SysfsTree tree;
  Status status = HostFrequencies::Open(tree.root(), 0).status();
  EXPECT_EQ(status.code(), StatusCode::kNotFound);
  EXPECT_THAT(status.message(), HasSubstr("there is no CPU 0"));
  EXPECT_EQ(HostFrequencies::Open(tree.root(), -1).status().code(), StatusCode::kInvalidArgument);

  std::filesystem::create_directories(tree.root() / "devices/system/cpu/cpu0");
  status = HostFrequencies::Open(tree.root(), 0).status();
  EXPECT_EQ(status.code(), StatusCode::kNotFound);
  EXPECT_THAT(status.message(), HasSubstr("no cpufreq driver"));

  tree.AddUserspaceCpu();
  for (const char* needed : {"scaling_min_freq", "scaling_max_freq", "scaling_governor"}) {
    const std::string text = tree.Read(SysfsTree::Cpu(needed));
    tree.Remove(SysfsTree::Cpu(needed));
    status = HostFrequencies::Open(tree.root(), 0).status();
    EXPECT_EQ(status.code(), StatusCode::kNotFound) << needed;
    EXPECT_THAT(status.message(), HasSubstr(needed));
    tree.Write(SysfsTree::Cpu(needed), text);
  }
  tree.Remove(SysfsTree::Cpu("cpuinfo_min_freq"));
  tree.Remove(SysfsTree::Cpu("cpuinfo_max_freq"));
  EXPECT_OK(HostFrequencies::Open(tree.root(), 0));
}

TEST(HostFrequenciesTest, RefusesGarbage) {
  const SysfsTree tree;
  tree.AddUserspaceCpu();
  for (const char* name : {"scaling_min_freq", "scaling_max_freq", "cpuinfo_min_freq",
                           "cpuinfo_max_freq", "scaling_available_frequencies"}) {
    const std::string good = tree.Read(SysfsTree::Cpu(name));
    for (const std::string& garbage :
         {std::string("\n"), std::string("fast\n"), std::string("-800000\n"), std::string("0x30\n"),
          std::string("99999999999999999999999\n"), std::string("8000000000\n"), std::string("0\n"),
          std::string("800000\0", 7), std::string(5000, '8')}) {
      tree.Write(SysfsTree::Cpu(name), garbage);
      const Status status = HostFrequencies::Open(tree.root(), 0).status();
      EXPECT_EQ(status.code(), StatusCode::kDataLoss) << name << ": " << garbage.substr(0, 30);
      EXPECT_THAT(status.message(), HasSubstr(name));
    }
    tree.Write(SysfsTree::Cpu(name), good);
  }
  tree.Write(SysfsTree::Cpu("scaling_min_freq"), "2000000\n");
  tree.Write(SysfsTree::Cpu("scaling_max_freq"), "1000000\n");
  EXPECT_EQ(HostFrequencies::Open(tree.root(), 0).status().code(), StatusCode::kDataLoss);
  EXPECT_EQ(Governor(tree), "schedutil\n");
}

TEST(HostFrequenciesTest, SaysWhichPermissionIsMissing) {
  const SysfsTree tree;
  tree.AddUserspaceCpu();
  std::filesystem::permissions(tree.root(), std::filesystem::perms(0755));
  std::filesystem::permissions(tree.root() / SysfsTree::Cpu("scaling_governor"),
                               std::filesystem::perms(0444));
  const testing::WithoutRoot without_root;
  ASSERT_TRUE(without_root.given_up());
  const Status status = HostFrequencies::Open(tree.root(), 0).status();
  EXPECT_EQ(status.code(), StatusCode::kIoError);
  EXPECT_THAT(status.message(), HasSubstr("scaling_governor: cannot write: "));
  EXPECT_THAT(status.message(), HasSubstr("sudo chmod a+w"));
  EXPECT_EQ(Governor(tree), "schedutil\n");
}

TEST(HostFrequenciesTest, ReportsAFailureToSet) {
  const SysfsTree tree;
  tree.AddUserspaceCpu();
  tree.Remove(SysfsTree::Cpu("scaling_setspeed"));
  std::filesystem::create_directories(tree.root() / SysfsTree::Cpu("scaling_setspeed"));
  Result<HostFrequencies> host = HostFrequencies::Open(tree.root(), 0);
  ASSERT_OK(host);
  EXPECT_EQ(host->Set(Hertz(1e9)).status().code(), StatusCode::kIoError);
  ASSERT_OK(host->Restore());
  EXPECT_EQ(Governor(tree), "schedutil");
}

}  // namespace
}  // namespace edgebert
