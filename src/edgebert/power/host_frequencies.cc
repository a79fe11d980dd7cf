#include "edgebert/power/host_frequencies.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <cmath>
#include <cstring>
#include <sstream>
#include <system_error>

#include "edgebert/power/sysfs_file.h"

namespace edgebert {
namespace {

constexpr double kHertzPerKilohertz = 1e3;
/// A terahertz: what is above is no clock.
constexpr uint64_t kMostKilohertz = 1'000'000'000;
/// A share of a frequency is not rounded up to the next step for its last bits.
constexpr double kRoundingTolerance = 1e-9;

// What the signal handler writes: fixed storage, no locks.
constexpr size_t kMaxSlots = 16;
constexpr size_t kMaxWrites = 2;
constexpr size_t kMaxPath = 1024;
constexpr size_t kMaxText = 64;
struct SlotWrite {
  std::array<char, kMaxPath> path{};
  std::array<char, kMaxText> text{};
  size_t length = 0;
};
struct Slot {
  std::atomic<bool> claimed{false};
  std::atomic<size_t> writes{0};  ///< Of `write`, those to be carried out.
  std::array<SlotWrite, kMaxWrites> write{};
};
std::array<Slot, kMaxSlots> slots;

/// Where there is no room, an interrupted program leaves the clock as it is.
std::optional<size_t> RegisterForSignals(
    const std::vector<std::pair<std::filesystem::path, std::string>>& writes) {
  const bool fits =
      writes.size() <= kMaxWrites &&
      std::all_of(writes.begin(), writes.end(), [](const auto& write) {
        return write.first.native().size() < kMaxPath && write.second.size() <= kMaxText;
      });
  if (!fits) {
    return std::nullopt;
  }
  for (size_t i = 0; i < slots.size(); ++i) {
    bool expected = false;
    if (slots[i].claimed.compare_exchange_strong(expected, true)) {
      for (size_t k = 0; k < writes.size(); ++k) {
        const auto& [path, text] = writes[k];
        SlotWrite& write = slots[i].write[k];
        std::memcpy(write.path.data(), path.c_str(), path.native().size() + 1);
        std::memcpy(write.text.data(), text.data(), text.size());
        write.length = text.size();
      }
      slots[i].writes.store(writes.size(), std::memory_order_release);
      return i;
    }
  }
  return std::nullopt;
}

void UnregisterForSignals(std::optional<size_t> slot) {
  if (slot) {
    slots[*slot].writes.store(0, std::memory_order_release);
    slots[*slot].claimed.store(false, std::memory_order_release);
  }
}

Result<uint64_t> ReadKilohertz(const std::filesystem::path& path) {
  EDGEBERT_ASSIGN_OR_RETURN(const uint64_t khz, ReadSysfsCount(path));
  if (khz == 0 || khz > kMostKilohertz) {
    return DataLoss(fmt::format("{}: {} kHz is no frequency of a CPU", path.string(), khz));
  }
  return khz;
}

/// As ReadKilohertz, but `fallback` where the file is not there.
Result<uint64_t> ReadKilohertzOr(const std::filesystem::path& path, uint64_t fallback) {
  const Result<uint64_t> khz = ReadKilohertz(path);
  return khz.status().code() == StatusCode::kNotFound ? fallback : khz;
}

/// The listed frequencies between the limits, ascending; empty where there is no list.
Result<std::vector<uint64_t>> ReadSteps(const std::filesystem::path& path, uint64_t lowest_khz,
                                        uint64_t highest_khz) {
  const Result<std::string> text = ReadSysfs(path);
  std::vector<uint64_t> steps;
  if (text.status().code() == StatusCode::kNotFound) {
    return steps;
  }
  EDGEBERT_RETURN_IF_ERROR(text.status());
  std::istringstream words(*text);
  for (std::string word; words >> word;) {
    uint64_t khz = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), khz);
    if (error != std::errc() || end != word.data() + word.size()) {
      return DataLoss(fmt::format("{}: holds '{}', expected frequencies in kHz", path.string(),
                                  word.substr(0, 40)));
    }
    if (khz >= lowest_khz && khz <= highest_khz) {
      steps.push_back(khz);
    }
  }
  if (steps.empty()) {
    return DataLoss(fmt::format("{}: lists no frequency between the limits {} and {} kHz",
                                path.string(), lowest_khz, highest_khz));
  }
  std::sort(steps.begin(), steps.end());
  steps.erase(std::unique(steps.begin(), steps.end()), steps.end());
  return steps;
}

