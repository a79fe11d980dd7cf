#include "edgebert/cli/progress_bar.h"

#include <fmt/core.h>
#include <unistd.h>

#include <cstdio>
#include <utility>

namespace edgebert::cli {
namespace {

constexpr int kWidth = 30;

}  // namespace

ProgressBar::ProgressBar(std::string title)
    : title_(std::move(title)), visible_(::isatty(STDERR_FILENO) == 1), start_(Clock::now()) {}

ProgressBar::~ProgressBar() {
  if (visible_) {
    fmt::print(stderr, "\r\x1b[K");
  }
}

void ProgressBar::Update(size_t done, size_t total) {
  const Clock::time_point now = Clock::now();
  if (!visible_ || total == 0 || now - drawn_ < std::chrono::milliseconds(100)) {
    return;
  }
  drawn_ = now;
  const double share = static_cast<double>(done) / static_cast<double>(total);
  const double elapsed = std::chrono::duration<double>(now - start_).count();
  const double left = share > 0 ? elapsed * (1 - share) / share : 0;
  const auto filled = static_cast<size_t>(share * kWidth);
  fmt::print(stderr, "\r\x1b[K{} [{}{}] {}/{}, {:.0f} s left", title_, std::string(filled, '#'),
             std::string(kWidth - filled, '.'), done, total, left);
  std::fflush(stderr);
}

}  // namespace edgebert::cli
