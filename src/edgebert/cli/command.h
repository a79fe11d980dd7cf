#ifndef EDGEBERT_CLI_COMMAND_H_
#define EDGEBERT_CLI_COMMAND_H_

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "edgebert/base/status.h"

namespace CLI {
class App;
}

namespace edgebert::cli {

/// Exit statuses of the program.
inline constexpr int kSuccess = 0;
inline constexpr int kDataError = 1;   ///< A file, a text or a request that the data cannot meet.
inline constexpr int kUsageError = 2;  ///< The command line itself.

/// What the chosen command does, set by its parser callback and run afterwards.
using Action = std::function<int()>;

// One function a command; each adds its subcommand to `app`, which sets `action` when chosen.
void AddRunCommand(CLI::App& app, Action& action);
void AddEvalCommand(CLI::App& app, Action& action);
void AddTokenizeCommand(CLI::App& app, Action& action);
void AddInspectCommand(CLI::App& app, Action& action);
void AddImportCommand(CLI::App& app, Action& action);
void AddTraceCommand(CLI::App& app, Action& action);
void AddHardwareCommand(CLI::App& app, Action& action);
void AddEnvmCommand(CLI::App& app, Action& action);
void AddPlanCommand(CLI::App& app, Action& action);
void AddExitsCommand(CLI::App& app, Action& action);
void AddCalibrateCommand(CLI::App& app, Action& action);
void AddSplitCommand(CLI::App& app, Action& action);
void AddBenchCommand(CLI::App& app, Action& action);
void AddBenchWorkerCommand(CLI::App& app, Action& action);
void AddExportCommand(CLI::App& app, Action& action);
void AddReportCommand(CLI::App& app, Action& action);
void AddSweepCommand(CLI::App& app, Action& action);

/// The most threads that a flag may ask for.
inline constexpr int kMostThreads = 256;

/// kInvalidArgument unless `value` of flag `name` is from `least` to `most`.
Status CheckFlagRange(std::string_view name, int64_t value, int64_t least, int64_t most);

/// At most `max_bytes` of `text` on one line: control characters become blanks, a cut shows as "…".
std::string Printable(std::string_view text, size_t max_bytes);

/// Hands what was printed to the operating system; an error when it takes it no longer (a full
/// disk).
Status FlushOutput();

/// Prints "edgebert: message" on stderr, on one line, and returns the exit status.
int Fail(const Status& status, int exit_status = kDataError);

}  // namespace edgebert::cli

#endif  // EDGEBERT_CLI_COMMAND_H_
