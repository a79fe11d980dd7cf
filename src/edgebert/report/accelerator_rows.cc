#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "edgebert/accel/cost_model.h"
#include "edgebert/accel/cycle_model.h"
#include "edgebert/accel/energy.h"
#include "edgebert/accel/mobile_gpu.h"
#include "edgebert/accel/sentence_counts.h"
#include "edgebert/hardware/technology.h"
#include "edgebert/pipeline/shape_model.h"
#include "edgebert/report/design_variants.h"
#include "edgebert/report/policy_study.h"
#include "edgebert/report/study.h"
#include "edgebert/tiler/tiler.h"

// Rows about the machine itself: the array, its size, area and power, the chip, the mobile GPU.

namespace edgebert {
namespace {

constexpr int kTokens = 128;

/// ALBERT base: one layer used twelve times, an off-ramp after each.
Model AlbertBase() { return AlbertBaseShape(12, 2); }

Status AddLayer(Study& study) {
  const Model albert = AlbertBase();
  const int n = study.hardware.vector_size.value;
  const std::vector<Operation> encoder = BuildLayerProgram(albert.config, 2, kTokens).encoder;
  const int64_t macs = MultiplyAccumulates(encoder);
  study.figures.Add("accelerator.macs-per-cycle", double{1} * n * n);
  study.figures.Add("accelerator.macs-per-layer", static_cast<double>(macs) / 1e6);
  EDGEBERT_ASSIGN_OR_RETURN(const TileProgram program,
                            BuildTileProgram(albert.config, WeightMasks::Dense(albert.config, n),
                                             study.hardware, kTokens));
  const CycleModel times(program);
  const auto cycles = [&](const DmaTiming& dma) {
    return static_cast<double>(times.Run(2, 2, dma).front().encoder_complete);
  };
  const double ideal = cycles(IdealDma());
  study.figures.Add("accelerator.layer-cycles", ideal);
  study.figures.Add("accelerator.layer-cycles.dram",
                    cycles(DmaTimingAt(study.hardware, study.hardware.nominal().frequency)));
  study.figures.Add("accelerator.utilisation",
                    100 * static_cast<double>(macs) / (double{1} * n * n * ideal));
  study.figures.Add("accelerator.full-depth-1ghz", 12 * ideal / 1e9 * 1e3);
  study.figures.Add("accelerator.block-cycles", static_cast<double>(n));
  study.figures.Add("accelerator.buffers", (study.hardware.buffers.data.value.value() +
                                            study.hardware.buffers.mask.value.value()) /
                                               1024);
  study.check.Macs(
      "accelerator.macs-per-layer", CountLayers(program, 2, 2).macs,
      macs + MultiplyAccumulates(BuildLayerProgram(albert.config, 2, kTokens).off_ramp));
  study.check.Latency("accelerator.layer-cycles", Seconds(ideal),
                      Seconds(static_cast<double>(macs) / (double{1} * n * n)));
  return OkStatus();
}

/// Of the first model, over all sentences of its dev split.
Status AddUtilisation(Study& study) {
  if (study.models.empty() || !study.models.front().masks) {
    study.figures.Miss("accelerator.", "Needs a model of ours in AF8 (--model, --data).");
    return OkStatus();
  }
  const OwnModel& model = study.models.front();
  const ModelConfig& config = model.shape.config;
  std::map<int, int> lengths;
  for (const int tokens : model.dev.input.tokens) {
    ++lengths[tokens];
  }
  const std::array segments = {ClockSegment{
      1, config.num_layers, DmaTimingAt(study.hardware, study.hardware.nominal().frequency)}};
  double needed = 0;
  double taken = 0;
  for (const auto& [tokens, count] : lengths) {
    EDGEBERT_ASSIGN_OR_RETURN(const TileProgram program,
                              BuildTileProgram(config, *model.masks, study.hardware, tokens));
    const SentenceCounts counts =
        CountSentence(program, CycleModel(program), segments, config.num_layers);
    needed += count * static_cast<double>(counts.ideal_cycles);
    taken += count * static_cast<double>(counts.cycles);
  }
  study.figures.Add("accelerator.utilisation.own-sst2", 100 * needed / taken);
  study.figures.Add("accelerator.utilisation.chip", 100 * needed / taken);
  ModelConfig dense = config;
  dense.attention_spans.clear();
  int64_t with = 0;
  int64_t without = 0;
  for (int layer = 1; layer <= config.num_layers; ++layer) {
    with += MultiplyAccumulates(BuildLayerProgram(config, layer, 25).encoder);
    without += MultiplyAccumulates(BuildLayerProgram(dense, layer, 25).encoder);
  }
  study.figures.Add("accelerator.flop-reduction",
                    static_cast<double>(without) / static_cast<double>(with));
  return OkStatus();
}

Status AddArraySizes(Study& study) {
  const Model albert = AlbertBase();
  double least = std::numeric_limits<double>::infinity();
  double own_least = least;
  // A program of small vectors has millions of them: one for each length would take minutes.
  constexpr int kLengths = 4;
  std::optional<SentenceSet> own_sentences;
  if (!study.models.empty()) {
    own_sentences = study.models.front().dev;
    own_sentences->input.tokens = TokenClasses(own_sentences->input.tokens, kLengths);
  }
  for (const int n : kVectorSizes) {
    HardwareDescription hardware = study.hardware;
    EDGEBERT_RETURN_IF_ERROR(SetVectorSize(n, hardware));
    std::string beyond;
    if (const auto power = MakePowerModel(hardware); !power.ok()) {
      // A large array may draw more than the regulator gives: a figure all the same, and said.
      beyond = fmt::format(" Beyond its regulator: {}.", power.status().message());
      hardware.regulator.current_limit = {};
    }
    EDGEBERT_ASSIGN_OR_RETURN(const CostEstimator costs, CostEstimator::Create(albert, hardware));
    EDGEBERT_ASSIGN_OR_RETURN(const SentenceWork work, costs.WorkFor(kTokens));
    const SentenceCost cost = ConventionalCost(costs.power(), work);
    const std::string id = fmt::format("size.energy.n{}", n);
    const double energy = cost.account.on_chip_load().value() * 1e6;
    study.figures.Add(id, energy, fmt::format("{:.2f} ms.{}", cost.latency.value() * 1e3, beyond));
    study.check.Energy(id, cost.account);
    if (energy < least && beyond.empty()) {
      least = energy;
      study.figures.Add("size.energy-optimal-n", n, "Of those that the regulator can feed.");
    }
    if (!own_sentences || !beyond.empty()) {
      continue;
    }
    const OwnModel& model = study.models.front();
    EDGEBERT_ASSIGN_OR_RETURN(CostedDesign design,
                              CostedDesign::Of(model.shape, hardware, WeightLocation::kDram,
                                               own_sentences->input.tokens));
    const PolicyStudy policies = PolicyStudy::OnSample(
        std::move(design), *own_sentences, model.thresholds(), nullptr,
        SampleOfRecord(model.shape.exits, model.shape.config, model.threshold_nats));
    EDGEBERT_ASSIGN_OR_RETURN(
        const PolicyFigures paced,
        policies.Judge(Policy::kPaced, std::nullopt, {Boundary::kOnChip, EnergySide::kLoad},
                       "size.energy-optimal-n.own-sst2", study.check));
    if (paced.account.on_chip_load().value() < own_least) {
      own_least = paced.account.on_chip_load().value();
      study.figures.Add("size.energy-optimal-n.own-sst2", n,
                        "Of those that the regulator can feed.");
    }
  }
  return OkStatus();
}

Status AddAreaAndPower(Study& study) {
  const HardwareDescription& hardware = study.hardware;
  const Constant<SquareMillimetres> total = TotalArea(hardware);
  study.figures.AddRange("area.total", total.value.value(), total.low().value(),
                         total.high().value(), "Most of it assumed.");
  study.figures.Miss("area.", "The hardware description has no such area.");
  for (const NamedArea& area : hardware.areas) {
    const std::string id = "area." + area.name;
    constexpr std::array kKnown = {"mac_array",         "buffers",
                                   "special_functions", "control_and_decoders",
                                   "embedding_reram",   "regulator_and_clock"};
    if (std::find(kKnown.begin(), kKnown.end(), area.name) != kKnown.end()) {
      study.figures.AddRange(
          id, area.area.value.value(), area.area.low().value(), area.area.high().value(),
          fmt::format("Status: {}.", ConstantStatusName(area.area.provenance.status)));
    }
  }
  EDGEBERT_ASSIGN_OR_RETURN(const PowerModel power, MakePowerModel(hardware));
  const double nominal = hardware.nominal().voltage.value();
  const auto per_cycle = [&](double volts) {
    const double scale = volts / nominal;
    return power.energy_per_cycle_at_nominal.value() * scale * scale;
  };
  study.figures.Add("power.total",
                    (per_cycle(0.8) * 1e9 + power.LeakageAt(Volts(0.8)).value()) * 1e3);
  study.figures.Add("power.adpll", hardware.clock.power.value.value() * 1e3);
  study.figures.Add("power.ldo-efficiency", hardware.regulator.efficiency.value * 100);
  study.figures.Add("power.ldo-response",
                    hardware.regulator.response_seconds_per_volt.value * 0.05 * 1e9);
  const double n = hardware.vector_size.value;
  for (const OperatingPoint& point : power.points.points()) {
    for (const auto& [name, volts] : {std::pair("1.00", 1.0), std::pair("0.86", 0.86),
                                      std::pair("0.78", 0.78), std::pair("0.68", 0.68)}) {
      // The grid's point nearest to the published voltage.
      if (std::abs(point.voltage.value() - volts) < 0.0126) {
        const double watts = per_cycle(point.voltage.value()) * point.frequency.value() +
                             power.LeakageAt(point.voltage).value();
        study.figures.Add(fmt::format("chip.efficiency.{}", name),
                          2 * n * n * point.frequency.value() / watts / 1e12,
                          fmt::format("At {:.3f} V.", point.voltage.value()));
      }
    }
  }
  const double top = hardware.nominal().frequency.value();
  study.figures.Add("chip.throughput", 2 * n * n * top / 1e12);
  study.figures.Add("chip.power",
                    (per_cycle(nominal) * top + power.LeakageAt(Volts(nominal)).value()) * 1e3);
  study.figures.AddRange("chip.area", total.value.value(), total.low().value(),
                         total.high().value());
  study.figures.Add("chip.sram", hardware.buffers.total().value() / 1024);
  return OkStatus();
}

Status AddComponents(Study& study) {
  if (!study.hardware.components) {
    study.figures.Miss("power.", "The hardware description has no section `components`.");
    return OkStatus();
  }
  const std::vector<Operation> encoder = BuildLayerProgram(AlbertBase().config, 2, kTokens).encoder;
  EDGEBERT_ASSIGN_OR_RETURN(const ComponentEnergies parts,
                            EstimateFromComponents(encoder, study.hardware));
  const EnergyEstimate whole = EstimateFromWhole(encoder, study.hardware);
  const EnergyEstimate total = parts.total();
  study.figures.AddRange("power.from-components", total.value / whole.value, total.low / whole.high,
                         total.high / whole.low);
  for (const auto& [name, energy] :
       {std::pair("array", parts.array), std::pair("buffers", parts.buffers),
        std::pair("special-functions", parts.special_functions),
        std::pair("control", parts.control), std::pair("leakage", parts.leakage)}) {
    study.figures.Add(fmt::format("power.components.{}", name), 100 * (energy.value / total.value));
  }
  return OkStatus();
}

/// The chip's own voltage scaling: 77 mJ, first layer at 1.0 V, the others so slow that all takes
/// 1.69 times as long.
Status AddVoltageScaling(Study& study) {
  constexpr double kBefore = 77;
  constexpr double kConventional = 464;
  constexpr double kSlower = 1155.0 / 682;
  constexpr double kMeanExit = 3.90;
  EDGEBERT_ASSIGN_OR_RETURN(const PowerModel power, MakePowerModel(study.hardware));
  const OperatingPoint top = power.points.nominal();
  const double first = 1 / kMeanExit;
  for (const OperatingPoint& point : power.points.points()) {
    const double slower = first + (1 - first) * (top.frequency / point.frequency);
    if (slower > kSlower) {
      continue;
    }
    const double scale = point.voltage / top.voltage;
    const double supply = kBefore * (first + (1 - first) * scale);
    const std::string note = fmt::format("At {:.3f} V.", point.voltage.value());
    study.figures.Add("chip.voltage.energy", supply, note);
    study.figures.Add("chip.voltage.energy.load", kBefore * (first + (1 - first) * scale * scale),
                      note);
    study.figures.Add("chip.voltage.total-ratio", kConventional / supply);
    break;
  }
  return OkStatus();
}

Status AddGpu(Study& study) {
  const Model albert = AlbertBase();
  std::vector<LayerProgram> layers;
  for (int layer = 1; layer <= albert.config.num_layers; ++layer) {
    layers.push_back(BuildLayerProgram(albert.config, layer, kTokens));
  }
  EDGEBERT_ASSIGN_OR_RETURN(const MobileGpuEstimate gpu, EstimateMobileGpu(layers));
  study.figures.AddRange("gpu.energy", gpu.energy.value.value() * 1e3, gpu.energy.low.value() * 1e3,
                         gpu.energy.high.value() * 1e3,
                         fmt::format("{:.1f} ms.", gpu.time.value() * 1e3));
  if (!study.trace) {
    return OkStatus();
  }
  const std::array tokens = {kTokens};
  const EnergyMeter meter{Boundary::kOnChip, EnergySide::kSupply};
  EDGEBERT_ASSIGN_OR_RETURN(
      CostedDesign design, CostedDesign::Of(albert, study.hardware, WeightLocation::kDram, tokens));
  const PolicyStudy policies =
      PolicyStudy::OnHalves(std::move(design), *study.trace, ExitThresholds(0.28), nullptr);
  EDGEBERT_ASSIGN_OR_RETURN(
      const PolicyFigures paced,
      policies.Judge(Policy::kPaced, std::nullopt, meter, "gpu.over-edgebert", study.check));
  const Joules ours = paced.account.on_chip_supply();
  for (const char* id : {"gpu.over-edgebert", "gpu.over-edgebert.v2"}) {
    study.figures.AddRange(id, gpu.energy.value / ours, gpu.energy.low / ours,
                           gpu.energy.high / ours);
  }
  return OkStatus();
}

std::string NameOf(const Operation& operation) {
  struct Namer {
    std::string operator()(const EmbeddingLookup&) const { return "embedding"; }
    std::string operator()(const Linear& op) const {
      switch (op.matrix) {
        case MatrixRole::kEmbeddingProjection:
          return "projection";
        case MatrixRole::kQuery:
          return "query";
        case MatrixRole::kKey:
          return "key";
        case MatrixRole::kValue:
          return "value";
        case MatrixRole::kAttentionOutput:
          return "attention output";
        case MatrixRole::kFeedForwardUp:
          return "feed-forward up";
        case MatrixRole::kFeedForwardDown:
          return "feed-forward down";
        case MatrixRole::kOffRampPooler:
          return "off-ramp pooler";
        case MatrixRole::kOffRampClassifier:
          return "classifier";
      }
      return "product";
    }
    std::string operator()(const Attention&) const { return "attention"; }
    std::string operator()(const AddNorm&) const { return "add and norm"; }
    std::string operator()(const Pool&) const { return "pooling"; }
    std::string operator()(const EntropyCheck&) const { return "entropy"; }
  };
  return std::visit(Namer(), operation);
}

/// What each unit does while layer 2 runs, by the closed form.
Status AddTimeline(Study& study) {
  const Model albert = AlbertBase();
  const bool own = !study.models.empty();
  const Model& shape = own ? study.models.front().shape : albert;
  const int tokens = own ? 25 : kTokens;
  EDGEBERT_ASSIGN_OR_RETURN(const CostEstimator costs,
                            CostEstimator::Create(shape, study.hardware));
  const int layer = std::min(2, shape.config.num_layers);
  const LayerProgram program = BuildLayerProgram(shape.config, layer, tokens);
  std::vector<Operation> operations = program.encoder;
  operations.insert(operations.end(), program.off_ramp.begin(), program.off_ramp.end());
  EDGEBERT_ASSIGN_OR_RETURN(const SentenceWork sentence, costs.WorkFor(tokens));
  const LayerWork& work = sentence.layers[static_cast<size_t>(layer - 1)];
  const BytesPerSecond bandwidth = costs.power().weights.bandwidth;
  const double clock = study.hardware.nominal().frequency.value();
  Plot plot;
  plot.id = "timeline";
  plot.title = "What the units do during a layer";
  plot.caption = fmt::format(
      "Layer {} of {}, {} tokens, nominal point: what each operation takes of its unit, one after "
      "the other. The accelerator overlaps them (edgebert simulate --plot).",
      layer, own ? study.models.front().name : std::string("ALBERT base"), tokens);
  plot.data.columns = {"unit", "operation", "start", "end"};
  double now = TimeOf(work.exposed_bytes, bandwidth).value() * 1e6;
  const double streamed = TimeOf(work.streamed_bytes, bandwidth).value() * 1e6;
  plot.data.rows.push_back({std::string("weights"), std::string("first tile"), 0.0, now});
  plot.data.rows.push_back({std::string("weights"), std::string("streaming"), now, streamed});
  for (const Operation& operation : operations) {
    const WorkEstimate estimate = EstimateWork(operation, study.hardware);
    for (const auto& [unit, cycles] : {std::pair("array", estimate.matmul_cycles),
                                       std::pair("special functions", estimate.sfu_cycles)}) {
      if (cycles > 0) {
        const double end = now + static_cast<double>(cycles) / clock * 1e6;
        plot.data.rows.push_back({std::string(unit), NameOf(operation), now, end});
        now = end;
      }
    }
  }
  plot.spec = R"json({"mark":{"type":"bar","height":{"band":0.7}},
    "encoding":{"x":{"field":"start","type":"quantitative","title":"Time (µs)"},"x2":{"field":"end"},
      "y":{"field":"unit","type":"nominal","title":null,"sort":["weights","array","special functions"]},
      "color":{"field":"operation","type":"nominal","title":"Operation"},
      "tooltip":[{"field":"unit"},{"field":"operation"},{"field":"start","format":".2f"},{"field":"end","format":".2f"}]}})json";
  study.plots.push_back(std::move(plot));
  return OkStatus();
}

}  // namespace

