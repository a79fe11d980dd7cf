#include "edgebert/cli/program.h"

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "edgebert/base/file.h"
#include "edgebert/base/text.h"
#include "edgebert/cli/command.h"
#include "edgebert/power/host_frequencies.h"

namespace edgebert::cli {
namespace {

/// Leaves nothing half written and the clock as it was, then dies of the signal as if it had not
/// been caught.
extern "C" void OnInterrupt(int signal) {
  RemoveTemporaryFilesFromSignalHandler();
  RestoreHostFrequenciesFromSignalHandler();
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

/// Names of everything that could have been meant where `word` stood.
std::vector<std::string> KnownWords(const CLI::App& app) {
  std::vector<std::string> words;
  const std::vector<CLI::App*> chosen = app.get_subcommands();
  const CLI::App& scope = chosen.empty() ? app : *chosen.front();
  for (const CLI::Option* option : scope.get_options()) {
    for (const std::string& name : option->get_lnames()) {
      words.push_back("--" + name);
    }
  }
  for (const CLI::App* command : scope.get_subcommands({})) {
    words.push_back(command->get_name());
  }
  return words;
}

/// A script's unset variable must not look like a flag that is not there.
void RefuseEmptyValues(CLI::App& app) {
  for (CLI::App* command : app.get_subcommands({})) {
    for (CLI::Option* option : command->get_options()) {
      if (!option->get_positional() && option->get_expected_min() > 0) {
        option->check([](const std::string& value) {
          return value.empty() ? "expected a value, this one is empty" : "";
        });
      }
    }
  }
}

int UsageFailure(const CLI::App& app, const CLI::ParseError& error) {
  std::string message = error.what();
  for (const std::string& word : app.remaining(true)) {
    const std::string flag = word.substr(0, word.find('='));
    const std::string guess = DidYouMean(flag, KnownWords(app));
    const bool may_be_text = guess.empty() && word.starts_with('-');
    message = fmt::format("unknown argument '{}'{}", word,
                          may_be_text ? ", put -- before a text that starts with a dash" : guess);
    break;
  }
  const std::vector<CLI::App*> chosen = app.get_subcommands();
  return Fail(InvalidArgument(fmt::format("{} (see edgebert {}--help)", message,
                                          chosen.empty() ? "" : chosen.front()->get_name() + " ")),
              kUsageError);
}

int Run(int argc, char** argv, std::span<const AddCommand> more) {
  std::signal(SIGINT, OnInterrupt);
  std::signal(SIGTERM, OnInterrupt);
  std::signal(SIGHUP, OnInterrupt);
  CLI::App app("EdgeBERT: text classification with early exit and per-sentence voltage scaling",
               "edgebert");
  app.set_version_flag("--version", "edgebert " EDGEBERT_VERSION);
  app.require_subcommand(1);
  Action action;
  AddRunCommand(app, action);
  AddEvalCommand(app, action);
  AddTokenizeCommand(app, action);
  AddInspectCommand(app, action);
  AddImportCommand(app, action);
  AddTraceCommand(app, action);
  AddHardwareCommand(app, action);
  AddEnvmCommand(app, action);
  AddPlanCommand(app, action);
  AddExitsCommand(app, action);
  AddCalibrateCommand(app, action);
  AddSplitCommand(app, action);
  AddExportCommand(app, action);
  AddBenchCommand(app, action);
  AddBenchWorkerCommand(app, action);
  AddReportCommand(app, action);
  AddSweepCommand(app, action);
  for (const AddCommand add : more) {
    add(app, action);
  }
  RefuseEmptyValues(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {  // --help, --version
    return app.exit(success);
  } catch (const CLI::ParseError& error) {
    return UsageFailure(app, error);
  }
  const int exit_status = action();
  if (const Status status = FlushOutput(); !status.ok()) {
    return Fail(status);
  }
  return exit_status;
}

}  // namespace

int RunProgram(int argc, char** argv, std::span<const AddCommand> more) {
  try {
    return Run(argc, argv, more);
  } catch (const std::exception& error) {  // Out of memory, above all.
    fmt::print(stderr, "edgebert: {}\n", error.what());
    return kDataError;
  }
}

}  // namespace edgebert::cli
