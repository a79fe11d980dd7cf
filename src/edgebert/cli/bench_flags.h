#ifndef EDGEBERT_CLI_BENCH_FLAGS_H_
#define EDGEBERT_CLI_BENCH_FLAGS_H_

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "edgebert/base/status.h"
#include "edgebert/bench/worker_process.h"
#include "edgebert/bench/workload.h"
#include "edgebert/cli/engine_flags.h"
#include "edgebert/cli/model_flags.h"
#include "edgebert/model/model.h"

namespace CLI {
class App;
}

namespace edgebert::cli {

/// What `bench` is asked for.
struct BenchFlags {
  ModelFlags model;
  std::optional<std::string> arithmetic;
  std::optional<std::string> threshold;
  EngineFlags engine;
  std::vector<int> cpus;
  std::optional<std::string> task;
  std::optional<std::string> data;
  std::optional<std::string> split;
  std::optional<std::string> file;
  std::vector<std::string> workloads;
  int sentences = 1000;
  int rounds = 3;
  bool compare = false;
  std::optional<std::string> against;
  std::string source = ".";
  std::optional<std::string> peers;
  std::optional<std::string> peers_venv;
  bool mask_avx2 = false;
  bool json = false;
  std::optional<std::string> csv;
  std::optional<std::string> plot;

  void AddTo(CLI::App& command);

  /// Checks what needs no file; an error is one of usage.
  Status Check() const;

  /// Of every runtime; Check() has passed.
  int threads() const { return engine.threads.value_or(1); }

  /// The CPUs that every runtime is kept to: --cpus, or the first of this process's, one a thread.
  std::vector<int> Cpus() const;

  /// How a worker of `program`, a build of this one, is started. `weights` and `isa` override
  /// --weights and --isa.
  Result<ProcessOptions> WorkerOf(const std::filesystem::path& program,
                                  std::optional<std::string> weights = std::nullopt,
                                  std::optional<std::string> isa = std::nullopt) const;

  /// The workloads asked for, in order; without any, the real sentences (or tokens-25 where there
  /// are none) and `more`.
  Result<std::vector<Workload>> Workloads(const Model& model,
                                          const std::vector<std::string>& more) const;

  /// Sentences that post-training quantisation may look at: training sentences where they are
  /// there, else generated ones.
  Result<std::vector<BenchSentence>> Calibration(const Model& model) const;

 private:
  /// Checks what can be said of a workload's name before the model is read.
  Status CheckWorkload(const std::string& name) const;
  Result<std::vector<BenchSentence>> RealSentences(const Model& model) const;
  bool has_real_sentences() const { return file || data; }
  std::string SplitOrDev() const { return split.value_or("dev"); }
  /// "sst2-dev", or "text" for a file.
  std::string RealName() const;
};

}  // namespace edgebert::cli

#endif  // EDGEBERT_CLI_BENCH_FLAGS_H_
