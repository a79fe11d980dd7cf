#ifndef EDGEBERT_BENCH_RUNTIME_H_
#define EDGEBERT_BENCH_RUNTIME_H_

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "edgebert/base/status.h"
#include "edgebert/bench/worker_process.h"
#include "edgebert/bench/workload.h"

namespace edgebert {

/// What a runtime says of itself once its model is loaded.
struct RuntimeInfo {
  std::string runtime;    ///< "edgebert", "onnxruntime", …
  std::string version;    ///< Of this engine: the commit.
  std::string precision;  ///< "af8", "int8", "fp32"
  std::string isa;
  std::string note;    ///< What it does otherwise than this engine; may be empty.
  double load_ms = 0;  ///< From the start of the program (of a peer: behind its imports) on.
};

/// What is asked of a runtime.
struct RunRequest {
  std::span<const BenchSentence> sentences;
  bool batch = false;     ///< All at once rather than one by one.
  bool exits = false;     ///< Leave early; this engine only.
  bool tokenize = false;  ///< From text; this engine only.
  bool phases = false;    ///< Time the parts of the work; this engine only.
};

struct RunReply {
  std::vector<double> milliseconds;         ///< [sentences], or one where they were a batch.
  std::vector<int> labels;                  ///< [sentences]
  std::vector<int> exit_layers;             ///< [sentences]; empty where the runtime has no exits.
  uint64_t peak_bytes = 0;                  ///< Resident, of the process so far.
  std::map<std::string, double> phases_ms;  ///< Of all sentences together; empty unless asked for.
};

/// A model in some runtime that can be asked to classify.
class BenchRuntime {
 public:
  virtual ~BenchRuntime() = default;
  virtual const RuntimeInfo& info() const = 0;
  virtual Result<RunReply> Run(const RunRequest& request) = 0;
};

/// The line that asks a worker for `request`, and the reading of its answer.
std::string RequestLine(const RunRequest& request);
Result<RunReply> ParseReply(const std::string& line, const RunRequest& request);
Result<RuntimeInfo> ParseHello(const std::string& line);

/// A runtime in a process of its own that speaks the lines above: this program's `bench-worker`, or
/// one of bench/peers.
class WorkerRuntime : public BenchRuntime {
 public:
  /// Starts the process and waits for its model to be loaded. The error says what the worker says:
  /// "not installed: …" where a package is missing.
  static Result<WorkerRuntime> Start(const ProcessOptions& options);

  const RuntimeInfo& info() const override { return info_; }
  Result<RunReply> Run(const RunRequest& request) override;

 private:
  WorkerRuntime(WorkerProcess process, RuntimeInfo info);

  WorkerProcess process_;
  RuntimeInfo info_;
};

}  // namespace edgebert

#endif  // EDGEBERT_BENCH_RUNTIME_H_
