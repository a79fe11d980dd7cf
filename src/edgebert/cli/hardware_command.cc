#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <vector>

#include "edgebert/accel/energy.h"
#include "edgebert/accel/mobile_gpu.h"
#include "edgebert/cli/command.h"
#include "edgebert/cli/flags.h"
#include "edgebert/cli/json.h"
#include "edgebert/cli/tiled_layer.h"
#include "edgebert/model/model_file.h"
#include "edgebert/pipeline/cost_estimator.h"
#include "edgebert/program/layer_program.h"

namespace edgebert::cli {
namespace {

struct HardwareFlags {
  ModelFlags model;
  std::optional<std::string> hardware;
  std::optional<std::string> regulator;
  std::optional<std::string> transition_time;
  int tokens = 128;
  bool json = false;
};

/// What the command shows: one layer with its off-ramp at every operating point, both estimates of
/// its energy, and the area.
struct Report {
  HardwareDescription hardware;
  PowerModel power;
  LayerWork work;  ///< Of layer 2, which has no embedding in it, or of the only one.
  int layer;
  Result<TiledLayer> tiled;
  EnergyEstimate whole;
  std::optional<ComponentEnergies> components;
  Joules plain;           ///< All layers at the nominal point, system boundary, at the supply.
  MobileGpuEstimate gpu;  ///< All layers.
};

Result<Report> MakeReport(const HardwareFlags& flags) {
  EDGEBERT_ASSIGN_OR_RETURN(
      HardwareDescription hardware,
      LoadHardwareFlags(flags.hardware, flags.regulator, flags.transition_time));
  EDGEBERT_ASSIGN_OR_RETURN(const Model model, flags.model.Read());
  if (flags.tokens > model.config.max_positions) {
    return InvalidArgument(fmt::format("hardware: --tokens {}: the model has {} positions",
                                       flags.tokens, model.config.max_positions));
  }
  EDGEBERT_ASSIGN_OR_RETURN(const CostEstimator costs, CostEstimator::Create(model, hardware));
  EDGEBERT_ASSIGN_OR_RETURN(const SentenceWork work, costs.WorkFor(flags.tokens));
  const int layer = std::min(2, model.config.num_layers);
  EDGEBERT_ASSIGN_OR_RETURN(const TileProgram program, costs.ProgramFor(flags.tokens));
  const EventCounts events = CountEvents(program, layer);
  Report report{hardware,
                costs.power(),
                work.layers[static_cast<size_t>(layer - 1)],
                layer,
                TileLayer(model, hardware, flags.tokens, layer),
                EstimateFromWhole(events, hardware),
                std::nullopt,
                ConventionalCost(costs.power(), work).energy(),
                {}};
  std::vector<LayerProgram> layers;
  for (int number = 1; number <= model.config.num_layers; ++number) {
    layers.push_back(BuildLayerProgram(model.config, number, flags.tokens));
  }
  EDGEBERT_ASSIGN_OR_RETURN(report.gpu, EstimateMobileGpu(layers));
  if (hardware.components) {
    EDGEBERT_ASSIGN_OR_RETURN(report.components, EstimateFromComponents(events, hardware));
  }
  return report;
}

void PrintEstimate(std::string_view name, const EnergyEstimate& estimate) {
  fmt::print("  {:<20}{:>9.2f} µJ  ({:.2f} to {:.2f})\n", name, estimate.value.value() * 1e6,
             estimate.low.value() * 1e6, estimate.high.value() * 1e6);
}

void PrintReport(const HardwareFlags& flags, const Report& report) {
  fmt::print("{}: {}\n", report.hardware.name, report.hardware.description);
  fmt::print(
      "  regulator {}; a change from lowest to highest point takes {:.0f} ns\n\n",
      report.hardware.regulator.kind,
      report.power.TransitionCost(report.power.points.lowest(), report.power.points.nominal())
              .time()
              .value() *
          1e9);
  PrintMachine(report.hardware, report.tiled);
  fmt::print("layer {} of the model, {} tokens: {:.0f} cycles, {:.0f} bytes from DRAM\n",
             report.layer, flags.tokens, report.work.cycles.value(),
             report.work.streamed_bytes.value());
  fmt::print("  {:>7} {:>5} {:>9} {:>12} {:>12} {:>12} {:>12}\n", "V", "MHz", "ms", "load µJ",
             "supply µJ", "leakage µJ", "DRAM µJ");
  for (const OperatingPoint& point : report.power.points.points()) {
    const EnergyAccount energy = report.power.EnergyOf(report.work, point);
    fmt::print("  {:>7.3f} {:>5.0f} {:>9.4f} {:>12.2f} {:>12.2f} {:>12.2f} {:>12.2f}\n",
               point.voltage.value(), point.frequency.value() / 1e6,
               report.power.TimeOf(report.work, point).value() * 1e3,
               energy.on_chip_load().value() * 1e6, energy.on_chip_supply().value() * 1e6,
               energy.leakage.value() * 1e6, energy.dram_total().value() * 1e6);
  }
  fmt::print("\nthe same at the nominal point, on chip, at the load, without waiting for DRAM\n");
  PrintEstimate("from the whole chip", report.whole);
  if (report.components) {
    const EnergyEstimate total = report.components->total();
    PrintEstimate("from components", total);
    PrintEstimate("  array", report.components->array);
    PrintEstimate("  buffers", report.components->buffers);
    PrintEstimate("  special functions", report.components->special_functions);
    PrintEstimate("  control", report.components->control);
    PrintEstimate("  leakage", report.components->leakage);
    fmt::print("  they disagree by     {:.2f}x\n", report.whole.value / total.value);
  }
  fmt::print("\nall layers of the model\n");
  fmt::print("  {:<22}{:>9.3f} mJ, system, supply\n", report.hardware.name,
             report.plain.value() * 1e3);
  fmt::print(
      "  {:<22}{:>9.3f} mJ  ({:.3f} to {:.3f}), {:.2f} ms: roofline, estimated, dense fp16\n",
      "Jetson TX2", report.gpu.energy.value.value() * 1e3, report.gpu.energy.low.value() * 1e3,
      report.gpu.energy.high.value() * 1e3, report.gpu.time.value() * 1e3);
  if (!report.hardware.areas.empty()) {
    fmt::print("\narea\n");
    for (const NamedArea& area : report.hardware.areas) {
      fmt::print("  {:<22}{:>7.3f} mm²  ({})\n", area.name, area.area.value.value(),
                 ConstantStatusName(area.area.provenance.status));
    }
    const Constant<SquareMillimetres> total = TotalArea(report.hardware);
    fmt::print("  {:<22}{:>7.3f} mm²  ({:.3f} to {:.3f})\n", "total", total.value.value(),
               total.low().value(), total.high().value());
  }
}

OrderedJson ToJson(const EnergyEstimate& estimate) {
  return {{"value", estimate.value.value()},
          {"low", estimate.low.value()},
          {"high", estimate.high.value()}};
}

OrderedJson ToJson(const HardwareFlags& flags, const Report& report) {
  OrderedJson points = OrderedJson::array();
  for (const OperatingPoint& point : report.power.points.points()) {
    const EnergyAccount energy = report.power.EnergyOf(report.work, point);
    points.push_back({{"voltage_v", point.voltage.value()},
                      {"frequency_hz", point.frequency.value()},
                      {"time_s", report.power.TimeOf(report.work, point).value()},
                      {"load_energy_j", energy.on_chip_load().value()},
                      {"energy_j", energy.on_chip_supply().value()},
                      {"leakage_j", energy.leakage.value()},
                      {"dram_j", energy.dram_total().value()}});
  }
  OrderedJson object = {{"name", report.hardware.name},
                        {"regulator", report.hardware.regulator.kind},
                        {"machine", MachineJson(report.hardware)},
                        {"layer", report.layer},
                        {"tokens", flags.tokens},
                        {"cycles", report.work.cycles.value()},
                        {"dram_bytes", report.work.streamed_bytes.value()},
                        {"points", points},
                        {"from_whole_j", ToJson(report.whole)}};
  if (report.tiled.ok()) {
    object["tiled"] = ToJson(*report.tiled);
  } else {
    object["not_tiled_because"] = report.tiled.status().message();
  }
  if (report.components) {
    const EnergyEstimate total = report.components->total();
    object["from_components_j"] = ToJson(total);
    object["components_j"] = {{"array", ToJson(report.components->array)},
                              {"buffers", ToJson(report.components->buffers)},
                              {"special_functions", ToJson(report.components->special_functions)},
                              {"control", ToJson(report.components->control)},
                              {"leakage", ToJson(report.components->leakage)}};
    object["disagreement"] = report.whole.value / total.value;
  }
  object["conventional_energy_j"] = report.plain.value();
  object["jetson_tx2_estimated"] = {{"time_s", report.gpu.time.value()},
                                    {"energy_j", ToJson(report.gpu.energy)}};
  OrderedJson areas = OrderedJson::object();
  for (const NamedArea& area : report.hardware.areas) {
    areas[area.name] = area.area.value.value();
  }
  object["area_mm2"] = areas;
  object["total_area_mm2"] = TotalArea(report.hardware).value.value();
  return object;
}

int Hardware(const HardwareFlags& flags) {
  if (flags.tokens < 1) {
    return Fail(
        InvalidArgument(fmt::format("hardware: --tokens {}: expected at least 1", flags.tokens)),
        kUsageError);
  }
  if (const Status status = CheckHardwareFlags(flags.regulator, flags.transition_time);
      !status.ok()) {
    return Fail(status, kUsageError);
  }
  const Result<Report> report = MakeReport(flags);
  if (!report.ok()) {
    return Fail(report.status());
  }
  if (flags.json) {
    PrintJsonLine(ToJson(flags, *report));
  } else {
    PrintReport(flags, *report);
  }
  return kSuccess;
}

}  // namespace

void AddHardwareCommand(CLI::App& app, Action& action) {
  auto flags = std::make_shared<HardwareFlags>();
  CLI::App* command = app.add_subcommand(
      "hardware", "Time, energy and area of the accelerator: a layer at every operating point");
  flags->model.AddTo(*command);
  AddHardwareFlags(*command, flags->hardware, flags->regulator, flags->transition_time);
  command->add_option("--tokens", flags->tokens, "Tokens of the sentence [128]")->type_name("N");
  command->add_flag("--json", flags->json, "One JSON object");
  command->callback([flags, &action] { action = [flags] { return Hardware(*flags); }; });
}

}  // namespace edgebert::cli
