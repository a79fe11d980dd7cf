#ifndef EDGEBERT_BENCH_WORKER_PROCESS_H_
#define EDGEBERT_BENCH_WORKER_PROCESS_H_

#include <sys/types.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "edgebert/base/status.h"

namespace edgebert {

/// How a child process is started.
struct ProcessOptions {
  std::vector<std::string> arguments = {};  ///< [0] is the program, looked up in PATH.
  std::vector<std::pair<std::string, std::string>> environment = {};  ///< Added to the parent's.
  std::vector<int> cpus = {};       ///< That it may run on; empty: the parent's.
  std::string standard_error = {};  ///< A file that takes it; empty: the parent's.
};

/// A child that answers lines on its input by lines on its output. Ends with this object, and with
/// the parent however that ends.
class WorkerProcess {
 public:
  static Result<WorkerProcess> Start(const ProcessOptions& options);

  WorkerProcess(WorkerProcess&& other) noexcept;
  WorkerProcess& operator=(WorkerProcess&& other) noexcept;
  WorkerProcess(const WorkerProcess&) = delete;
  WorkerProcess& operator=(const WorkerProcess&) = delete;
  ~WorkerProcess();

  /// Writes a line. An error when the child has ended.
  Status Send(const std::string& line);

  /// The next line of the child. Errors: it ended, or was silent for longer than `timeout`.
  Result<std::string> Receive(std::chrono::seconds timeout);

 private:
  WorkerProcess(pid_t pid, int input, int output) : pid_(pid), input_(input), output_(output) {}
  void End();

  pid_t pid_ = -1;
  int input_ = -1;
  int output_ = -1;
  std::string received_;  ///< Read already, behind the last line handed out.
};

/// Runs a program to its end and returns its exit status, 128 + the signal that ended it, or an
/// error when it cannot be started. What it prints on standard output goes to standard error.
Result<int> RunToEnd(const ProcessOptions& options);

}  // namespace edgebert

#endif  // EDGEBERT_BENCH_WORKER_PROCESS_H_
