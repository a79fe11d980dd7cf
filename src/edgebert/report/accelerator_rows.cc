#include <fmt/format.h>

#include <array>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "edgebert/accel/cycle_model.h"
#include "edgebert/accel/mobile_gpu.h"
#include "edgebert/accel/sentence_counts.h"
#include "edgebert/pipeline/shape_model.h"
#include "edgebert/report/design_variants.h"
#include "edgebert/report/policy_study.h"
#include "edgebert/report/study.h"
#include "edgebert/tiler/tiler.h"

// Rows about the machine itself: the array, its size, and the mobile GPU beside it.

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
  int left_out = 0;
  Status too_long = OkStatus();
  for (const auto& [tokens, count] : lengths) {
    const Result<TileProgram> program =
        BuildTileProgram(config, *model.masks, study.hardware, tokens);
    if (!program.ok()) {
      too_long = program.status();
      left_out += count;
      continue;
    }
    const SentenceCounts counts =
        CountSentence(*program, CycleModel(*program), segments, config.num_layers);
    needed += count * static_cast<double>(counts.ideal_cycles);
    taken += count * static_cast<double>(counts.cycles);
  }
  const std::string note =
      left_out > 0 ? fmt::format("Too long for the buffers and left out: {}.", left_out) : "";
  for (const char* id : {"accelerator.utilisation.own-sst2", "accelerator.utilisation.chip"}) {
    if (taken > 0) {
      study.figures.Add(id, 100 * needed / taken, note);
    } else {
      study.figures.Miss(id, std::string(too_long.message()));
    }
  }
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

}  // namespace

Status StudyAccelerator(Study& study) {
  EDGEBERT_RETURN_IF_ERROR(AddLayer(study));
  EDGEBERT_RETURN_IF_ERROR(AddUtilisation(study));
  EDGEBERT_RETURN_IF_ERROR(AddArraySizes(study));
  return AddGpu(study);
}

}  // namespace edgebert
