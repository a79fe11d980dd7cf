#ifndef EDGEBERT_CLI_TRAIN_TRAIN_COMMAND_H_
#define EDGEBERT_CLI_TRAIN_TRAIN_COMMAND_H_

#include "edgebert/cli/command.h"

namespace edgebert::cli {

void AddTrainCommand(CLI::App& app, Action& action);

}  // namespace edgebert::cli

#endif  // EDGEBERT_CLI_TRAIN_TRAIN_COMMAND_H_
