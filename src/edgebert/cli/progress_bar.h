#ifndef EDGEBERT_CLI_PROGRESS_BAR_H_
#define EDGEBERT_CLI_PROGRESS_BAR_H_

#include <chrono>
#include <cstddef>
#include <string>

namespace edgebert::cli {

/// A bar on stderr with the share done and the time left, where stderr is a terminal; silent
/// elsewhere. Redraws at most ten times a second and clears its line at the end.
class ProgressBar {
 public:
  explicit ProgressBar(std::string title);
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  void Update(size_t done, size_t total);

 private:
  using Clock = std::chrono::steady_clock;

  std::string title_;
  bool visible_;
  Clock::time_point start_;
  Clock::time_point drawn_;
};

}  // namespace edgebert::cli

#endif  // EDGEBERT_CLI_PROGRESS_BAR_H_
