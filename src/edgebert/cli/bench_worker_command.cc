#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <memory>
#include <string>

#include "edgebert/bench/worker.h"
#include "edgebert/cli/command.h"
#include "edgebert/cli/flags.h"

namespace edgebert::cli {
namespace {

int Serve(const ClassifierFlags& flags) {
  const auto start = std::chrono::steady_clock::now();
  const Result<ClassifierOptions> options = flags.Options();
  if (!options.ok()) {
    return Fail(options.status(), kUsageError);
  }
  const auto model = flags.LoadModel();
  Result<BenchWorker> worker =
      model.ok() ? BenchWorker::Create(*model, options->threshold_nats, options->threads)
                 : Result<BenchWorker>(model.status());
  if (!worker.ok()) {
    return Fail(worker.status());
  }
  fmt::print("{}\n", worker->Hello(std::chrono::steady_clock::now() - start));
  for (std::string line; FlushOutput().ok() && std::getline(std::cin, line);) {
    fmt::print("{}\n", worker->Answer(line));
  }
  return kSuccess;
}

}  // namespace

void AddBenchWorkerCommand(CLI::App& app, Action& action) {
  auto flags = std::make_shared<ClassifierFlags>();
  CLI::App* command = app.add_subcommand(
      "bench-worker", "Answer the requests of `bench` on standard input (docs/benchmarks.md)");
  command->group("");  // Not in the list of commands: `bench` starts it.
  flags->AddTo(*command);
  command->callback([flags, &action] { action = [flags] { return Serve(*flags); }; });
}

}  // namespace edgebert::cli
