#include "edgebert/power/host_energy_meter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "edgebert/testing/sysfs_tree.h"

namespace edgebert {
namespace {

using ::testing::HasSubstr;
using testing::SysfsTree;

constexpr char kPackageEnergy[] = "class/powercap/intel-rapl:0/energy_uj";

TEST(HostEnergyMeterTest, AddsPackagesAndTheirDram) {
  const SysfsTree tree;
  tree.AddZone("intel-rapl:0", "package-0", "1000000");
  tree.AddZone("intel-rapl:0:0", "core", "5");
  tree.AddZone("intel-rapl:0:1", "dram", "300");
  tree.AddZone("intel-rapl:1", "psys", "7");
  tree.AddZone("intel-rapl-mmio:0", "package-0", "9");
  Result<HostEnergyMeter> meter = HostEnergyMeter::Open(tree.root());
  ASSERT_OK(meter);
  EXPECT_EQ(meter->source(), "RAPL package-0 + dram");
  meter->Start();
  tree.Write(kPackageEnergy, "3500000\n");
  tree.Write("class/powercap/intel-rapl:0:0/energy_uj", "900000000\n");
  tree.Write("class/powercap/intel-rapl:0:1/energy_uj", "250300\n");
  Result<Joules> energy = meter->Stop();
  ASSERT_OK(energy);
  EXPECT_DOUBLE_EQ(energy->value(), 2.75);

  meter->Start();
  energy = meter->Stop();
  ASSERT_OK(energy);
  EXPECT_EQ(energy->value(), 0);
}

TEST(HostEnergyMeterTest, FollowsWrapAround) {
  const SysfsTree tree;
  tree.AddZone("intel-rapl:0", "package-0", "900", "1000");
  Result<HostEnergyMeter> meter = HostEnergyMeter::Open(tree.root());
  ASSERT_OK(meter);
  meter->Start();
  for (const char* value : {"50", "950", "949"}) {  // 150, 900 and 999 more.
    tree.Write(kPackageEnergy, value);
    meter->Sample();
  }
  const Result<Joules> energy = meter->Stop();
  ASSERT_OK(energy);
  EXPECT_NEAR(energy->value(), 2049e-6, 1e-12);

  tree.Write(kPackageEnergy, "5000");  // Beyond its own range.
  meter->Start();
  tree.Write(kPackageEnergy, "4000");
  EXPECT_EQ(meter->Stop().status().code(), StatusCode::kDataLoss);
}

TEST(HostEnergyMeterTest, ReportsWhatGoesWrongWhileMeasuring) {
  const SysfsTree tree;
  tree.AddZone("intel-rapl:0", "package-0", "900");
  Result<HostEnergyMeter> meter = HostEnergyMeter::Open(tree.root());
  ASSERT_OK(meter);
  meter->Start();
  tree.Write(kPackageEnergy, "lots\n");
  meter->Sample();
  tree.Write(kPackageEnergy, "1000\n");
  EXPECT_THAT(meter->Stop().status().message(), HasSubstr("energy_uj: holds 'lots'"));
  tree.Remove(kPackageEnergy);
  meter->Start();
  EXPECT_EQ(meter->Stop().status().code(), StatusCode::kNotFound);
  tree.Write(kPackageEnergy, "1000\n");
  meter->Start();
  EXPECT_OK(meter->Stop());
}

TEST(HostEnergyMeterTest, SaysWhyNothingCanBeRead) {
  const SysfsTree tree;
  Status status = HostEnergyMeter::Open(tree.root()).status();
  EXPECT_EQ(status.code(), StatusCode::kNotFound);
  EXPECT_THAT(status.message(), HasSubstr("load the module intel_rapl_msr"));
  EXPECT_THAT(status.message(), HasSubstr("hwmon: "));

  tree.AddZone("intel-rapl:0", "package-0", "garbage");
  EXPECT_EQ(HostEnergyMeter::Open(tree.root()).status().code(), StatusCode::kDataLoss);

  tree.AddZone("intel-rapl:0", "package-0", "1", "-1");
  EXPECT_THAT(HostEnergyMeter::Open(tree.root()).status().message(),
              HasSubstr("max_energy_range_uj"));

  tree.AddZone("intel-rapl:0", "package-0", "1");
  std::filesystem::permissions(tree.root(), std::filesystem::perms(0755));
  std::filesystem::permissions(tree.root() / kPackageEnergy, std::filesystem::perms(0000));
  const testing::WithoutRoot without_root;
  ASSERT_TRUE(without_root.given_up());
  status = HostEnergyMeter::Open(tree.root()).status();
  EXPECT_EQ(status.code(), StatusCode::kIoError);
  EXPECT_THAT(status.message(), HasSubstr("run as root, or allow it with: sudo chmod a+r"));
}

TEST(HostEnergyMeterTest, ReadsEnergyCountersOfHwmon) {
  const SysfsTree tree;
  tree.Write("class/hwmon/hwmon0/name", "i915\n");
  tree.Write("class/hwmon/hwmon0/energy1_input", "1\n");
  tree.Write("class/hwmon/hwmon1/name", "amd_energy\n");
  for (const char* number : {"1", "2", "3"}) {
    const std::string stem = std::string("class/hwmon/hwmon1/energy") + number;
    tree.Write(stem + "_input", "1000000\n");
    tree.Write(stem + "_label", *number == '1' ? "Ecore000\n" : "Esocket" + std::string(number));
  }
  Result<HostEnergyMeter> meter = HostEnergyMeter::Open(tree.root());
  ASSERT_OK(meter);
  EXPECT_EQ(meter->source(), "hwmon amd_energy Esocket2 Esocket3");
  meter->Start();
  for (const char* number : {"1", "2", "3"}) {
    tree.Write(std::string("class/hwmon/hwmon1/energy") + number + "_input", "3000000\n");
  }
  Result<Joules> energy = meter->Stop();
  ASSERT_OK(energy);
  EXPECT_DOUBLE_EQ(energy->value(), 4);

  meter->Start();
  tree.Write("class/hwmon/hwmon1/energy2_input", "2\n");
  EXPECT_THAT(meter->Stop().status().message(), HasSubstr("went back"));
}

TEST(HostEnergyMeterTest, IntegratesPowerOfHwmon) {
  const SysfsTree tree;
  tree.Write("class/hwmon/hwmon3/name", "ina226\n");
  tree.Write("class/hwmon/hwmon3/power1_input", "4000000\n");
  Seconds now(100);
  Result<HostEnergyMeter> meter = HostEnergyMeter::Open(tree.root(), [&now] { return now; });
  ASSERT_OK(meter);
  EXPECT_EQ(meter->source(), "hwmon ina226 power1_input");
  meter->Start();
  now = Seconds(102);
  tree.Write("class/hwmon/hwmon3/power1_input", "6000000\n");
  meter->Sample();  // 2 s at 5 W.
  now = Seconds(102.5);
  const Result<Joules> energy = meter->Stop();  // 0.5 s at 6 W.
  ASSERT_OK(energy);
  EXPECT_DOUBLE_EQ(energy->value(), 13);
}

TEST(HostEnergyMeterTest, FallsBackToHwmonWhereRaplIsGarbage) {
  const SysfsTree tree;
  tree.AddZone("intel-rapl:0", "package-0", "garbage");
  tree.Write("class/hwmon/hwmon3/name", "ina226\n");
  tree.Write("class/hwmon/hwmon3/power1_input", "x\n");
  EXPECT_THAT(HostEnergyMeter::Open(tree.root()).status().message(),
              HasSubstr("power1_input: holds 'x'"));
  tree.Write("class/hwmon/hwmon3/power1_input", "4000000\n");
  EXPECT_OK(HostEnergyMeter::Open(tree.root()));
}

}  // namespace
}  // namespace edgebert
