#include "edgebert/power/host_energy_meter.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <string_view>
#include <system_error>
#include <utility>

#include "edgebert/power/sysfs_file.h"

namespace edgebert {
namespace {

constexpr double kMicro = 1e-6;

Seconds SteadyTime() {
  return Seconds(
      std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count());
}

/// Names in a directory, sorted; empty where it cannot be read.
std::vector<std::string> NamesIn(const std::filesystem::path& directory) {
  std::vector<std::string> names;
  std::error_code error;
  std::filesystem::directory_iterator entries(directory, error);
  for (; !error && entries != std::filesystem::directory_iterator(); entries.increment(error)) {
    names.push_back(entries->path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

/// Devices whose sensors tell of a graphics card.
bool IsGraphicsCard(std::string_view name) {
  return name == "amdgpu" || name == "radeon" || name == "nouveau" || name == "i915" ||
         name == "xe";
}

/// Names "<prefix><number>_input" of a device.
std::vector<std::string> InputsOf(const std::vector<std::string>& names, std::string_view prefix) {
  constexpr std::string_view kSuffix = "_input";
  std::vector<std::string> inputs;
  for (const std::string& name : names) {
    if (name.starts_with(prefix) && name.ends_with(kSuffix)) {
      inputs.push_back(name);
    }
  }
  return inputs;
}

}  // namespace

HostEnergyMeter::HostEnergyMeter(std::vector<Input> inputs, std::string source, Clock clock)
    : inputs_(std::move(inputs)), source_(std::move(source)), clock_(std::move(clock)) {}

Result<HostEnergyMeter> HostEnergyMeter::Open(const std::filesystem::path& sysfs_root) {
  return Open(sysfs_root, SteadyTime);
}

Result<HostEnergyMeter> HostEnergyMeter::Open(const std::filesystem::path& sysfs_root,
                                              Clock clock) {
  Result<HostEnergyMeter> rapl = OpenRapl(sysfs_root, clock);
  if (rapl.ok()) {
    return rapl;
  }
  Result<HostEnergyMeter> hwmon = OpenHwmon(sysfs_root, std::move(clock));
  if (hwmon.ok()) {
    return hwmon;
  }
  return Status(rapl.status().code(), fmt::format("RAPL: {}; hwmon: {}", rapl.status().message(),
                                                  hwmon.status().message()));
}

Result<HostEnergyMeter> HostEnergyMeter::OpenRapl(const std::filesystem::path& sysfs_root,
                                                  Clock clock) {
  const std::filesystem::path powercap = sysfs_root / "class/powercap";
  std::vector<Input> inputs;
  std::string source;
  for (const std::string& zone : NamesIn(powercap)) {
    if (!zone.starts_with("intel-rapl:")) {
      continue;
    }
    const Result<std::string> name = ReadSysfs(powercap / zone / "name");
    EDGEBERT_RETURN_IF_ERROR(name.status());
    // Cores and graphics are within their package; "psys" holds the packages and more, but is on
    // some laptops only.
    if (!name->starts_with("package-") && *name != "dram") {
      continue;
    }
    Input input;
    input.path = powercap / zone / "energy_uj";
    EDGEBERT_ASSIGN_OR_RETURN(input.range, ReadSysfsCount(powercap / zone / "max_energy_range_uj"));
    EDGEBERT_RETURN_IF_ERROR(ReadSysfsCount(input.path).status());
    inputs.push_back(std::move(input));
    source += fmt::format("{} {}", source.empty() ? "RAPL" : " +", *name);
  }
  if (inputs.empty()) {
    return NotFound(
        fmt::format("{}: has no package; load the module intel_rapl_msr (virtual "
                    "machines have no counters)",
                    powercap.string()));
  }
  return HostEnergyMeter(std::move(inputs), std::move(source), std::move(clock));
}

Result<HostEnergyMeter> HostEnergyMeter::OpenHwmon(const std::filesystem::path& sysfs_root,
                                                   Clock clock) {
  const std::filesystem::path hwmon = sysfs_root / "class/hwmon";
  Status why =
      NotFound(fmt::format("{}: no device measures energy or power of the CPU", hwmon.string()));
  for (const char* prefix : {"energy", "power"}) {
    for (const std::string& device : NamesIn(hwmon)) {
      const std::filesystem::path directory = hwmon / device;
      const std::vector<std::string> files = InputsOf(NamesIn(directory), prefix);
      const Result<std::string> name = ReadSysfs(directory / "name");
      if (files.empty() || !name.ok() || IsGraphicsCard(*name)) {
        continue;
      }
      // hwmon does not say which sensors are parts of others: one is read, but all sockets of the
      // driver amd_energy, which labels them.
      std::vector<Input> inputs;
      std::string labels;
      for (const std::string& file : files) {
        const std::string stem = file.substr(0, file.size() - std::string_view("input").size());
        const Result<std::string> label = ReadSysfs(directory / (stem + "label"));
        if (label.ok() && label->starts_with("Esocket")) {
          inputs.push_back({.path = directory / file});
          labels += " " + *label;
        }
      }
      if (inputs.empty()) {
        inputs.push_back({.path = directory / files.front()});
        labels = " " + files.front();
      }
      Status readable;
      for (Input& input : inputs) {
        input.is_power = std::string_view(prefix) == "power";
        const Status status = ReadSysfsCount(input.path).status();
        readable = readable.ok() ? status : readable;
      }
      if (readable.ok()) {
        return HostEnergyMeter(std::move(inputs), fmt::format("hwmon {}{}", *name, labels),
                               std::move(clock));
      }
      why = readable;
    }
  }
  return why;
}

void HostEnergyMeter::Start() {
  total_ = Joules(0);
  failure_ = OkStatus();
  last_time_ = clock_();
  for (Input& input : inputs_) {
    const Result<uint64_t> value = ReadSysfsCount(input.path);
    if (!value.ok()) {
      failure_ = value.status();
      return;
    }
    input.last = *value;
  }
}

Status HostEnergyMeter::Accumulate() {
  const Seconds now = clock_();
  const Seconds elapsed = now - std::exchange(last_time_, now);
  for (Input& input : inputs_) {
    EDGEBERT_ASSIGN_OR_RETURN(const uint64_t value, ReadSysfsCount(input.path));
    const uint64_t last = std::exchange(input.last, value);
    if (input.is_power) {
      const double mean = (static_cast<double>(last) + static_cast<double>(value)) / 2;
      total_ += EnergyOf(Watts(mean * kMicro), elapsed);
    } else if (value >= last) {
      total_ += Joules(static_cast<double>(value - last) * kMicro);
    } else if (last <= input.range) {
      total_ += Joules(static_cast<double>(input.range - last + value) * kMicro);
    } else {
      return DataLoss(
          fmt::format("{}: went back from {} to {} µJ", input.path.string(), last, value));
    }
  }
  return OkStatus();
}

void HostEnergyMeter::Sample() {
  if (failure_.ok()) {
    failure_ = Accumulate();
  }
}

Result<Joules> HostEnergyMeter::Stop() {
  Sample();
  EDGEBERT_RETURN_IF_ERROR(failure_);
  return total_;
}

}  // namespace edgebert