bool ListsWord(const std::string& text, std::string_view wanted) {
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    if (word == wanted) {
      return true;
    }
  }
  return false;
}

}  // namespace

HostFrequencies::HostFrequencies(std::filesystem::path directory, std::vector<uint64_t> steps_khz,
                                 uint64_t lowest_khz, uint64_t highest_khz)
    : directory_(std::move(directory)),
      steps_khz_(std::move(steps_khz)),
      lowest_khz_(lowest_khz),
      highest_khz_(highest_khz) {}

HostFrequencies::HostFrequencies(HostFrequencies&& other) noexcept
    : directory_(std::move(other.directory_)),
      steps_khz_(std::move(other.steps_khz_)),
      lowest_khz_(other.lowest_khz_),
      highest_khz_(other.highest_khz_),
      userspace_(other.userspace_),
      current_khz_(other.current_khz_),
      restore_(std::exchange(other.restore_, {})),
      signal_slot_(std::exchange(other.signal_slot_, std::nullopt)) {}

HostFrequencies::~HostFrequencies() {
  // Nobody is left to tell of a failure.
  static_cast<void>(Restore());
}

Hertz HostFrequencies::lowest() const {
  return Hertz(static_cast<double>(lowest_khz_) * kHertzPerKilohertz);
}

Hertz HostFrequencies::highest() const {
  return Hertz(static_cast<double>(highest_khz_) * kHertzPerKilohertz);
}

Result<HostFrequencies> HostFrequencies::Open(const std::filesystem::path& sysfs_root, int cpu) {
  if (cpu < 0) {
    return InvalidArgument(fmt::format("CPU {}: expected a number from 0 up", cpu));
  }
  const std::filesystem::path cpus = sysfs_root / "devices/system/cpu";
  const std::filesystem::path directory = cpus / fmt::format("cpu{}", cpu) / "cpufreq";
  std::error_code error;
  if (!std::filesystem::is_directory(directory.parent_path(), error)) {
    return NotFound(fmt::format("{}: there is no CPU {} here", cpus.string(), cpu));
  }
  if (!std::filesystem::is_directory(directory, error)) {
    return NotFound(
        fmt::format("{}: is not there: the kernel has no cpufreq driver for this CPU, as in most "
                    "virtual machines; run on the hardware itself, or load the driver",
                    directory.string()));
  }
  EDGEBERT_ASSIGN_OR_RETURN(const uint64_t scaling_min,
                            ReadKilohertz(directory / "scaling_min_freq"));
  EDGEBERT_ASSIGN_OR_RETURN(const uint64_t scaling_max,
                            ReadKilohertz(directory / "scaling_max_freq"));
  EDGEBERT_ASSIGN_OR_RETURN(const uint64_t hardware_min,
                            ReadKilohertzOr(directory / "cpuinfo_min_freq", scaling_min));
  EDGEBERT_ASSIGN_OR_RETURN(const uint64_t hardware_max,
                            ReadKilohertzOr(directory / "cpuinfo_max_freq", scaling_max));
  const uint64_t lowest_khz = std::max(scaling_min, hardware_min);
  const uint64_t highest_khz = std::min(scaling_max, hardware_max);
  if (lowest_khz > highest_khz) {
    return DataLoss(fmt::format("{}: the lowest frequency, {} kHz, is above the highest, {} kHz",
                                directory.string(), lowest_khz, highest_khz));
  }
  EDGEBERT_ASSIGN_OR_RETURN(
      std::vector<uint64_t> steps,
      ReadSteps(directory / "scaling_available_frequencies", lowest_khz, highest_khz));
  const uint64_t lowest_step = steps.empty() ? lowest_khz : steps.front();
  const uint64_t highest_step = steps.empty() ? highest_khz : steps.back();
  HostFrequencies host(directory, std::move(steps), lowest_step, highest_step);
  EDGEBERT_RETURN_IF_ERROR(host.TakeOver());
  return host;
}

