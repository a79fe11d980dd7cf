#include "edgebert/systemc/simulation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <thread>

#include "edgebert/systemc/bench_testing.h"
#include "edgebert/testing/testing.h"

namespace edgebert::systemc {
namespace {

using ::testing::HasSubstr;

/// A source, a channel and a sink; the sum of what arrives.
Status SimulateSum(int count, int& sum, uint64_t& cycles) {
  return InSimulation([&] {
    Clock clock("clock", sc_core::sc_time(1, sc_core::SC_NS));
    Channel<int> channel("channel");
    std::vector<int> items;
    for (int i = 0; i < count; ++i) {
      items.push_back(i);
    }
    testing::Source<int> source("source", clock, channel, items);
    testing::Sink<int> sink("sink", clock, channel);
    EDGEBERT_RETURN_IF_ERROR(RunUntil(clock, [&] { return sink.items().size() == items.size(); }));
    sum = 0;
    for (const int item : sink.items()) {
      sum += item;
    }
    cycles = clock.cycle();
    return OkStatus();
  });
}

TEST(SimulationTest, OneProcessSimulatesManyDesigns) {
  for (int count = 0; count < 1'000; ++count) {
    int sum = -1;
    uint64_t cycles = 0;
    ASSERT_OK(SimulateSum(count, sum, cycles));
    ASSERT_EQ(sum, count * (count - 1) / 2);
    ASSERT_EQ(cycles, count == 0 ? 0u : static_cast<uint64_t>(count) + 1);
  }
}

TEST(SimulationTest, ThreadsWaitForTheirTurn) {
  std::vector<std::thread> threads;
  std::array<int, 4> sums = {};
  for (int& sum : sums) {
    threads.emplace_back([&sum] {
      for (int i = 0; i < 50; ++i) {
        uint64_t cycles = 0;
        EXPECT_OK(SimulateSum(100, sum, cycles));
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_THAT(sums, ::testing::Each(4950));
}

TEST(SimulationTest, OneDesignRunsManyTimes) {
  EXPECT_OK(InSimulation([] {
    Clock clock("clock", sc_core::sc_time(1, sc_core::SC_NS));
    Channel<int> channel("channel");
    testing::Source<int> source("source", clock, channel, {});
    testing::Sink<int> sink("sink", clock, channel);
    for (size_t i = 1; i <= 100; ++i) {
      source.Add(static_cast<int>(i));
      const uint64_t start = clock.cycle();
      EDGEBERT_RETURN_IF_ERROR(RunUntil(clock, [&] { return sink.items().size() == i; }));
      EXPECT_EQ(clock.cycle() - start, 2u);
      EXPECT_EQ(sink.items().back(), static_cast<int>(i));
    }
    return OkStatus();
  }));
}

TEST(SimulationTest, ASimulationWithinASimulationIsRefused) {
  Status inner;
  EXPECT_OK(InSimulation([&inner] {
    inner = InSimulation([] { return OkStatus(); });
    return OkStatus();
  }));
  EXPECT_EQ(inner.code(), StatusCode::kInvalidArgument);
}

TEST(SimulationTest, TheStatusOfTheBodyComesBack) {
  const Status status = InSimulation([] { return Infeasible("no such thing"); });
  EXPECT_EQ(status.code(), StatusCode::kInfeasible);
  EXPECT_EQ(status.message(), "no such thing");
}

/// Pushes whether there is room or not.
class Rude : public Unit {
 public:
  Rude(sc_core::sc_module_name name, const Clock& clock, Channel<int>& output)
      : Unit(name, clock), output_(output) {}

 protected:
  void Step() override { output_.Push(1); }

 private:
  Channel<int>& output_;
};

TEST(SimulationTest, ErrorsOfSystemCAndExceptionsAreStatuses) {
  ::testing::internal::CaptureStderr();
  ::testing::internal::CaptureStdout();
  const Status overflow = InSimulation([] {
    Clock clock("clock", sc_core::sc_time(1, sc_core::SC_NS));
    Channel<int> channel("results");
    const Rude rude("rude", clock, channel);
    return RunUntil(clock, [] { return false; });
  });
  const Status exception = InSimulation([]() -> Status { throw std::runtime_error("oops"); });
  const Status fatal = InSimulation([]() -> Status {
    SC_REPORT_FATAL("bench", "it is over");
    return OkStatus();
  });
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
  EXPECT_EQ(::testing::internal::GetCapturedStdout(), "");
  EXPECT_EQ(overflow.code(), StatusCode::kInternal);
  EXPECT_THAT(overflow.message(), HasSubstr("results is full, and was pushed to"));
  EXPECT_THAT(exception.message(), HasSubstr("oops"));
  EXPECT_THAT(fatal.message(), HasSubstr("it is over"));
  int sum = 0;
  uint64_t cycles = 0;
  EXPECT_OK(SimulateSum(3, sum, cycles));
  EXPECT_EQ(sum, 3);
}

TEST(SimulationTest, AStandstillIsAnErrorThatNamesTheWaitingUnits) {
  const Status status = InSimulation([] {
    Clock clock("clock", sc_core::sc_time(1, sc_core::SC_NS));
    Channel<int> channel("requests");
    testing::Source<int> source("source", clock, channel, {1, 2, 3, 4});
    testing::Sink<int> sink("memory", clock, channel, [](uint64_t cycle) { return cycle == 100; });
    Channel<int> nothing("nothing");
    testing::Sink<int> idle("idle", clock, nothing);
    return RunUntil(clock, [&] { return sink.items().size() == 4; }, {.idle_edges = 500});
  });
  EXPECT_EQ(status.code(), StatusCode::kInternal);
  EXPECT_THAT(status.message(), HasSubstr("nothing moved in cycles 102 to 602 of clock"));
  EXPECT_THAT(status.message(), HasSubstr("memory (inputs: requests 2/2; outputs: none)"));
  EXPECT_THAT(status.message(), ::testing::Not(HasSubstr("idle")));
}

TEST(SimulationTest, AClockThatIsNeverUngatedIsAnError) {
  const Status status = InSimulation([] {
    Clock clock("clock", sc_core::sc_time(1, sc_core::SC_NS));
    clock.Gate();
    return RunUntil(clock, [] { return false; });
  });
  EXPECT_THAT(status.message(), HasSubstr("no event is left after cycle 0 of clock"));
}

}  // namespace
}  // namespace edgebert::systemc
