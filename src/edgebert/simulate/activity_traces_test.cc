#include "edgebert/simulate/activity_traces.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "edgebert/simulate/sentence_simulator.h"
#include "edgebert/testing/testing.h"
#include "edgebert/testing/text_model.h"

namespace edgebert {
namespace {

using systemc::overlapped::ActivityLog;
using systemc::overlapped::kNumTracedUnits;
using systemc::overlapped::TracedUnit;
using systemc::overlapped::TracedUnitName;
using ::testing::HasSubstr;

/// A sentence at full depth, its layers at two operating points.
struct TracedSentence {
  std::shared_ptr<const AcceleratorModel> model;
  DeviceSentence sentence;
  AcceleratorRun run;
  ActivityLog activity;
};

TracedSentence Trace() {
  auto model = AcceleratorModel::Create(testing::TextModel(true, 95), *DefaultHardware());
  EXPECT_OK(model);
  TracedSentence traced;
  traced.model = *model;
  auto sentence = RunDeviceSentence(*traced.model, {.policy = Policy::kConventional},
                                    "a very slow film with a good end", std::nullopt);
  EXPECT_OK(sentence);
  traced.sentence = std::move(*sentence);
  const auto& points = traced.model->classifier()->costs().power().points;
  for (size_t layer = 1; layer < traced.sentence.points.size(); ++layer) {
    traced.sentence.points[layer] = points.lowest();
  }
  const auto simulated = SimulateOverlapped(*traced.model, traced.sentence, &traced.activity);
  EXPECT_OK(simulated);
  traced.run = simulated->run;
  return traced;
}

TEST(ActivityLogTest, BusyCyclesAreThoseThatUnitsCount) {
  const TracedSentence traced = Trace();
  const auto busy = [&](TracedUnit unit) {
    return static_cast<int64_t>(traced.activity.BusyCycles(unit));
  };
  EXPECT_EQ(busy(TracedUnit::kArray), traced.run.counts.array_cycles);
  EXPECT_EQ(busy(TracedUnit::kStreamer), traced.run.counts.array_cycles);
  EXPECT_EQ(busy(TracedUnit::kLoader), traced.run.counts.loaded_vectors);
  EXPECT_EQ(busy(TracedUnit::kSpecial), traced.run.special_cycles);
  // At most a port's bytes a cycle.
  EXPECT_GE(busy(TracedUnit::kDma) * traced.model->hardware().dram_port.value,
            traced.run.counts.transfer_bytes);
  int64_t layers = 0;
  for (const ActivityLog::LayerEnds& layer : traced.activity.layers) {
    layers += static_cast<int64_t>(layer.decision - layer.start);
  }
  EXPECT_EQ(layers, traced.run.cycles);
}

TEST(TimelineTest, HasATrackAUnitWithSlicesThatFollowOneAnother) {
  const TracedSentence traced = Trace();
  const auto json =
      nlohmann::json::parse(TimelineJson(traced.sentence.program, traced.activity), nullptr, false);
  ASSERT_FALSE(json.is_discarded());
  std::map<int, std::string> tracks;
  std::map<int, double> ends;
  std::map<int, uint64_t> cycles;
  std::map<int, std::vector<std::string>> names;
  int counters = 0;
  const double fastest = traced.model->hardware().nominal().frequency.value() * 1e-6;
  for (const auto& event : json["traceEvents"]) {
    const std::string phase = event["ph"];
    if (phase == "C") {
      ++counters;
    } else if (phase == "M" && event["name"] == "thread_name") {
      tracks[event["tid"]] = event["args"]["name"];
    } else if (phase == "X") {
      const int track = event["tid"];
      const double from = event["ts"];
      const double duration = event["dur"];
      const double count = event["args"]["cycles"];
      ASSERT_GE(from, ends[track] - 1e-9) << track << ": " << event;
      ends[track] = from + duration;
      // In picoseconds: no clock is faster, and none below half the nominal one.
      ASSERT_GE(duration, count / fastest - 2e-6) << event;
      ASSERT_LE(duration, count / fastest * 4) << event;
      cycles[track] += event["args"]["cycles"].get<uint64_t>();
      names[track].push_back(event["name"]);
      ASSERT_GE(event["args"]["layer"].get<int>(), 1);
    }
  }
  ASSERT_EQ(tracks.size(), static_cast<size_t>(kNumTracedUnits) + 1);
  for (int unit = 0; unit < kNumTracedUnits; ++unit) {
    EXPECT_EQ(tracks[unit + 1], TracedUnitName(static_cast<TracedUnit>(unit)));
    EXPECT_EQ(cycles[unit + 1], traced.activity.BusyCycles(static_cast<TracedUnit>(unit)));
  }
  const int array = static_cast<int>(TracedUnit::kArray) + 1;
  EXPECT_THAT(names[array], ::testing::Contains("query, head 0"));
  EXPECT_THAT(names[array], ::testing::Contains("feed-forward up"));
  EXPECT_THAT(names[static_cast<int>(TracedUnit::kSpecial) + 1],
              ::testing::IsSupersetOf({"embedding", "softmax, head 0", "AddNorm", "entropy"}));
  EXPECT_EQ(names[kNumTracedUnits + 1].front(), "layer 1");
  // The first point, and one change of both.
  EXPECT_GE(counters, 5);
  // All of it lies within the sentence.
  EXPECT_NEAR(ends[kNumTracedUnits + 1], traced.run.time.value() * 1e6, 0.1);
}

TEST(VcdTest, BusySignalsAddUpToBusyCycles) {
  const TracedSentence traced = Trace();
  std::istringstream vcd(ActivityVcd(traced.activity));
  std::map<std::string, std::string> signals;  // Names by code.
  std::map<std::string, int64_t> risen;
  std::map<std::string, int64_t> high;
  std::vector<double> volts;
  int64_t now = 0;
  std::string word;
  for (std::string line; std::getline(vcd, line);) {
    std::istringstream words(line);
    if (line.starts_with("$var")) {
      std::string type, size, code, name;
      words >> word >> type >> size >> code >> name;
      ASSERT_TRUE(signals.emplace(code, name).second) << line;
    } else if (line.starts_with("#")) {
      const int64_t time = std::stoll(line.substr(1));
      ASSERT_TRUE(time > now || (time == 0 && now == 0)) << line;
      now = time;
    } else if (line.starts_with("1")) {
      ASSERT_TRUE(risen.emplace(line.substr(1), now).second) << line << " at " << now;
    } else if (line.starts_with("0") && risen.contains(line.substr(1))) {
      high[line.substr(1)] += now - risen[line.substr(1)];
      risen.erase(line.substr(1));
    } else if (line.starts_with("r") && signals[line.substr(line.find(' ') + 1)] == "voltage_v") {
      volts.push_back(std::stod(line.substr(1)));
    }
  }
  EXPECT_TRUE(risen.empty());
  EXPECT_EQ(signals.size(), 2 * static_cast<size_t>(kNumTracedUnits) + 3);
  for (const auto& [code, name] : signals) {
    for (int unit = 0; unit < kNumTracedUnits; ++unit) {
      const auto traced_unit = static_cast<TracedUnit>(unit);
      std::string expected(TracedUnitName(traced_unit));
      std::replace(expected.begin(), expected.end(), ' ', '_');
      if (name != expected + "_busy") {
        continue;
      }
      double picoseconds = 0;
      for (const auto& slice : traced.activity.of(traced_unit)) {
        picoseconds += 1e12 * (traced.activity.TimeOf(slice.first_cycle + slice.cycles) -
                               traced.activity.TimeOf(slice.first_cycle));
      }
      const auto slices = static_cast<double>(traced.activity.of(traced_unit).size());
      EXPECT_NEAR(static_cast<double>(high[code]), picoseconds, slices + 1) << name;
    }
  }
  ASSERT_GT(volts.size(), 2u);
  EXPECT_EQ(volts.front(), traced.sentence.points.front().voltage.value());
  EXPECT_NEAR(volts.back(), traced.sentence.points.back().voltage.value(), 1e-9);
}

TEST(ActivitySvgTest, ShowsUnitsLayersAndTheirUse) {
  const TracedSentence traced = Trace();
  const std::string svg = ActivitySvg(traced.activity, "a < b");
  EXPECT_THAT(svg, HasSubstr("a &lt; b"));
  EXPECT_THAT(svg, HasSubstr(">array</text>"));
  EXPECT_THAT(svg, HasSubstr(">layer 1</text>"));
  const double busy =
      100 * static_cast<double>(traced.run.counts.array_cycles) /
      static_cast<double>(traced.activity.layers.back().decision - traced.activity.first_cycle);
  EXPECT_THAT(svg, HasSubstr(fmt::format(">{:.1f} %</text>", busy)));
  EXPECT_TRUE(svg.ends_with("</svg>\n"));
}

}  // namespace
}  // namespace edgebert
