#include <array>

#include "edgebert/cli/program.h"
#include "edgebert/cli/simulate_command.h"
#include "edgebert/cli/train_handover.h"

int main(int argc, char** argv) {
  return edgebert::cli::RunProgram(argc, argv,
                                   std::array{&edgebert::cli::AddSimulateCommandWithoutSystemc,
                                              &edgebert::cli::AddTrainCommandWithoutLibtorch});
}
