#ifndef EDGEBERT_CLI_SIMULATE_COMMAND_H_
#define EDGEBERT_CLI_SIMULATE_COMMAND_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "edgebert/base/status.h"
#include "edgebert/cli/command.h"
#include "edgebert/pipeline/accelerator_sentence.h"

namespace edgebert::cli {

/// What `edgebert simulate` asks of a simulator.
struct SimulationRequest {
  const AcceleratorModel& model;
  const DeviceSentence& sentence;
  bool artifact = false;  ///< The authors' structure, not the overlapped one.
  std::optional<std::string> trace;
  std::optional<std::string> timeline;
  std::optional<std::string> plot;
  std::string title;  ///< Of the plot.
};

struct UnitActivity {
  std::string name;
  int64_t busy_cycles = 0;
};

struct SimulationOutcome {
  AcceleratorRun run;
  std::optional<bool> matches_engine;  ///< None: nothing to compare.
  std::vector<UnitActivity> units;
  std::string operations;  ///< `artifact`: a table of what was simulated, in lines.
};

using Simulator = Result<SimulationOutcome> (*)(const SimulationRequest& request);

/// Adds `simulate` with a simulator, or, where it is null, with the cost model and whatever program
/// with SystemC lies beside this one.
void AddSimulateCommand(CLI::App& app, Action& action, Simulator simulator);

/// Adds it for a program without SystemC, which goes on as edgebert-simulate where that lies beside
/// it.
void AddSimulateCommandWithoutSystemc(CLI::App& app, Action& action);

}  // namespace edgebert::cli

#endif  // EDGEBERT_CLI_SIMULATE_COMMAND_H_
