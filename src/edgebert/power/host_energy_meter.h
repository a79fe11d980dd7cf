#ifndef EDGEBERT_POWER_HOST_ENERGY_METER_H_
#define EDGEBERT_POWER_HOST_ENERGY_METER_H_

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "edgebert/base/status.h"
#include "edgebert/base/units.h"

namespace edgebert {

/// Reads the host's own energy counters. First RAPL: all packages and their DRAM where it counts
/// apart; counters advance about every millisecond and wrap. Else the first hwmon device, GPUs
/// aside, with energy counters, or else with power sensors, whose readings are integrated from one
/// sample to the next. Either includes whatever else runs on the machine.
class HostEnergyMeter {
 public:
  using Clock = std::function<Seconds()>;

  /// `sysfs_root` is /sys, or a tree like it. An error says why nothing can be read and how to mend
  /// it.
  static Result<HostEnergyMeter> Open(const std::filesystem::path& sysfs_root);
  /// With another clock than the machine's.
  static Result<HostEnergyMeter> Open(const std::filesystem::path& sysfs_root, Clock clock);

  /// Starts anew.
  void Start();
  /// A reading in between: needed once within a counter's wrap-around, and by power sensors the
  /// more, the better.
  void Sample();
  /// The energy since Start(), or the first error of its readings.
  Result<Joules> Stop();

  /// What is read, such as "RAPL package-0 + dram".
  const std::string& source() const { return source_; }

 private:
  /// A counter of microjoules, or a sensor of microwatts.
  struct Input {
    std::filesystem::path path;
    uint64_t range = 0;  ///< A counter's largest value; 0: it does not wrap.
    bool is_power = false;
    uint64_t last = 0;
  };

  HostEnergyMeter(std::vector<Input> inputs, std::string source, Clock clock);

  static Result<HostEnergyMeter> OpenRapl(const std::filesystem::path& sysfs_root, Clock clock);
  static Result<HostEnergyMeter> OpenHwmon(const std::filesystem::path& sysfs_root, Clock clock);

  Status Accumulate();

  std::vector<Input> inputs_;
  std::string source_;
  Clock clock_;
  Seconds last_time_;
  Joules total_;
  Status failure_;
};

}  // namespace edgebert

#endif  // EDGEBERT_POWER_HOST_ENERGY_METER_H_
