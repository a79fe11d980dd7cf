#include "edgebert/power/waveform.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <random>

#include "edgebert/power/sentence_cost.h"
#include "edgebert/testing/testing.h"

namespace edgebert {
namespace {

struct Case {
  PowerModel model;
  SentenceWork work;
  std::vector<OperatingPoint> points;
};

double Uniform(testing::Random& random, double low, double high) {
  return std::uniform_real_distribution<double>(low, high)(random);
}

Case RandomCase(testing::Random& random) {
  const double low = Uniform(random, 0.5, 0.8);
  const double slow = Uniform(random, 5e7, 4e8);
  const std::array<OperatingPoint, 2> ends = {
      {{Volts(low), Hertz(slow)},
       {Volts(low + Uniform(random, 0.1, 0.4)), Hertz(slow * Uniform(random, 1.2, 4))}}};
  Case result{{*OperatingPointTable::Create(ends, Volts(0.025)),
               Picojoules(Uniform(random, 50, 200)),
               {Picojoules(Uniform(random, 30, 120)), BytesPerSecond(Uniform(random, 1e9, 1e10))}},
              {},
              {}};
  PowerModel& model = result.model;
  model.idle_share = Uniform(random, 0, 1);
  model.leakage_at_nominal = Watts(Uniform(random, 0, 0.01));
  model.leakage_voltage = Volts(Uniform(random, 0.2, 1));
  model.weights.standing = Watts(Uniform(random, 0, 0.01));
  model.weights.on_chip = random() % 2 == 0;
  Regulators& regulators = model.regulators;
  regulators.voltage.kind = static_cast<RegulatorKind>(random() % 3);
  regulators.voltage.input = model.points.nominal().voltage + Volts(0.05);
  regulators.voltage.efficiency = Uniform(random, 0.7, 1);
  regulators.voltage.response_per_volt = Nanoseconds(random() % 3 == 0 ? 0 : 76);
  regulators.voltage.output_capacitance = Farads(Uniform(random, 0, 1e-8));
  regulators.clock = {Nanoseconds(random() % 3 == 0 ? 0 : 50), Watts(2e-3)};
  if (random() % 2 == 0) {
    regulators.transition_time = Seconds(std::pow(10, Uniform(random, -7.5, -4)));
  }
  const size_t layers = 1 + random() % 12;
  const std::vector<OperatingPoint>& grid = model.points.points();
  for (size_t i = 0; i < layers; ++i) {
    const double cycles = Uniform(random, 1e3, 1e6);
    const double bytes = Uniform(random, 0, 1e6);
    result.work.layers.push_back({Cycles(cycles), Bytes(bytes),
                                  Cycles(cycles * Uniform(random, 0, 1)),
                                  Bytes(bytes * Uniform(random, 0, 1))});
    result.points.push_back(grid[random() % grid.size()]);
  }
  return result;
}

/// The highest frequency that a voltage allows, between the grid's points.
double AllowedFrequency(const std::vector<OperatingPoint>& grid, double voltage) {
  if (voltage >= grid.back().voltage.value()) {
    return grid.back().frequency.value();
  }
  if (voltage < grid.front().voltage.value()) {
    // No more than a rounding below the grid.
    EXPECT_NEAR(voltage, grid.front().voltage.value(), 1e-12);
    return grid.front().frequency.value();
  }
  const auto above = std::find_if(grid.begin(), grid.end(), [voltage](const OperatingPoint& p) {
    return p.voltage.value() > voltage;
  });
  const auto below = std::prev(above);
  const double part =
      (voltage - below->voltage.value()) / (above->voltage.value() - below->voltage.value());
  return below->frequency.value() + part * (above->frequency - below->frequency).value();
}

TEST(WaveformTest, TheClockNeverExceedsWhatTheVoltageAllows) {
  testing::Random random(41);
  for (int trial = 0; trial < 2'000; ++trial) {
    const Case c = RandomCase(random);
    for (const WaveformSegment& segment : WaveformOf(c.model, c.work, c.points)) {
      for (const double part : {0.0, 0.1, 0.5, 0.9, 1.0}) {
        const double voltage = segment.start_voltage.value() +
                               part * (segment.end_voltage - segment.start_voltage).value();
        ASSERT_LE(segment.clock.value(),
                  AllowedFrequency(c.model.points.points(), voltage) * (1 + 1e-9));
      }
    }
  }
}

TEST(WaveformTest, ItIntegratesToTheReportedTimeAndEnergy) {
  testing::Random random(42);
  for (int trial = 0; trial < 2'000; ++trial) {
    const Case c = RandomCase(random);
    const SentenceCost cost = CostOf(c.model, c.work, c.points);
    Joules load;
    Joules supply;
    Joules dram;
    Seconds time;
    double cycles_run = 0;
    for (const WaveformSegment& segment : WaveformOf(c.model, c.work, c.points)) {
      ASSERT_EQ(segment.start, time);
      ASSERT_GT(segment.duration, Seconds(0));
      ASSERT_GE(segment.supply_power, segment.load_power);
      time = segment.end();
      load += EnergyOf(segment.load_power, segment.duration);
      supply += EnergyOf(segment.supply_power, segment.duration);
      dram += EnergyOf(segment.dram_power, segment.duration);
      cycles_run += segment.transition ? 0 : segment.clock.value() * segment.duration.value();
    }
    ASSERT_NEAR(time / cost.latency, 1, 1e-9);
    ASSERT_NEAR(load / cost.account.on_chip_load(), 1, 1e-9);
    ASSERT_NEAR(supply / cost.account.on_chip_supply(), 1, 1e-9);
    ASSERT_NEAR(dram.value(), cost.account.dram_total().value(), 1e-9 * dram.value());
    double cycles_needed = 0;
    for (size_t i = 0; i < c.points.size(); ++i) {
      cycles_needed += c.work.layers[i].cycles.value();
    }
    ASSERT_GE(cycles_run, cycles_needed * (1 - 1e-9));
  }
}

TEST(WaveformTest, VoltageRisesBeforeTheClockAndFallsAfterIt) {
  const std::array<OperatingPoint, 2> ends = {{{Volts(0.5), Hertz(1e8)}, {Volts(1.0), Hertz(4e8)}}};
  PowerModel model{*OperatingPointTable::Create(ends, Volts(0.5)),
                   Picojoules(100),
                   {Picojoules(64), BytesPerSecond(1e9)}};
  model.regulators.voltage.response_per_volt = Nanoseconds(100);
  model.regulators.clock.lock_time = Nanoseconds(20);
  const SentenceWork work{{{Cycles(1e4), {}}, {Cycles(1e4), {}}, {Cycles(1e4), {}}}};
  const std::vector<OperatingPoint> points = {ends[0], ends[1], ends[0]};
  const std::vector<WaveformSegment> waveform = WaveformOf(model, work, points);
  ASSERT_EQ(waveform.size(), 7u);
  EXPECT_EQ(waveform[1].start_voltage, Volts(0.5));
  EXPECT_EQ(waveform[1].end_voltage, Volts(1.0));
  EXPECT_EQ(waveform[1].clock, Hertz(1e8));
  EXPECT_EQ(waveform[2].clock, Hertz(0));
  EXPECT_EQ(waveform[2].start_voltage, Volts(1.0));
  EXPECT_EQ(waveform[3].clock, Hertz(4e8));
  EXPECT_EQ(waveform[4].clock, Hertz(0));
  EXPECT_EQ(waveform[4].end_voltage, Volts(1.0));
  EXPECT_EQ(waveform[5].clock, Hertz(1e8));
  EXPECT_EQ(waveform[5].end_voltage, Volts(0.5));
  EXPECT_EQ(waveform[6].layer, 3);
  const std::string csv = WaveformCsv(waveform);
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 15);
  EXPECT_THAT(csv, ::testing::StartsWith("time_s,voltage_v,frequency_hz,"));
  EXPECT_THAT(csv, ::testing::HasSubstr(",2,transition\n"));
}

}  // namespace
}  // namespace edgebert
