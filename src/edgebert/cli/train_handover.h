#ifndef EDGEBERT_CLI_TRAIN_HANDOVER_H_
#define EDGEBERT_CLI_TRAIN_HANDOVER_H_

#include "edgebert/cli/command.h"

namespace edgebert::cli {

/// The command `train` of programs without libtorch: it goes on as edgebert-train beside them, or
/// says how to get it.
void AddTrainCommandWithoutLibtorch(CLI::App& app, Action& action);

}  // namespace edgebert::cli

#endif  // EDGEBERT_CLI_TRAIN_HANDOVER_H_
