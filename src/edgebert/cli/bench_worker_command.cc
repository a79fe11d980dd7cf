#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <memory>
#include <optional>
#include <string>

#include "edgebert/bench/worker.h"
#include "edgebert/cli/command.h"
#include "edgebert/cli/flags.h"
#include "edgebert/kernels/dispatch.h"

namespace edgebert::cli {
namespace {

struct WorkerFlags {
  ClassifierFlags classifier;
  std::optional<std::string> isa;
  int threads = 1;
};

int Serve(const WorkerFlags& flags) {
  const auto start = std::chrono::steady_clock::now();
  const Status isa = flags.isa ? UseInstructionSet(*flags.isa) : OkStatus();
  if (!isa.ok()) {
    return Fail(isa, kUsageError);
  }
  if (flags.threads < 1) {
    return Fail(InvalidArgument("--threads: expected at least 1"), kUsageError);
  }
  const Result<ClassifierOptions> options = flags.classifier.Options();
  if (!options.ok()) {
    return Fail(options.status(), kUsageError);
  }
  const auto model = flags.classifier.LoadModel();
  Result<BenchWorker> worker =
      model.ok() ? BenchWorker::Create(*model, options->threshold_nats, flags.threads)
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
  auto flags = std::make_shared<WorkerFlags>();
  CLI::App* command = app.add_subcommand(
      "bench-worker", "Answer the requests of `bench` on standard input (docs/benchmarks.md)");
  command->group("");  // Not in the list of commands: `bench` starts it.
  flags->classifier.AddTo(*command);
  command->add_option("--isa", flags->isa, "Instruction set of the kernels [the best]")
      ->type_name("NAME");
  command->add_option("--threads", flags->threads, "Threads of a session [1]")->type_name("N");
  command->callback([flags, &action] { action = [flags] { return Serve(*flags); }; });
}

}  // namespace edgebert::cli
