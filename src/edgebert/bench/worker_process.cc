#include "edgebert/bench/worker_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <system_error>

namespace edgebert {
namespace {

constexpr int kCannotExecute = 127;

std::string ErrorText(int error) { return std::generic_category().message(error); }

/// What the child does between fork() and exec(): async-signal-safe calls only.
class ChildStart {
 public:
  explicit ChildStart(const ProcessOptions& options) : parent_(getpid()) {
    for (const std::string& argument : options.arguments) {
      arguments_.push_back(const_cast<char*>(argument.c_str()));
    }
    arguments_.push_back(nullptr);
    for (char** variable = environ; *variable != nullptr; ++variable) {
      const std::string_view held(*variable);
      const std::string_view name = held.substr(0, held.find('='));
      bool replaced = false;
      for (const auto& [key, value] : options.environment) {
        replaced = replaced || key == name;
      }
      if (!replaced) {
        variables_.emplace_back(held);
      }
    }
    for (const auto& [key, value] : options.environment) {
      variables_.push_back(fmt::format("{}={}", key, value));
    }
    for (std::string& variable : variables_) {
      environment_.push_back(variable.data());
    }
    environment_.push_back(nullptr);
    CPU_ZERO(&cpus_);
    for (const int cpu : options.cpus) {
      CPU_SET(static_cast<size_t>(cpu), &cpus_);
    }
    pins_ = !options.cpus.empty();
    standard_error_ = options.standard_error.empty() ? nullptr : options.standard_error.c_str();
  }

  [[noreturn]] void Execute(int standard_input, int standard_output) const {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent_) {
      _exit(kCannotExecute);  // The parent ended before the line above.
    }
    if (standard_error_ != nullptr) {
      const int file = open(standard_error_, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
      if (file >= 0) {
        dup2(file, STDERR_FILENO);
      }
    }
    if (pins_) {
      sched_setaffinity(0, sizeof(cpus_), &cpus_);
    }
    if (standard_input >= 0) {
      dup2(standard_input, STDIN_FILENO);
    }
    dup2(standard_output, STDOUT_FILENO);
    signal(SIGPIPE, SIG_DFL);
    execvpe(arguments_[0], arguments_.data(), environment_.data());
    _exit(kCannotExecute);
  }

 private:
  pid_t parent_;
  std::vector<char*> arguments_;
  std::vector<std::string> variables_;
  std::vector<char*> environment_;
  cpu_set_t cpus_;
  bool pins_ = false;
  const char* standard_error_ = nullptr;
};

/// Both ends of a pipe, closed unless taken.
class Pipe {
 public:
  static Result<Pipe> Create() {
    std::array<int, 2> ends;
    if (pipe2(ends.data(), O_CLOEXEC) != 0) {
      return IoError("cannot make a pipe: " + ErrorText(errno));
    }
    return Pipe(ends);
  }
  Pipe(Pipe&& other) noexcept : ends_(std::exchange(other.ends_, {-1, -1})) {}
  Pipe& operator=(Pipe&&) = delete;
  ~Pipe() {
    for (const int end : ends_) {
      if (end >= 0) {
        close(end);
      }
    }
  }
  int reading() const { return ends_[0]; }
  int writing() const { return ends_[1]; }
  int TakeReading() { return std::exchange(ends_[0], -1); }
  int TakeWriting() { return std::exchange(ends_[1], -1); }

 private:
  explicit Pipe(std::array<int, 2> ends) : ends_(ends) {}
  std::array<int, 2> ends_;
};

}  // namespace

Result<WorkerProcess> WorkerProcess::Start(const ProcessOptions& options) {
  EDGEBERT_ASSIGN_OR_RETURN(Pipe input, Pipe::Create());
  EDGEBERT_ASSIGN_OR_RETURN(Pipe output, Pipe::Create());
  const ChildStart start(options);
  const pid_t pid = fork();
  if (pid < 0) {
    return IoError(fmt::format("cannot start '{}': {}", options.arguments[0], ErrorText(errno)));
  }
  if (pid == 0) {
    start.Execute(input.reading(), output.writing());
  }
  return WorkerProcess(pid, input.TakeWriting(), output.TakeReading());
}

WorkerProcess::WorkerProcess(WorkerProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      input_(std::exchange(other.input_, -1)),
      output_(std::exchange(other.output_, -1)),
      received_(std::move(other.received_)) {}

WorkerProcess& WorkerProcess::operator=(WorkerProcess&& other) noexcept {
  if (this != &other) {
    End();
    pid_ = std::exchange(other.pid_, -1);
    input_ = std::exchange(other.input_, -1);
    output_ = std::exchange(other.output_, -1);
    received_ = std::move(other.received_);
  }
  return *this;
}

WorkerProcess::~WorkerProcess() { End(); }

void WorkerProcess::End() {
  if (pid_ < 0) {
    return;
  }
  close(input_);
  close(output_);
  kill(pid_, SIGKILL);
  while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
}

Status WorkerProcess::Send(const std::string& line) {
  // A child that has ended shall be an error here, not a signal.
  struct sigaction ignore = {};
  struct sigaction former = {};
  ignore.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &ignore, &former);
  const std::string bytes = line + "\n";
  size_t written = 0;
  int error = 0;
  while (written < bytes.size() && error == 0) {
    const ssize_t count = write(input_, bytes.data() + written, bytes.size() - written);
    if (count >= 0) {
      written += static_cast<size_t>(count);
    } else if (errno != EINTR) {
      error = errno;
    }
  }
  sigaction(SIGPIPE, &former, nullptr);
  return error == 0 ? OkStatus() : IoError("the worker takes no input: " + ErrorText(error));
}

Result<std::string> WorkerProcess::Receive(std::chrono::seconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  for (;;) {
    if (const size_t end = received_.find('\n'); end != std::string::npos) {
      std::string line = received_.substr(0, end);
      received_.erase(0, end + 1);
      return line;
    }
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) {
      return IoError(fmt::format("the worker did not answer within {} s", timeout.count()));
    }
    pollfd waiting = {output_, POLLIN, 0};
    if (poll(&waiting, 1, static_cast<int>(left.count())) <= 0) {
      continue;
    }
    std::array<char, 1 << 16> chunk;
    const ssize_t count = read(output_, chunk.data(), chunk.size());
    if (count == 0 || (count < 0 && errno != EINTR)) {
      return IoError("the worker ended");
    }
    if (count > 0) {
      received_.append(chunk.data(), static_cast<size_t>(count));
    }
  }
}

Result<int> RunToEnd(const ProcessOptions& options) {
  const ChildStart start(options);
  const pid_t pid = fork();
  if (pid < 0) {
    return IoError(fmt::format("cannot start '{}': {}", options.arguments[0], ErrorText(errno)));
  }
  if (pid == 0) {
    start.Execute(-1, STDERR_FILENO);
  }
  int status = 0;
  while (waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) {
      return IoError("cannot wait for a child: " + ErrorText(errno));
    }
  }
  if (WIFSIGNALED(status)) {
    return 128 + WTERMSIG(status);
  }
  const int code = WEXITSTATUS(status);
  if (code == kCannotExecute) {
    return NotFound(fmt::format("cannot run '{}': is it installed?", options.arguments[0]));
  }
  return code;
}

}  // namespace edgebert
