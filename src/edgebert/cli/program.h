#ifndef EDGEBERT_CLI_PROGRAM_H_
#define EDGEBERT_CLI_PROGRAM_H_

#include <span>

#include "edgebert/cli/command.h"

namespace edgebert::cli {

/// Adds a subcommand to the program, which sets the action when it is chosen.
using AddCommand = void (*)(CLI::App& app, Action& action);

/// The whole program: parses the command line, runs the command and returns the exit status. `more`
/// are commands of optional components.
int RunProgram(int argc, char** argv, std::span<const AddCommand> more = {});

}  // namespace edgebert::cli

#endif  // EDGEBERT_CLI_PROGRAM_H_
