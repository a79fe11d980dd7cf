#include "edgebert/cli/envm_costs.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "edgebert/base/file.h"
#include "edgebert/pipeline/cost_estimator.h"

namespace edgebert::cli {
namespace {

constexpr double kBytesPerMb = 1 << 20;
constexpr double kHourlyRates[] = {1, 60, 3600, 36000};

/// The time that computing a mean sentence takes at the nominal point.
Result<Seconds> ComputeTime(const Model& model, const HardwareDescription& hardware,
                            const MeanSentence& sentence) {
  EDGEBERT_ASSIGN_OR_RETURN(const CostEstimator costs, CostEstimator::Create(model, hardware));
  const int tokens =
      std::clamp(static_cast<int>(std::lround(sentence.tokens)), 1, model.config.max_positions);
  EDGEBERT_ASSIGN_OR_RETURN(const SentenceWork work, costs.WorkFor(tokens));
  Cycles cycles;
  for (const LayerWork& layer : work.layers) {
    cycles += layer.cycles;
  }
  return sentence.exit_layer / model.config.num_layers *
         TimeOf(cycles, hardware.operating_points.back().frequency);
}

/// The model's own number of distinct layers among the ones that are tabulated.
std::vector<int> DistinctLayers(const Model& model) {
  std::vector<int> distinct = {12, 6, 4, 3, 2, 1};
  if (std::ranges::find(distinct, model.config.num_distinct_layers) == distinct.end()) {
    distinct.push_back(model.config.num_distinct_layers);
  }
  std::erase_if(distinct, [&](int count) { return count > model.config.num_layers; });
  std::ranges::sort(distinct, std::greater<>());
  return distinct;
}

std::string HourlyEnergies(const MemoryPlan& plan) {
  std::string text;
  for (const double rate : kHourlyRates) {
    text += fmt::format(" {:>10.4g}", plan.EnergyPerHour(rate).value() * 1e3);
  }
  return text;
}

OrderedJson PlanJson(const MemoryPlan& plan, Joules low, Joules high) {
  return {{"name", plan.name},
          {"area_mm2", plan.area_mm2},
          {"idle_w", plan.idle.value()},
          {"energy_j", plan.per_sentence.value()},
          {"energy_low_j", low.value()},
          {"energy_high_j", high.value()},
          {"latency_s", plan.latency.value()}};
}

}  // namespace

Result<EnvmCosts> EnvmCosts::Compute(const Model& model, const EnvmTable& table,
                                     const EnvmTechnology& technology,
                                     const HardwareDescription& hardware) {
  EnvmCosts costs;
  costs.sentence_ = MeanOfRecord(model);
  costs.bytes_ = CountWeightBytes(model);
  const auto embedding = [&](Bound bound) {
    return EmbeddingPlans(table, costs.sentence_.tokens, technology,
                          DramInterfaceOf(hardware, bound), bound);
  };
  const std::vector<MemoryPlan> low = embedding(Bound::kLow);
  const std::vector<MemoryPlan> high = embedding(Bound::kHigh);
  for (const MemoryPlan& plan : embedding(Bound::kValue)) {
    const size_t index = costs.embedding_.size();
    costs.embedding_.push_back({plan, low[index].per_sentence, high[index].per_sentence});
  }
  EDGEBERT_ASSIGN_OR_RETURN(const Seconds compute_time,
                            ComputeTime(model, hardware, costs.sentence_));
  const auto weights = [&](Bound bound) {
    return PlaceWeights(costs.bytes_, costs.sentence_, compute_time, DistinctLayers(model),
                        table.layout().value_cells, technology, DramInterfaceOf(hardware, bound),
                        bound);
  };
  costs.weights_ = weights(Bound::kValue);
  costs.weights_low_ = weights(Bound::kLow);
  costs.weights_high_ = weights(Bound::kHigh);
  return costs;
}

void EnvmCosts::PrintEmbedding() const {
  fmt::print("\nembedding rows of a mean sentence, {:.1f} tokens\n", sentence_.tokens);
  fmt::print("{:12} {:>8} {:>9} {:>11} {:>23} {:>10} {:>43}\n", "kept in", "mm2", "idle mW",
             "latency us", "uJ a sentence, range", "",
             "mJ an hour at 1, 60, 3600, 36000 sentences");
  for (const Plan& plan : embedding_) {
    fmt::print("{:12} {:>8.3f} {:>9.4g} {:>11.4g} {:>11.4g} {:>22}{}\n", plan.value.name,
               plan.value.area_mm2, plan.value.idle.value() * 1e3, plan.value.latency.value() * 1e6,
               plan.value.per_sentence.value() * 1e6,
               fmt::format("{:.4g} to {:.4g}", plan.low.value() * 1e6, plan.high.value() * 1e6),
               HourlyEnergies(plan.value));
  }
  for (size_t i = 0; i < embedding_.size(); ++i) {
    for (size_t j = i + 1; j < embedding_.size(); ++j) {
      const MemoryPlan& a = embedding_[i].value;
      const MemoryPlan& b = embedding_[j].value;
      if (const std::optional<double> rate = BreakEven(a, b)) {
        const bool a_first = a.idle < b.idle;
        fmt::print("  {} is cheaper than {} below {:.4g} sentences an hour\n",
                   a_first ? a.name : b.name, a_first ? b.name : a.name, *rate);
      }
    }
  }
}

void EnvmCosts::PrintWeights() const {
  fmt::print(
      "\nencoder and off-ramp weights, {:.3f} MB a layer; a mean sentence leaves after {:.2f} "
      "of {} layers\n",
      bytes_.layer.value() / kBytesPerMb, sentence_.exit_layer, bytes_.layers);
  fmt::print("{:>8} {:11} {:>8} {:>8} {:>9} {:>11} {:>22} {:>43}\n", "distinct", "in", "MB", "mm2",
             "idle mW", "uJ/sentence", "range", "mJ an hour at 1, 60, 3600, 36000 sentences");
  for (size_t i = 0; i < weights_.size(); ++i) {
    const WeightPlacement& place = weights_[i];
    fmt::print("{:>8} {:11} {:>8.3f} {:>8.3f} {:>9.4g} {:>11.4g} {:>22}{}\n",
               fmt::format("{}{}", place.distinct_layers,
                           place.distinct_layers == bytes_.distinct_layers ? "*" : ""),
               place.plan.name, place.stored.value() / kBytesPerMb, place.plan.area_mm2,
               place.plan.idle.value() * 1e3, place.plan.per_sentence.value() * 1e6,
               fmt::format("{:.4g} to {:.4g}", weights_low_[i].plan.per_sentence.value() * 1e6,
                           weights_high_[i].plan.per_sentence.value() * 1e6),
               HourlyEnergies(place.plan));
  }
  fmt::print("  * this model; the others are layers of the same size\n");
}

void EnvmCosts::Print() const {
  PrintEmbedding();
  PrintWeights();
}

OrderedJson EnvmCosts::ToJson() const {
  OrderedJson embedding = OrderedJson::array();
  OrderedJson break_even = OrderedJson::array();
  for (const Plan& plan : embedding_) {
    embedding.push_back(PlanJson(plan.value, plan.low, plan.high));
    for (const Plan& other : embedding_) {
      const std::optional<double> rate = BreakEven(plan.value, other.value);
      if (rate && plan.value.idle < other.value.idle) {
        break_even.push_back({{"cheaper_below", plan.value.name},
                              {"cheaper_above", other.value.name},
                              {"sentences_per_hour", *rate}});
      }
    }
  }
  OrderedJson weights = OrderedJson::array();
  for (size_t i = 0; i < weights_.size(); ++i) {
    OrderedJson place = PlanJson(weights_[i].plan, weights_low_[i].plan.per_sentence,
                                 weights_high_[i].plan.per_sentence);
    place["distinct_layers"] = weights_[i].distinct_layers;
    place["of_this_model"] = weights_[i].distinct_layers == bytes_.distinct_layers;
    place["stored_bytes"] = weights_[i].stored.value();
    place["streamed_bytes"] = weights_[i].streamed.value();
    weights.push_back(place);
  }
  return {{"mean_tokens", sentence_.tokens},
          {"mean_exit_layer", sentence_.exit_layer},
          {"embedding_memories", embedding},
          {"break_even", break_even},
          {"weight_memories", weights}};
}

Status EnvmCosts::WriteCsv(const std::string& path) const {
  constexpr int kRatesPerDecade = 10;
  std::vector<const MemoryPlan*> plans;
  std::string text = "sentences_per_hour";
  for (const Plan& plan : embedding_) {
    plans.push_back(&plan.value);
    text += fmt::format(",embedding_{}_mj", plan.value.name);
  }
  for (const WeightPlacement& place : weights_) {
    plans.push_back(&place.plan);
    text += fmt::format(",weights_{}_{}_mj", place.distinct_layers, place.plan.name);
  }
  for (int step = -kRatesPerDecade; step <= 6 * kRatesPerDecade; ++step) {
    const double rate = std::pow(10.0, static_cast<double>(step) / kRatesPerDecade);
    text += fmt::format("\n{:.6g}", rate);
    for (const MemoryPlan* plan : plans) {
      text += fmt::format(",{:.6g}", plan->EnergyPerHour(rate).value() * 1e3);
    }
  }
  return WriteFileAtomically(path, text + "\n");
}

}  // namespace edgebert::cli
