#ifndef EDGEBERT_HARDWARE_HARDWARE_H_
#define EDGEBERT_HARDWARE_HARDWARE_H_

#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "edgebert/base/status.h"
#include "edgebert/base/units.h"
#include "edgebert/hardware/constant.h"

namespace edgebert {

/// The highest frequency that a supply voltage allows.
struct VoltageFrequency {
  Volts voltage;
  Hertz frequency;
};

/// How the supply voltage of the logic is made. hardware/technology/regulators.yaml explains the
/// constants; those that a kind does not use keep their zeros.
struct RegulatorDescription {
  std::string kind = "ideal";  ///< "ideal", "ldo" or "switching".
  Constant<Volts> input;
  Constant<Volts> dropout;
  Constant<double> efficiency{1};
  Constant<Amperes> current_limit;  ///< 0: no limit.
  Constant<double> response_seconds_per_volt;
  Constant<Farads> output_capacitance;
};

struct ClockDescription {
  Constant<Hertz> step;  ///< Grid of frequencies; 0: any.
  Constant<Seconds> lock_time;
  Constant<Watts> power;
};

/// On-chip memories of all processing units together.
struct BufferDescription {
  Constant<Bytes> data;
  Constant<Bytes> mask;  ///< A bit for every byte of `data`.
  Constant<Bytes> auxiliary;
  /// Banks of data with their mask, alike, each with one read and one write port.
  Constant<int> banks{32};

  Bytes total() const { return data.value + mask.value + auxiliary.value; }
};

/// Where the accelerator's weights come from while it computes.
struct WeightStorageDescription {
  /// False: streamed from DRAM. True: resident in a memory on the chip, which delivers `dram_port`
  /// bytes a cycle at once.
  bool resident = false;
  Constant<Bytes> capacity;  ///< Of the memory on the chip.
};

struct LeakageDescription {
  Constant<Watts> logic;  ///< At the nominal point.
  Constant<double> buffers_watts_per_byte;
  Constant<Volts> voltage{Volts(1)};  ///< Rise of the supply that multiplies the current by e.
};

/// Energies of single events, for the estimate from below. All hold at `voltage`.
struct ComponentDescription {
  Constant<Volts> voltage;
  Constant<Joules> mac;
  Constant<double> buffer_read_joules_per_byte;
  Constant<double> buffer_write_joules_per_byte;
  Constant<Joules> sfu_element;    ///< One element of one pass.
  Constant<double> control_share;  ///< Clock and control, on top of the others.
};

struct NamedArea {
  std::string name;
  Constant<SquareMillimetres> area;
};

/// What HardwareDescription::vector_size may be.
inline constexpr std::array kVectorSizes = {2, 4, 8, 16, 32};

constexpr bool IsVectorSize(int n) {
  return std::find(kVectorSizes.begin(), kVectorSizes.end(), n) != kVectorSizes.end();
}

/// An accelerator as the time and energy model sees it. hardware/edgebert-12nm.yaml explains each
/// constant. Sections that a file leaves out keep the values that leave them out of the account.
struct HardwareDescription {
  std::string name;
  std::string description;
  /// n, one of kVectorSizes: the array does n² multiply-accumulates a cycle.
  Constant<int> vector_size;
  Constant<int> accumulator_tiles{2};  ///< Of n × n sums, 1 to 8.
  /// At least two, voltage and frequency strictly ascending; the last one is the nominal point.
  std::vector<VoltageFrequency> operating_points;
  Provenance operating_points_provenance;
  Constant<Volts> voltage_step;
  /// On chip, at the nominal point with the array at work, leakage included.
  Constant<Joules> energy_per_cycle;
  /// What a cycle in which the array waits takes, as a share of energy_per_cycle.
  Constant<double> idle_share;
  Constant<double> dram_joules_per_byte;
  Constant<BytesPerSecond> dram_bandwidth;
  Constant<Seconds> dram_latency;          ///< Before a layer's first byte.
  Constant<int> dram_port{16};             ///< Bytes a cycle that DMA takes in.
  Constant<Watts> dram_background;         ///< While a sentence runs.
  Constant<double> sfu_vectors_per_cycle;  ///< Vectors of n elements.
  BufferDescription buffers;
  Constant<Bytes> envm;  ///< Memory of the embedding; 0: not described.
  WeightStorageDescription weights;
  LeakageDescription leakage;
  RegulatorDescription regulator;
  ClockDescription clock;
  /// Replaces the time that regulator and clock take for every change of the operating point.
  std::optional<Constant<Seconds>> transition_time;
  std::optional<ComponentDescription> components;
  std::vector<NamedArea> areas;

  const VoltageFrequency& nominal() const { return operating_points.back(); }
};

/// Longest description that is read, in bytes.
inline constexpr uint64_t kMaxHardwareBytes = 64 * 1024;

/// Parses a description. `name` stands for the file in messages, which read `name:line: what is
/// wrong`. Unknown, repeated and missing keys, unknown units, numbers that are not finite or out of
/// bounds, points that do not ascend, buffers that do not divide into banks or hold no tile,
/// references to nothing and anything that is not one YAML document are kInvalidArgument. A
/// constant may refer to a built-in technology: ResolveConstant().
Result<HardwareDescription> ParseHardware(std::string_view yaml, const std::string& name);

/// Reads and parses a description file.
Result<HardwareDescription> LoadHardware(const std::filesystem::path& path);

/// Replaces the regulator by one of another kind ("ideal", "ldo", "switching") with the constants
/// of hardware/technology/regulators.yaml. An unknown kind is kInvalidArgument.
Status SetRegulator(std::string_view kind, HardwareDescription& hardware);

/// hardware/edgebert-12nm.yaml as it was when the library was built; reads no file.
Result<HardwareDescription> DefaultHardware();

}  // namespace edgebert

#endif  // EDGEBERT_HARDWARE_HARDWARE_H_
