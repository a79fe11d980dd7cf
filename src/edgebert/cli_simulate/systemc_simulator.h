#ifndef EDGEBERT_CLI_SIMULATE_SYSTEMC_SIMULATOR_H_
#define EDGEBERT_CLI_SIMULATE_SYSTEMC_SIMULATOR_H_

#include "edgebert/cli/command.h"

namespace edgebert::cli {

/// Adds `simulate` with the SystemC models.
void AddSimulateCommandWithSystemc(CLI::App& app, Action& action);

}  // namespace edgebert::cli

#endif  // EDGEBERT_CLI_SIMULATE_SYSTEMC_SIMULATOR_H_
