#include "edgebert/systemc/clock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "edgebert/systemc/bench_testing.h"
#include "edgebert/testing/testing.h"

namespace edgebert::systemc {
namespace {

using ::testing::ElementsAre;

/// Keeps the time of every edge and acts on the clock at some of them.
class Observer : public Unit {
 public:
  Observer(sc_core::sc_module_name name, const Clock& clock, std::function<void(uint64_t)> action)
      : Unit(name, clock), action_(std::move(action)) {}

  std::vector<double> edges;  ///< In nanoseconds.

 protected:
  void Step() override {
    edges.push_back(sc_core::sc_time_stamp().to_double() / 1e6);
    if (action_) {
      action_(clock().cycle());
    }
  }

 private:
  std::function<void(uint64_t)> action_;
};

TEST(ClockTest, EdgesComeAPeriodApart) {
  EXPECT_OK(InSimulation([] {
    Clock clock("clock", sc_core::sc_time(2, sc_core::SC_NS));
    Observer observer("observer", clock, nullptr);
    EDGEBERT_RETURN_IF_ERROR(RunUntil(clock, [&] { return clock.cycle() == 3; }));
    EXPECT_THAT(observer.edges, ElementsAre(2, 4, 6));
    EDGEBERT_RETURN_IF_ERROR(RunUntil(clock, [&] { return clock.cycle() == 5; }));
    EXPECT_THAT(observer.edges, ElementsAre(2, 4, 6, 8, 10));
    return OkStatus();
  }));
}

TEST(ClockTest, ThePeriodChangesFromTheNextEdge) {
  EXPECT_OK(InSimulation([] {
    Clock clock("clock", sc_core::sc_time(2, sc_core::SC_NS));
    Observer observer("observer", clock, [&clock](uint64_t cycle) {
      if (cycle == 1) {
        clock.SetPeriod(sc_core::sc_time(5, sc_core::SC_NS));
      }
    });
    EDGEBERT_RETURN_IF_ERROR(RunUntil(clock, [&] { return clock.cycle() == 4; }));
    EXPECT_THAT(observer.edges, ElementsAre(2, 4, 9, 14));
    return OkStatus();
  }));
}

TEST(ClockTest, AnEdgeThatIsDueComesThoughThePeriodChanges) {
  for (const bool controller_first : {true, false}) {
    EXPECT_OK(InSimulation([&] {
      // The clock that is made first acts first when both have an edge at 4 ns.
      std::unique_ptr<Clock> core;
      const auto make_core = [&core] {
        core = std::make_unique<Clock>("core", sc_core::sc_time(2, sc_core::SC_NS));
      };
      if (!controller_first) {
        make_core();
      }
      Clock reference("reference", sc_core::sc_time(1, sc_core::SC_NS));
      if (controller_first) {
        make_core();
      }
      Observer observer("observer", *core, nullptr);
      Observer controller("controller", reference, [&core](uint64_t cycle) {
        if (cycle == 3) {
          core->SetPeriod(sc_core::sc_time(1, sc_core::SC_NS));
        }
      });
      EDGEBERT_RETURN_IF_ERROR(RunUntil(reference, [&] { return reference.cycle() == 7; }));
      EXPECT_GE(observer.edges.size(), 4u);
      observer.edges.resize(4);
      EXPECT_THAT(observer.edges, ElementsAre(2, 4, 5, 6));
      return OkStatus();
    }));
  }
}

TEST(ClockTest, AGatedClockStandsStillWhileOthersRun) {
  EXPECT_OK(InSimulation([] {
    Clock core("core", sc_core::sc_time(2, sc_core::SC_NS));
    Clock reference("reference", sc_core::sc_time(1, sc_core::SC_NS));
    Observer observer("observer", core, nullptr);
    Observer controller("controller", reference, [&core](uint64_t cycle) {
      if (cycle == 4) {
        core.Gate();
      } else if (cycle == 10) {
        core.Ungate();
      }
    });
    EDGEBERT_RETURN_IF_ERROR(RunUntil(reference, [&] { return reference.cycle() == 15; }));
    EXPECT_THAT(observer.edges, ElementsAre(2, 4, 13, 15));
    return OkStatus();
  }));
}

}  // namespace
}  // namespace edgebert::systemc
