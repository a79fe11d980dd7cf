#include <array>

#include "edgebert/cli/program.h"
#include "edgebert/cli/train_handover.h"
#include "edgebert/cli_simulate/systemc_simulator.h"

int main(int argc, char** argv) {
  return edgebert::cli::RunProgram(argc, argv,
                                   std::array{&edgebert::cli::AddSimulateCommandWithSystemc,
                                              &edgebert::cli::AddTrainCommandWithoutLibtorch});
}
