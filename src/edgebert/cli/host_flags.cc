#include "edgebert/cli/host_flags.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <string_view>
#include <vector>

namespace edgebert::cli {
namespace {

std::string Line(std::string_view label, int width, std::string_view text) {
  return fmt::format("  {:<{}}{}\n", label, width, text);
}

std::string ClockLine(const HostRunner& runner, int width, std::string_view clock) {
  return runner.frequencies() != nullptr
             ? Line("clock", width,
                    fmt::format("{} MHz, set by {}", clock, runner.frequencies()->method()))
             : Line("clock", width, "not driven: " + runner.frequency_status().message());
}

std::string EnergyLine(const HostRunner& runner, int width, const std::optional<Joules>& energy) {
  return Line("this CPU", width,
              energy ? fmt::format("{:.3f} mJ measured ({})", energy->value() * 1e3,
                                   runner.meter()->source())
                     : "energy not readable: " + runner.energy_status().message());
}

OrderedJson TextOrNull(const Status& status) {
  return status.ok() ? OrderedJson() : OrderedJson(status.message());
}

OrderedJson CommonJson(const HostRunner& runner, const std::optional<Joules>& energy) {
  const bool driven = runner.frequencies() != nullptr;
  return {{"driven", driven},
          {"driven_by", driven ? OrderedJson(runner.frequencies()->method()) : OrderedJson()},
          {"not_driven_because", TextOrNull(runner.frequency_status())},
          {"measured_energy_j", energy ? OrderedJson(energy->value()) : OrderedJson()},
          {"energy_source",
           runner.meter() != nullptr ? OrderedJson(runner.meter()->source()) : OrderedJson()},
          {"not_readable_because", TextOrNull(runner.energy_status())}};
}

}  // namespace

void HostFlags::AddTo(CLI::App& command) {
  command.add_flag("--drive-host", drive,
                   "Set this machine's clock (cpufreq) layer by layer as the schedule asks, and "
                   "measure time and energy (RAPL, hwmon); what it cannot do it says, and runs on");
  command.add_option("--sysfs-root", sysfs_root, "With --drive-host: where sysfs is [/sys]")
      ->type_name("DIR");
  command.add_option("--host-cpu", cpu, "With --drive-host: the CPU to run on and drive [0]")
      ->type_name("N");
}

Status HostFlags::Check(Policy policy) const {
  if (!drive && (sysfs_root || cpu)) {
    return InvalidArgument("--sysfs-root and --host-cpu go with --drive-host");
  }
  if (cpu && *cpu < 0) {
    return InvalidArgument(fmt::format("--host-cpu {}: expected a number from 0 up", *cpu));
  }
  if (drive && policy == Policy::kOracle) {
    return InvalidArgument(
        "--drive-host follows a policy sentence by sentence; oracle knows each exit beforehand");
  }
  return OkStatus();
}

std::unique_ptr<HostRunner> HostFlags::NewRunner() const {
  if (!drive) {
    return nullptr;
  }
  HostOptions options;
  options.sysfs_root = sysfs_root.value_or(options.sysfs_root.string());
  options.cpu = cpu.value_or(options.cpu);
  return std::make_unique<HostRunner>(options);
}

std::string FormatHost(const HostRunner& runner, const HostMeasurement& measured, int width) {
  std::vector<std::string> clocks;
  for (const Hertz frequency : measured.frequencies) {
    clocks.push_back(fmt::format("{:.0f}", frequency.value() * 1e-6));
  }
  return ClockLine(runner, width, fmt::format("{}", fmt::join(clocks, " "))) +
         EnergyLine(runner, width, measured.energy);
}

std::string FormatHost(const HostRunner& runner, const HostEvaluation& evaluation, int width) {
  const double mean_mhz = evaluation.mean_frequency.value_or(Hertz(0)).value() * 1e-6;
  return ClockLine(runner, width, fmt::format("mean {:.0f}", mean_mhz)) +
         Line("this CPU", width,
              fmt::format("p50 {:.3f} ms, p99 {:.3f} ms measured at that clock, texts to answers",
                          evaluation.time_p50.value() * 1e3, evaluation.time_p99.value() * 1e3)) +
         EnergyLine(runner, width, evaluation.energy);
}

OrderedJson HostJson(const HostRunner& runner, const HostMeasurement& measured) {
  OrderedJson object = CommonJson(runner, measured.energy);
  object["measured_s"] = measured.time.value();
  OrderedJson frequencies = OrderedJson::array();
  for (const Hertz frequency : measured.frequencies) {
    frequencies.push_back(frequency.value());
  }
  object["frequency_hz"] = frequencies;
  return object;
}

OrderedJson HostJson(const HostRunner& runner, const HostEvaluation& evaluation) {
  OrderedJson object = CommonJson(runner, evaluation.energy);
  object["measured_p50_s"] = evaluation.time_p50.value();
  object["measured_p99_s"] = evaluation.time_p99.value();
  object["mean_frequency_hz"] =
      evaluation.mean_frequency ? OrderedJson(evaluation.mean_frequency->value()) : OrderedJson();
  return object;
}

}  // namespace edgebert::cli
