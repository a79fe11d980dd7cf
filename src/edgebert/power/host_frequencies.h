#ifndef EDGEBERT_POWER_HOST_FREQUENCIES_H_
#define EDGEBERT_POWER_HOST_FREQUENCIES_H_

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "edgebert/base/status.h"
#include "edgebert/base/units.h"

namespace edgebert {

/// Sets the clock of one CPU of a Linux host through cpufreq, within the limits in force when it
/// was opened, and puts governor and limits back when it is done. CPUs of one cpufreq policy share
/// their clock. With governor `userspace` the frequency is written to scaling_setspeed; without
/// (intel_pstate, amd-pstate-epp) both limits are set to it.
class HostFrequencies {
 public:
  /// `sysfs_root` is /sys, or a tree like it. What is missing (the CPU, cpufreq, a permission) is
  /// an error that says how to mend it, garbage in the tree is kDataLoss; nothing is changed then.
  static Result<HostFrequencies> Open(const std::filesystem::path& sysfs_root, int cpu);

  HostFrequencies(HostFrequencies&& other) noexcept;
  HostFrequencies& operator=(HostFrequencies&&) = delete;
  HostFrequencies(const HostFrequencies&) = delete;
  HostFrequencies& operator=(const HostFrequencies&) = delete;
  ~HostFrequencies();

  /// Sets the lowest frequency that is not below `frequency`, or the highest, and returns it.
  Result<Hertz> Set(Hertz frequency);

  /// Puts back what was there; at most once, and on destruction if not before.
  Status Restore();

  Hertz lowest() const;
  Hertz highest() const;
  /// "governor userspace" or "scaling limits".
  std::string_view method() const { return userspace_ ? "governor userspace" : "scaling limits"; }

 private:
  using Write = std::pair<std::filesystem::path, std::string>;

  HostFrequencies(std::filesystem::path directory, std::vector<uint64_t> steps_khz,
                  uint64_t lowest_khz, uint64_t highest_khz);

  /// Takes the clock over from the kernel.
  Status TakeOver();
  Status SetLimits(uint64_t khz);

  std::filesystem::path directory_;
  std::vector<uint64_t> steps_khz_;  ///< Ascending; empty where any frequency goes.
  uint64_t lowest_khz_;
  uint64_t highest_khz_;
  bool userspace_ = false;
  std::optional<uint64_t> current_khz_;
  std::vector<Write> restore_;  ///< In the order to be written.
  std::optional<size_t> signal_slot_;
};

/// Does what Restore() of every open HostFrequencies does. Async-signal-safe: meant for the handler
/// of a program that is being interrupted.
void RestoreHostFrequenciesFromSignalHandler();

}  // namespace edgebert

#endif  // EDGEBERT_POWER_HOST_FREQUENCIES_H_
