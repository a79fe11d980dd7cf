#include "edgebert/report/sweep.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <set>
#include <span>
#include <utility>

#include "edgebert/base/text.h"
#include "edgebert/hardware/technology.h"
#include "edgebert/model/checksum.h"
#include "edgebert/report/design_variants.h"
#include "edgebert/report/pareto.h"
#include "edgebert/report/results_table.h"
#include "edgebert/report/self_check.h"
#include "edgebert/report/sweep_journal.h"
#include "edgebert/tiler/tiler.h"

namespace edgebert {
namespace {

constexpr int kDesignAxes = static_cast<int>(Axis::kThreshold);

/// The chip's lowest point, which contradicts itself in its sources: for those who ask for it.
constexpr VoltageFrequency kChipLowest{Volts(0.62), Hertz(77e6)};

Result<std::vector<VoltageFrequency>> PointsNamed(const std::string& name,
                                                  const HardwareDescription& hardware) {
  if (name == "own") {
    return hardware.operating_points;
  }
  if (name == "chip-0.62") {
    std::vector<VoltageFrequency> points = hardware.operating_points;
    if (!(points.front().voltage > kChipLowest.voltage)) {
      return InvalidArgument("axis vf: chip-0.62: the hardware's own points begin at or below it");
    }
    points.insert(points.begin(), kChipLowest);
    return points;
  }
  Result<HardwareDescription> other = LoadHardware(name);
  if (!other.ok()) {
    return InvalidArgument(
        fmt::format("axis vf: '{}': expected own, chip-0.62 or a hardware file: {}", name,
                    other.status().message()));
  }
  return other->operating_points;
}

void HashNumber(double value, StreamingChecksum& checksum) {
  const auto bits = std::bit_cast<std::array<uint8_t, sizeof(double)>>(value);
  checksum.Update(bits);
}

}  // namespace

std::string FormatOutcome(const SweepOutcome& o) {
  // Shortest numbers that read back as the same bits.
  std::string text =
      fmt::format("{} {} {} {} {} {} {} {} {} {} {} {}", o.accuracy, o.mean_exit_layer,
                  o.on_chip_load_j, o.on_chip_supply_j, o.system_supply_j, o.latency_s, o.longest_s,
                  o.lowest_share, o.misses, o.infeasible, o.area_mm2, o.idle_w);
  if (!o.problem.empty()) {
    text += " " + o.problem;
    std::replace(text.begin(), text.end(), '\n', ' ');
  }
  return text;
}

Result<SweepOutcome> ParseOutcome(std::string_view text) {
  constexpr double kMostCount = uint64_t{1} << 53;
  double numbers[12];
  for (double& number : numbers) {
    const size_t end = std::min(text.find(' '), text.size());
    const Result<double> parsed = ParseFiniteNumber(text.substr(0, end));
    if (!parsed.ok()) {
      return DataLoss("an outcome is not twelve numbers");
    }
    number = *parsed;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  for (const double count : {numbers[8], numbers[9]}) {
    if (count < 0 || count > kMostCount || count != std::floor(count)) {
      return DataLoss("an outcome counts sentences in a number that is not whole");
    }
  }
  return SweepOutcome{std::string(text),
                      numbers[0],
                      numbers[1],
                      numbers[2],
                      numbers[3],
                      numbers[4],
                      numbers[5],
                      numbers[6],
                      numbers[7],
                      static_cast<size_t>(numbers[8]),
                      static_cast<size_t>(numbers[9]),
                      numbers[10],
                      numbers[11]};
}

Result<Sweep> Sweep::Create(SweepSubject subject, SweepAxes axes) {
  constexpr size_t kMostPoints = 100'000'000;
  if (axes.size() > kMostPoints) {
    return InvalidArgument(
        fmt::format("the axes have {} points, expected at most {}", axes.size(), kMostPoints));
  }
  if (subject.sentences.size() == 0) {
    return InvalidArgument("there are no sentences to sweep over");
  }
  Sweep sweep(std::move(subject), std::move(axes));
  const SweepSubject& about = sweep.subject_;
  sweep.tokens_ = TokenClasses(about.sentences.input.tokens, about.token_classes);
  for (const std::string& name : sweep.axes_.of(Axis::kVf)) {
    EDGEBERT_ASSIGN_OR_RETURN(sweep.operating_points_[name], PointsNamed(name, about.hardware));
  }
  std::array<std::string_view, kNumAxes> values = sweep.axes_.At(0);
  for (const std::string& policy : sweep.axes_.of(Axis::kPolicy)) {
    if (policy == PolicyName(Policy::kPaced) && about.plan_on_record && !about.shape.exits.record) {
      return InvalidArgument("policy paced needs a model with a calibration record");
    }
  }
  for (const std::string& threshold : sweep.axes_.of(Axis::kThreshold)) {
    values[static_cast<size_t>(Axis::kThreshold)] = threshold;
    EDGEBERT_ASSIGN_OR_RETURN(const DesignSettings settings, ParseSettings(values));
    if (!settings.threshold_nats && !about.plan_on_record) {
      return InvalidArgument("a trace has no threshold of its own: give --axis threshold=…");
    }
    sweep.exits_.push_back(sweep.MakeExits(settings.threshold_nats));
  }
  sweep.full_depth_ = sweep.MakeExits(0.0);
  sweep.fingerprint_ = sweep.MakeFingerprint();
  return sweep;
}

Sweep::Exits Sweep::MakeExits(std::optional<double> nats) const {
  const SentenceSet& sentences = subject_.sentences;
  const ExitSettings& settings = subject_.shape.exits;
  const double threshold = nats.value_or(double{settings.threshold_nats});
  const ExitThresholds thresholds(threshold, settings, subject_.shape.config);
  const std::vector<ObservedSentence> observed = ObserveSentences(sentences, thresholds);
  const std::vector<int> exits = ExitLayers(observed);
  Exits made;
  made.accuracy = sentences.Accuracy(exits);
  const size_t parts = subject_.plan_on_record ? 1 : 2;
  for (size_t part = 0; part < parts; ++part) {
    std::vector<int> tokens;
    std::vector<int> leave;
    ExitSample others;
    for (size_t i = 0; i < exits.size(); ++i) {
      if (i % parts == part) {
        tokens.push_back(tokens_[i]);
        leave.push_back(exits[i]);
      }
      if (i % parts != part || exits.size() < 2) {
        others.sentences.push_back(observed[i]);
        others.tokens.push_back(tokens_[i]);
      }
    }
    if (tokens.empty()) {
      continue;
    }
    made.parts.push_back(GroupSentences(tokens, leave));
    const ExitSample sample = subject_.plan_on_record
                                  ? SampleOfRecord(settings, subject_.shape.config, threshold)
                                  : std::move(others);
    made.statistics.push_back(sample.sentences.empty()
                                  ? StatisticsByTokens()
                                  : BuildStatistics(sample, tokens, sentences.num_layers()));
  }
  return made;
}

std::string Sweep::MakeFingerprint() const {
  StreamingChecksum checksum;
  const auto add_text = [&](std::string_view text) {
    checksum.Update(std::span(reinterpret_cast<const uint8_t*>(text.data()), text.size()));
    HashNumber(static_cast<double>(text.size()), checksum);
  };
  add_text(axes_.Describe());
  add_text(BoundaryName(subject_.boundary));
  HashNumber(subject_.plan_on_record ? 1 : 0, checksum);
  for (const int tokens : tokens_) {
    HashNumber(tokens, checksum);
  }
  for (const int label : subject_.sentences.input.labels) {
    HashNumber(label, checksum);
  }
  for (const double entropy : subject_.sentences.input.entropies.entropies) {
    HashNumber(std::isnan(entropy) ? -1 : entropy, checksum);
  }
  for (const auto& [name, points] : operating_points_) {
    for (const VoltageFrequency& point : points) {
      HashNumber(point.voltage.value(), checksum);
      HashNumber(point.frequency.value(), checksum);
    }
  }
  // All constants of hardware and technology show in what a sentence costs in each place.
  for (const WeightLocation place :
       {WeightLocation::kDram, WeightLocation::kSram, WeightLocation::kReram}) {
    const Result<CostEstimator> costs =
        CostEstimator::Create(subject_.shape, subject_.hardware, place);
    if (!costs.ok()) {
      add_text(costs.status().message());
      continue;
    }
    const Result<SentenceWork> worked = costs->WorkFor(tokens_.front());
    if (!worked.ok()) {
      add_text(worked.status().message());
      continue;
    }
    const SentenceWork& work = *worked;
    for (const OperatingPoint& point : costs->power().points.points()) {
      const SentenceCost cost =
          CostOf(costs->power(), work, std::vector<OperatingPoint>(work.layers.size(), point));
      HashNumber(cost.latency.value(), checksum);
      HashNumber(cost.account.At(Boundary::kSystem, EnergySide::kSupply).value(), checksum);
      HashNumber(cost.account.At(Boundary::kOnChip, EnergySide::kLoad).value(), checksum);
    }
    HashNumber(costs->weights().area_mm2, checksum);
    HashNumber(costs->weights().idle.value(), checksum);
  }
  return fmt::format("{:016x} of {} points", checksum.value(), axes_.size());
}

Result<CostedDesign> Sweep::MakeDesign(const DesignSettings& settings) const {
  HardwareDescription hardware = subject_.hardware;
  hardware.operating_points = operating_points_.find(settings.vf)->second;
  if (settings.regulator) {
    EDGEBERT_RETURN_IF_ERROR(SetRegulator(*settings.regulator, hardware));
  }
  if (settings.bandwidth) {
    hardware.dram_bandwidth.value = *settings.bandwidth;
  }
  if (settings.buffers) {
    EDGEBERT_RETURN_IF_ERROR(SetDataBuffers(*settings.buffers, hardware));
  }
  if (settings.n) {
    EDGEBERT_RETURN_IF_ERROR(SetVectorSize(*settings.n, hardware));
  }
  std::optional<Model> changed;
  if (settings.sparsity || settings.span) {
    changed = subject_.shape;
    if (settings.sparsity) {
      EDGEBERT_RETURN_IF_ERROR(SetEncoderSparsity(*settings.sparsity, *changed));
    }
    if (settings.span) {
      SetSpan(*settings.span, *changed);
    }
  }
  const Model& shape = changed ? *changed : subject_.shape;
  if (settings.n || settings.buffers) {
    // Whether the longest sentence fits; masks do not decide it.
    const int longest = *std::max_element(tokens_.begin(), tokens_.end());
    const WeightMasks masks = WeightMasks::Dense(shape.config, hardware.vector_size.value);
    EDGEBERT_RETURN_IF_ERROR(BuildTileProgram(shape.config, masks, hardware, longest).status());
  }
  EDGEBERT_ASSIGN_OR_RETURN(const CostEstimator costs,
                            CostEstimator::Create(shape, hardware, settings.weights));
  EDGEBERT_ASSIGN_OR_RETURN(CostedDesign design, CostedDesign::Of(costs, shape.config, tokens_));
  if (settings.distinct) {
    EDGEBERT_RETURN_IF_ERROR(ShareLayers(*settings.distinct, shape, costs, design));
  }
  return design;
}

Result<SweepOutcome> Sweep::Judge::At(size_t point) {
  const std::array<std::string_view, kNumAxes> values = sweep_->axes_.At(point);
  EDGEBERT_ASSIGN_OR_RETURN(const DesignSettings settings, ParseSettings(values));
  std::string key;
  for (int axis = 0; axis < kDesignAxes; ++axis) {
    key += fmt::format("{},", values[static_cast<size_t>(axis)]);
  }
  if (key != design_key_) {
    design_key_ = key;
    design_ = sweep_->MakeDesign(settings);
  }
  SweepOutcome outcome;
  if (!design_.ok()) {
    outcome.problem = design_.status().message();
    return outcome;
  }
  const std::vector<std::string>& thresholds = sweep_->axes_.of(Axis::kThreshold);
  const auto threshold =
      static_cast<size_t>(std::find(thresholds.begin(), thresholds.end(),
                                    values[static_cast<size_t>(Axis::kThreshold)]) -
                          thresholds.begin());
  const bool early = UsesEarlyExit(settings.policy);
  const Exits& exits = early ? sweep_->exits_[threshold] : sweep_->full_depth_;
  PolicyFigures figures;
  for (size_t part = 0; part < exits.parts.size(); ++part) {
    EDGEBERT_ASSIGN_OR_RETURN(
        const PolicyFigures found,
        JudgePolicy(
            *design_, exits.parts[part],
            {settings.policy, settings.target, {sweep_->subject_.boundary, EnergySide::kSupply}},
            &exits.statistics[part]));
    figures += found;
  }
  SelfCheck check;
  const std::string row = fmt::format("point {}", point);
  check.Energy(row, figures.account);
  check.Latency(row, figures.latency, figures.roofline);
  check.Deadlines(row, settings.policy, figures.misses);
  EDGEBERT_RETURN_IF_ERROR(check.status());
  const Model& shape = sweep_->subject_.shape;
  const bool trained =
      !settings.sparsity && !settings.span &&
      (!settings.distinct || *settings.distinct == shape.config.num_distinct_layers);
  outcome.accuracy = trained && exits.accuracy ? *exits.accuracy : -1;
  outcome.mean_exit_layer = figures.mean_exit_layer;
  outcome.on_chip_load_j = figures.account.At(Boundary::kOnChip, EnergySide::kLoad).value();
  outcome.on_chip_supply_j = figures.account.At(Boundary::kOnChip, EnergySide::kSupply).value();
  outcome.system_supply_j = figures.account.At(Boundary::kSystem, EnergySide::kSupply).value();
  outcome.latency_s = figures.latency.value();
  outcome.longest_s = figures.longest.value();
  outcome.lowest_share = figures.lowest_share;
  outcome.misses = figures.misses;
  outcome.infeasible = figures.infeasible;
  outcome.area_mm2 = design_->area_mm2;
  outcome.idle_w = design_->idle.value();
  return outcome;
}

std::vector<size_t> SweepFront(const std::vector<SweepOutcome>& outcomes) {
  const bool accuracy = std::any_of(outcomes.begin(), outcomes.end(), [](const SweepOutcome& o) {
    return o.problem.empty() && o.accuracy >= 0;
  });
  std::vector<Tradeoff> tradeoffs;
  tradeoffs.reserve(outcomes.size());
  for (const SweepOutcome& outcome : outcomes) {
    const bool eligible = outcome.problem.empty() && outcome.infeasible == 0 &&
                          outcome.misses == 0 && (!accuracy || outcome.accuracy >= 0);
    tradeoffs.push_back(
        {eligible ? outcome.system_supply_j : std::numeric_limits<double>::infinity(),
         accuracy ? 1 - outcome.accuracy : outcome.latency_s});
  }
  return ParetoFront(tradeoffs);
}

std::string SweepCsv(const Sweep& sweep, const std::vector<SweepOutcome>& outcomes,
                     const std::vector<size_t>& front) {
  std::string csv = "point";
  for (const std::string_view name : AxisNames()) {
    csv += fmt::format(",{}", name);
  }
  csv +=
      ",front,accuracy,mean_exit_layer,on_chip_load_j,on_chip_supply_j,system_supply_j,latency_s,"
      "longest_s,lowest_share,misses,infeasible,area_mm2,idle_w,problem\n";
  const std::set<size_t> on_front(front.begin(), front.end());
  for (size_t point = 0; point < outcomes.size(); ++point) {
    const SweepOutcome& o = outcomes[point];
    csv += fmt::format("{}", point);
    for (const std::string_view value : sweep.axes().At(point)) {
      csv += "," + CsvField(value);
    }
    csv += fmt::format(",{}", on_front.contains(point) ? 1 : 0);
    if (o.problem.empty()) {
      csv += fmt::format(",{},{},{},{},{},{},{},{},{},{},{},{},\n",
                         o.accuracy >= 0 ? fmt::format("{}", o.accuracy) : "", o.mean_exit_layer,
                         o.on_chip_load_j, o.on_chip_supply_j, o.system_supply_j, o.latency_s,
                         o.longest_s, o.lowest_share, o.misses, o.infeasible, o.area_mm2, o.idle_w);
    } else {
      csv += ",,,,,,,,,,,,," + CsvField(o.problem) + "\n";
    }
  }
  return csv;
}

}  // namespace edgebert