Status HostFrequencies::TakeOver() {
  const std::filesystem::path governor_path = directory_ / "scaling_governor";
  const Result<std::string> governors = ReadSysfs(directory_ / "scaling_available_governors");
  userspace_ = governors.ok() && ListsWord(*governors, "userspace");
  std::vector<Write> restore;
  if (userspace_) {
    EDGEBERT_ASSIGN_OR_RETURN(const std::string governor, ReadSysfs(governor_path));
    restore.emplace_back(governor_path, governor);
    if (governor == "userspace") {
      const std::filesystem::path speed_path = directory_ / "scaling_setspeed";
      EDGEBERT_ASSIGN_OR_RETURN(const std::string speed, ReadSysfs(speed_path));
      restore.emplace_back(speed_path, speed);
    }
  } else {
    // The maximum first: it is never below what is set in between.
    for (const char* name : {"scaling_max_freq", "scaling_min_freq"}) {
      EDGEBERT_ASSIGN_OR_RETURN(const std::string limit, ReadSysfs(directory_ / name));
      restore.emplace_back(directory_ / name, limit);
    }
  }
  // Registered before the first change; what cannot be changed need not be restored.
  signal_slot_ = RegisterForSignals(restore);
  Status taken = userspace_ ? WriteSysfs(governor_path, "userspace") : OkStatus();
  if (!userspace_) {
    for (const auto& [path, text] : restore) {
      if (taken.ok()) {
        taken = WriteSysfs(path, text);
      }
    }
  }
  if (!taken.ok()) {
    UnregisterForSignals(std::exchange(signal_slot_, std::nullopt));
    return taken;
  }
  restore_ = std::move(restore);
  return OkStatus();
}

Status HostFrequencies::SetLimits(uint64_t khz) {
  const std::string text = fmt::format("{}", khz);
  // The minimum may at no time be above the maximum.
  const bool rising = current_khz_ && khz > *current_khz_;
  const char* first = rising ? "scaling_max_freq" : "scaling_min_freq";
  const char* second = rising ? "scaling_min_freq" : "scaling_max_freq";
  EDGEBERT_RETURN_IF_ERROR(WriteSysfs(directory_ / first, text));
  return WriteSysfs(directory_ / second, text);
}

Result<Hertz> HostFrequencies::Set(Hertz frequency) {
  if (!std::isfinite(frequency.value()) || frequency.value() < 0) {
    return InvalidArgument(fmt::format("{} Hz is no frequency to set", frequency.value()));
  }
  const double wanted_khz = frequency.value() / kHertzPerKilohertz * (1 - kRoundingTolerance);
  uint64_t khz = highest_khz_;
  if (wanted_khz < static_cast<double>(highest_khz_)) {
    khz = std::max(lowest_khz_, static_cast<uint64_t>(std::ceil(wanted_khz)));
    if (!steps_khz_.empty()) {
      khz = *std::lower_bound(steps_khz_.begin(), steps_khz_.end(), khz);
    }
  }
  if (current_khz_ != khz) {
    EDGEBERT_RETURN_IF_ERROR(
        userspace_ ? WriteSysfs(directory_ / "scaling_setspeed", fmt::format("{}", khz))
                   : SetLimits(khz));
    current_khz_ = khz;
  }
  return Hertz(static_cast<double>(khz) * kHertzPerKilohertz);
}

Status HostFrequencies::Restore() {
  Status first_failure;
  for (const auto& [path, text] : std::exchange(restore_, {})) {
    if (const Status written = WriteSysfs(path, text); !written.ok() && first_failure.ok()) {
      first_failure = written;
    }
  }
  UnregisterForSignals(std::exchange(signal_slot_, std::nullopt));
  current_khz_.reset();
  return first_failure;
}

void RestoreHostFrequenciesFromSignalHandler() {
  for (const Slot& slot : slots) {
    const size_t writes = slot.writes.load(std::memory_order_acquire);
    for (size_t i = 0; i < writes; ++i) {
      const SlotWrite& write = slot.write[i];
      const int descriptor = ::open(write.path.data(), O_WRONLY | O_TRUNC | O_CLOEXEC | O_NONBLOCK);
      if (descriptor >= 0) {
        // A handler has nobody to tell of a failure, and other attributes to restore.
        [[maybe_unused]] const ssize_t count = ::write(descriptor, write.text.data(), write.length);
        ::close(descriptor);
      }
    }
  }
}

}  // namespace edgebert
