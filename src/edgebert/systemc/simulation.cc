#include "edgebert/systemc/simulation.h"

#include <fmt/format.h>

#include <array>
#include <exception>
#include <memory>
#include <mutex>
#include <string>
#include <systemc>
#include <vector>

#include "edgebert/systemc/clock.h"
#include "edgebert/systemc/unit.h"

// libsystemc refers to it from a main() of its own, which no program of ours uses.
// NOLINTNEXTLINE(misc-definitions-in-headers)
extern "C" __attribute__((visibility("default"))) int sc_main(int, char*[]) { return 1; }

namespace edgebert::systemc {
namespace {

std::mutex g_kernel_mutex;
thread_local bool t_simulating = false;
uint64_t g_movements = 0;  // Guarded by g_kernel_mutex, as the kernel is.

/// Makes errors exceptions and silences the rest; puts back what was set before.
class QuietReports {
 public:
  QuietReports() {
    for (size_t i = 0; i < kActions.size(); ++i) {
      before_[i] =
          sc_core::sc_report_handler::set_actions(kActions[i].severity, kActions[i].actions);
    }
  }
  ~QuietReports() {
    for (size_t i = 0; i < kActions.size(); ++i) {
      sc_core::sc_report_handler::set_actions(kActions[i].severity, before_[i]);
    }
  }
  QuietReports(const QuietReports&) = delete;
  QuietReports& operator=(const QuietReports&) = delete;

 private:
  struct Action {
    sc_core::sc_severity severity;
    sc_core::sc_actions actions;
  };
  static constexpr std::array<Action, 4> kActions = {{
      {sc_core::SC_INFO, sc_core::SC_DO_NOTHING},
      {sc_core::SC_WARNING, sc_core::SC_DO_NOTHING},
      {sc_core::SC_ERROR, sc_core::SC_THROW},
      {sc_core::SC_FATAL, sc_core::SC_THROW},
  }};
  std::array<sc_core::sc_actions, kActions.size()> before_;
};

/// A kernel as the current one. SystemC makes its global kernel in the same way on first use.
class FreshKernel {
 public:
  FreshKernel()
      : before_(sc_core::sc_curr_simcontext), kernel_(std::make_unique<sc_core::sc_simcontext>()) {
    sc_core::sc_curr_simcontext = kernel_.get();
    t_simulating = true;
  }
  ~FreshKernel() {
    kernel_.reset();  // It looks at the current kernel while it goes.
    sc_core::sc_curr_simcontext = before_;
    t_simulating = false;
  }
  FreshKernel(const FreshKernel&) = delete;
  FreshKernel& operator=(const FreshKernel&) = delete;

 private:
  sc_core::sc_simcontext* before_;
  std::unique_ptr<sc_core::sc_simcontext> kernel_;
};

void AppendWaitingUnits(const std::vector<sc_core::sc_object*>& objects, std::string& text) {
  for (const sc_core::sc_object* object : objects) {
    if (const auto* unit = dynamic_cast<const Unit*>(object); unit != nullptr && unit->Waits()) {
      text += fmt::format("\n  {}", unit->DescribeWait());
    }
    AppendWaitingUnits(object->get_child_objects(), text);
  }
}

std::string WaitingUnits() {
  std::string text;
  AppendWaitingUnits(sc_core::sc_get_top_level_objects(), text);
  return text.empty() ? "\n  no unit has anything to do" : text;
}

}  // namespace

Status InSimulation(const std::function<Status()>& body) {
  if (t_simulating) {
    return InvalidArgument(
        "a simulation was started within a simulation: let the first one end before the next");
  }
  const std::lock_guard lock(g_kernel_mutex);
  try {
    const FreshKernel kernel;
    const QuietReports quiet;
    g_movements = 0;
    sc_core::sc_set_time_resolution(1, sc_core::SC_FS);
    Status status = body();
    // With all modules gone only cancelled events are left, which the kernel frees when it comes to
    // them, and leaks when it ends before. What is due at once would still act on the modules.
    if (!sc_core::sc_pending_activity_at_current_time()) {
      sc_core::sc_start();
    }
    return status;
  } catch (const sc_core::sc_report& report) {
    return Internal(fmt::format("SystemC: {} ({})", report.get_msg(), report.get_msg_type()));
  } catch (const std::exception& error) {
    return Internal(fmt::format("the simulation ended with an exception: {}", error.what()));
  }
}

Status RunUntil(Clock& clock, const std::function<bool()>& done, const RunLimits& limits) {
  uint64_t movements = g_movements;
  uint64_t last_movement = clock.cycle();
  bool finished = false;
  bool stuck = false;
  clock.Resume([&] {
    if (done()) {
      finished = true;
      return false;
    }
    if (movements != g_movements) {
      movements = g_movements;
      last_movement = clock.cycle();
    }
    stuck = clock.cycle() - last_movement >= limits.idle_edges;
    return !stuck;
  });
  sc_core::sc_start();
  clock.Pause();
  if (finished) {
    return OkStatus();
  }
  if (stuck) {
    return Internal(fmt::format(
        "the simulation stands still: nothing moved in cycles {} to {} of {}; waiting:{}",
        last_movement, clock.cycle(), clock.name(), WaitingUnits()));
  }
  return Internal(fmt::format("no event is left after cycle {} of {}; waiting:{}", clock.cycle(),
                              clock.name(), WaitingUnits()));
}

void NoteMovement() { ++g_movements; }

}  // namespace edgebert::systemc
