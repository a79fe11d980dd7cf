#ifndef EDGEBERT_ACCEL_HARDWARE_H_
#define EDGEBERT_ACCEL_HARDWARE_H_

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "edgebert/accel/constant.h"
#include "edgebert/base/status.h"
#include "edgebert/base/units.h"

namespace edgebert {

/// The highest frequency that a supply voltage allows.
struct VoltageFrequency {
  Volts voltage;
  Hertz frequency;
};

/// An accelerator as the time and energy model sees it. hardware/edgebert-12nm.yaml explains each
/// constant.
struct HardwareDescription {
  std::string name;
  std::string description;
  Constant<int> vector_size;  ///< n: the array does n² multiply-accumulates a cycle.
  /// At least two, voltage and frequency strictly ascending; the last one is the nominal point.
  std::vector<VoltageFrequency> operating_points;
  Provenance operating_points_provenance;
  Constant<Volts> voltage_step;
  Constant<Joules> energy_per_cycle;  ///< On chip, at the nominal point.
  Constant<Joules> dram_energy_per_byte;
  Constant<BytesPerSecond> dram_bandwidth;
  Constant<double> sfu_vectors_per_cycle;  ///< Vectors of n elements.
};

/// Longest description that is read, in bytes.
inline constexpr uint64_t kMaxHardwareBytes = 64 * 1024;

/// Parses a description. `name` stands for the file in messages, which read `name:line: what is
/// wrong`. Unknown, repeated and missing keys, unknown units, numbers that are not finite or out of
/// bounds, points that do not ascend and anything that is not one YAML document are
/// kInvalidArgument.
Result<HardwareDescription> ParseHardware(std::string_view yaml, const std::string& name);

/// Reads and parses a description file.
Result<HardwareDescription> LoadHardware(const std::filesystem::path& path);

/// hardware/edgebert-12nm.yaml as it was when the library was built; reads no file.
Result<HardwareDescription> DefaultHardware();

}  // namespace edgebert

#endif  // EDGEBERT_ACCEL_HARDWARE_H_
