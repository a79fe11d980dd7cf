#include "edgebert/systemc/dvfs_controller.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <random>

#include "edgebert/power/waveform.h"
#include "edgebert/systemc/bench_testing.h"
#include "edgebert/testing/testing.h"

namespace edgebert::systemc {
namespace {

/// A sentence: points by layer, and the cycles of each layer.
struct Sentence {
  PowerModel model;
  std::vector<OperatingPoint> points;
  std::vector<uint64_t> cycles;

  SentenceWork Work() const {
    SentenceWork work;
    for (const uint64_t count : cycles) {
      work.layers.push_back({Cycles(static_cast<double>(count)), Bytes(0)});
    }
    return work;
  }
};

double Uniform(testing::Random& random, double low, double high) {
  return std::uniform_real_distribution<>(low, high)(random);
}

Sentence RandomSentence(testing::Random& random) {
  const double low = Uniform(random, 0.5, 0.8);
  const double slow = Uniform(random, 5e7, 4e8);
  const std::array<OperatingPoint, 2> ends = {
      {{Volts(low), Hertz(slow)},
       {Volts(low + Uniform(random, 0.1, 0.4)), Hertz(slow * Uniform(random, 1.2, 4))}}};
  Sentence sentence{{*OperatingPointTable::Create(ends, Volts(0.025)),
                     Picojoules(100),
                     {Picojoules(64), BytesPerSecond(1e9)}},
                    {},
                    {}};
  Regulators& regulators = sentence.model.regulators;
  regulators.voltage.response_per_volt =
      Nanoseconds(random() % 4 == 0 ? 0 : Uniform(random, 50, 500));
  regulators.clock.lock_time = Nanoseconds(random() % 4 == 0 ? 0 : Uniform(random, 10, 100));
  const std::vector<OperatingPoint>& grid = sentence.model.points.points();
  const size_t layers = 2 + random() % 11;
  for (size_t i = 0; i < layers; ++i) {
    sentence.points.push_back(grid[random() % grid.size()]);
    sentence.cycles.push_back(1 + random() % 200);
  }
  return sentence;
}

SupplyPoint ToSupply(const OperatingPoint& point) {
  return {.volts = point.voltage.value(), .hertz = point.frequency.value()};
}

/// Works for the cycles of each layer, and asks for the next layer's point in between.
class Worker : public Unit {
 public:
  Worker(sc_core::sc_module_name name, const Clock& clock, const Sentence& sentence,
         Channel<SupplyPoint>& requests, Channel<bool>& done)
      : Unit(name, clock), sentence_(sentence), requests_(requests), done_(done) {}

  bool finished() const { return layer_ == sentence_.points.size(); }
  const std::vector<double>& ends() const { return ends_; }
  const std::vector<double>& edges() const { return edges_; }

 protected:
  void Step() override {
    edges_.push_back(sc_core::sc_time_stamp().to_seconds());
    if (waiting_) {
      // The edge that sees the end of a change ends a cycle that belongs to the change.
      if (done_.CanPop()) {
        done_.Pop();
        waiting_ = false;
      }
      return;
    }
    if (finished() || ++worked_ < sentence_.cycles[layer_]) {
      return;
    }
    worked_ = 0;
    ends_.push_back(sc_core::sc_time_stamp().to_seconds());
    if (++layer_ < sentence_.points.size()) {
      requests_.Push(ToSupply(sentence_.points[layer_]));
      waiting_ = true;
    }
  }