void CheckMacs(std::string_view row, const ModelConfig& config, const HardwareDescription& hardware,
               std::span<const int> tokens, SelfCheck& check) {
  // The shapes by themselves, not by the program that is checked.
  const auto expected = [&](int layer, int count) {
    const int64_t width = config.hidden_size;
    const int64_t length = count;
    int64_t macs = 2 * length * width * config.intermediate_size;
    const std::vector<HeadSpan> heads = ActiveHeads(config, config.DistinctLayer(layer), count);
    macs += 4 * length * width * static_cast<int64_t>(heads.size()) * config.head_size();
    for (const HeadSpan& head : heads) {
      const int64_t reach = std::min(head.span, count);
      // Pairs at distance < reach: `length` at 0, and twice length − d at d > 0.
      const int64_t pairs = length + (reach - 1) * (2 * length - reach);
      macs += 2 * pairs * config.head_size();
    }
    return macs;
  };
  std::vector<int> lengths(tokens.begin(), tokens.end());
  std::sort(lengths.begin(), lengths.end());
  lengths.erase(std::unique(lengths.begin(), lengths.end()), lengths.end());
  for (const int count : lengths) {
    for (int layer = 1; layer <= config.num_layers; ++layer) {
      const WorkEstimate counted =
          EstimateWork(BuildLayerProgram(config, layer, count).encoder, hardware);
      check.Macs(fmt::format("{}, layer {}, {} tokens", row, layer, count), counted.macs,
                 expected(layer, count));
    }
  }
}

Status StudyAccelerator(Study& study) {
  EDGEBERT_RETURN_IF_ERROR(AddLayer(study));
  EDGEBERT_RETURN_IF_ERROR(AddUtilisation(study));
  EDGEBERT_RETURN_IF_ERROR(AddArraySizes(study));
  EDGEBERT_RETURN_IF_ERROR(AddAreaAndPower(study));
  EDGEBERT_RETURN_IF_ERROR(AddComponents(study));
  EDGEBERT_RETURN_IF_ERROR(AddVoltageScaling(study));
  EDGEBERT_RETURN_IF_ERROR(AddGpu(study));
  return AddTimeline(study);
}

}  // namespace edgebert