 private:
  const Sentence& sentence_;
  Channel<SupplyPoint>& requests_;
  Channel<bool>& done_;
  std::vector<double> ends_;
  std::vector<double> edges_;
  size_t layer_ = 0;
  uint64_t worked_ = 0;
  bool waiting_ = false;
};

struct Course {
  std::vector<double> starts;
  std::vector<VoltageRamp> ramps;
  std::vector<FrequencyStep> steps;
  std::vector<double> layer_ends;
  std::vector<double> edges;  ///< Of the core clock.
};

constexpr double kReferencePeriod = 1e-9;

Course Simulate(const Sentence& sentence) {
  Course course;
  EXPECT_OK(InSimulation([&] {
    const SupplyPoint first = ToSupply(sentence.points.front());
    Clock core("core", sc_core::sc_time(1 / first.hertz, sc_core::SC_SEC));
    Clock reference("reference", sc_core::sc_time(kReferencePeriod, sc_core::SC_SEC));
    LowDropoutRegulator regulator("ldo", first.volts,
                                  sentence.model.regulators.voltage.response_per_volt.value());
    Adpll clock_generator("adpll", core, first.hertz,
                          sentence.model.regulators.clock.lock_time.value());
    Channel<SupplyPoint> requests("requests");
    Channel<bool> done("done");
    DvfsController controller("controller", reference, {.requests = requests, .done = done}, first,
                              regulator, clock_generator);
    Worker worker("worker", core, sentence, requests, done);
    EDGEBERT_RETURN_IF_ERROR(RunUntil(reference, [&] { return worker.finished(); }));
    EXPECT_EQ(controller.point(), ToSupply(sentence.points.back()));
    course = {.starts = controller.starts(),
              .ramps = regulator.ramps(),
              .steps = clock_generator.steps(),
              .layer_ends = worker.ends(),
              .edges = worker.edges()};
    return OkStatus();
  }));
  return course;
}

double VoltageAt(const Course& course, double initial, double time) {
  double voltage = initial;
  for (const VoltageRamp& ramp : course.ramps) {
    const double start = ramp.start;
    const double end = ramp.end;
    if (time >= end) {
      voltage = ramp.to;
    } else if (time >= start) {
      return ramp.from + (ramp.to - ramp.from) * (time - start) / (end - start);
    }
  }
  return voltage;
}

double FrequencyAt(const Course& course, double time) {
  double hertz = 0;
  for (const FrequencyStep& step : course.steps) {
    if (step.start <= time) {
      hertz = step.hertz;
    }
  }
  return hertz;
}

/// Every change of voltage and clock, from when the controller has taken it up, is that of
/// power/waveform, at most one reference clock later.
TEST(DvfsControllerTest, WaveformsAreThoseOfTheEnergyModelWithinOneClock) {
  testing::Random random(11);
  int changes = 0;
  for (int trial = 0; trial < 300; ++trial) {
    const Sentence sentence = RandomSentence(random);
    const Course course = Simulate(sentence);
    ASSERT_EQ(course.starts.size(), sentence.points.size() - 1);
    const double slope = sentence.model.regulators.voltage.response_per_volt > Seconds(0)
                             ? 1 / sentence.model.regulators.voltage.response_per_volt.value()
                             : 1e300;
    // Rounding to femtoseconds, of each of a few times.
    constexpr double kRounding = 1e-14;
    std::vector<double> ideal_starts(sentence.points.size(), -1);
    const std::vector<WaveformSegment> waveform =
        WaveformOf(sentence.model, sentence.Work(), sentence.points);
    for (const WaveformSegment& segment : waveform) {
      if (!segment.transition) {
        continue;
      }
      const auto layer = static_cast<size_t>(segment.layer - 1);
      if (ideal_starts[layer] < 0) {
        ideal_starts[layer] = segment.start.value();
      }
      ++changes;
      const double start = course.starts[layer - 1] + segment.start.value() - ideal_starts[layer];
      const double end = start + segment.duration.value();
      for (const double part : {0.01, 0.25, 0.5, 0.75, 0.99}) {
        const double time = start + part * segment.duration.value();
        const double ideal = segment.start_voltage.value() +
                             part * (segment.end_voltage - segment.start_voltage).value();
        const double found = VoltageAt(course, sentence.points.front().voltage.value(), time);
        ASSERT_LE(std::abs(found - ideal), slope * (kReferencePeriod + kRounding));
        // The clock, except within one reference clock after the change.
        if (time > start + kReferencePeriod && time < end - kRounding) {
          ASSERT_EQ(FrequencyAt(course, time), segment.clock.value());
        }
      }
      // The segment ends with what follows: by one reference clock later at the most.
      const double after = end + kReferencePeriod + kRounding;
      ASSERT_NEAR(VoltageAt(course, sentence.points.front().voltage.value(), after),
                  segment.end_voltage.value(),
                  &segment == &waveform.back() ? 1e-9 : slope * (2 * kReferencePeriod));
    }
  }
  EXPECT_GT(changes, 2'000);
}

TEST(DvfsControllerTest, TheClockNeverExceedsWhatTheVoltageAllows) {
  testing::Random random(12);
  for (int trial = 0; trial < 200; ++trial) {
    const Sentence sentence = RandomSentence(random);
    const Course course = Simulate(sentence);
    const std::vector<OperatingPoint>& grid = sentence.model.points.points();
    const double low = grid.front().voltage.value();
    const double high = grid.back().voltage.value();
    const auto allowed = [&](double voltage) {
      const double part = (voltage - low) / (high - low);
      return grid.front().frequency.value() +
             part * (grid.back().frequency - grid.front().frequency).value();
    };
    const double initial = sentence.points.front().voltage.value();
    for (const FrequencyStep& step : course.steps) {
      const double time = step.start;
      ASSERT_LE(step.hertz, allowed(VoltageAt(course, initial, time)) * (1 + 1e-9));
    }
    for (const VoltageRamp& ramp : course.ramps) {
      for (const double part : {0.0, 0.5, 1.0}) {
        const double time = ramp.start + part * (ramp.end - ramp.start);
        ASSERT_LE(FrequencyAt(course, time),
                  allowed(VoltageAt(course, initial, time)) * (1 + 1e-9));
      }
    }
  }
}

TEST(DvfsControllerTest, TheClockStandsStillWhileItsGeneratorLocks) {
  testing::Random random(14);
  int locks = 0;
  for (int trial = 0; trial < 200; ++trial) {
    const Course course = Simulate(RandomSentence(random));
    for (size_t i = 1; i < course.steps.size(); ++i) {
      const FrequencyStep& locking = course.steps[i - 1];
      const FrequencyStep& locked = course.steps[i];
      if (locking.hertz > 0) {
        continue;
      }
      ++locks;
      const auto edge = std::upper_bound(course.edges.begin(), course.edges.end(), locking.start);
      if (edge != course.edges.end()) {
        // Femtoseconds are what a time of the kernel is rounded to.
        ASSERT_NEAR(*edge, locked.start + 1 / locked.hertz, 2e-15);
      }
    }
  }
  EXPECT_GT(locks, 500);
}

TEST(DvfsControllerTest, LayersTakeTheirCyclesAndChangesTheirTime) {
  testing::Random random(13);
  for (int trial = 0; trial < 200; ++trial) {
    const Sentence sentence = RandomSentence(random);
    const Course course = Simulate(sentence);
    const SentenceWork work = sentence.Work();
    const std::vector<WaveformSegment> waveform = WaveformOf(sentence.model, work, sentence.points);
    const double ideal = waveform.back().end().value();
    const double found = course.layer_ends.back();
    // A period is a whole number of femtoseconds.
    const double rounding =
        1e-15 * std::accumulate(sentence.cycles.begin(), sentence.cycles.end(), 100.0);
    double slack = rounding;
    for (size_t i = 1; i < sentence.points.size(); ++i) {
      // Taken up, half-way and reported at reference edges, and seen at the next edge of the core
      // clock.
      slack += 3 * kReferencePeriod + 1 / sentence.points[i].frequency.value();
    }
    ASSERT_GE(found, ideal - rounding);
    ASSERT_LE(found, ideal + slack);
  }
}

}  // namespace
}  // namespace edgebert::systemc
