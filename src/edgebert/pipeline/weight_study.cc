#include "edgebert/pipeline/weight_study.h"

#include <algorithm>
#include <numeric>
#include <string>
#include <utility>

#include "edgebert/engine/exit_rule.h"

namespace edgebert {

MeanSentence MeanOfRecord(const Model& model) {
  constexpr double kTokensWithoutRecord = 25;
  const auto depth = static_cast<double>(model.config.num_layers);
  if (!model.exits.record || model.exits.record->tokens.empty()) {
    return {kTokensWithoutRecord, depth};
  }
  const CalibrationRecord& record = *model.exits.record;
  const std::vector<int>& ramps = model.config.off_ramp_layers;
  const ExitThresholds thresholds(double{model.exits.threshold_nats}, model.exits, model.config);
  double layers = 0;
  for (size_t sentence = 0; sentence < record.tokens.size(); ++sentence) {
    const float* entropies = record.entropies.data() + sentence * ramps.size();
    size_t exit = 0;
    while (exit + 1 < ramps.size() && !(entropies[exit] < thresholds.at(ramps[exit]))) {
      ++exit;
    }
    layers += ramps.empty() ? depth : ramps[exit];
  }
  const auto count = static_cast<double>(record.tokens.size());
  return {std::accumulate(record.tokens.begin(), record.tokens.end(), 0.0) / count, layers / count};
}

WeightBytes CountWeightBytes(const Model& model) {
  double layers = 0;
  double ramps = 0;
  for (const Tensor& tensor : model.tensors) {
    const auto size = static_cast<double>(tensor.payload.size());
    layers += tensor.name.starts_with("layer.") ? size : 0;
    ramps += tensor.name.starts_with("off_ramp.") ? size : 0;
  }
  const ModelConfig& config = model.config;
  const auto with_ramp = static_cast<double>(config.off_ramp_layers.size());
  WeightBytes bytes;
  bytes.layer = Bytes(layers / config.num_distinct_layers);
  bytes.off_ramps = Bytes(ramps);
  // A shared off-ramp is stored once and streamed after every layer that has one.
  const double one_ramp = config.shared_off_ramp || with_ramp == 0 ? ramps : ramps / with_ramp;
  bytes.off_ramp = Bytes(one_ramp * with_ramp / config.num_layers);
  bytes.distinct_layers = config.num_distinct_layers;
  bytes.layers = config.num_layers;
  return bytes;
}

std::vector<WeightPlacement> PlaceWeights(const WeightBytes& bytes, const MeanSentence& sentence,
                                          Seconds compute_time, const std::vector<int>& distinct,
                                          CellKind cells, const EnvmTechnology& technology,
                                          const DramInterface& dram, Bound bound) {
  std::vector<WeightPlacement> placements;
  for (const int count : distinct) {
    const WeightUse use{bytes.Stored(count), bytes.layer + bytes.off_ramp,
                        bytes.Streamed(sentence.exit_layer), sentence.exit_layer, compute_time};
    const auto add = [&](MemoryPlan plan) {
      placements.push_back({count, use.stored, use.streamed, std::move(plan)});
    };
    for (const WeightLocation location :
         {WeightLocation::kDram, WeightLocation::kSram, WeightLocation::kReram}) {
      add(WeightPlan(std::string(WeightLocationName(location)),
                     WeightMemoryOf(location, cells, technology, dram, bound), use));
    }
    const Bytes loaded = std::min<double>(count, sentence.exit_layer) * bytes.layer +
                         sentence.exit_layer * bytes.off_ramp;
    add(LoadedWeightPlan(technology, dram, bound, use, loaded,
                         count * bytes.layer + bytes.off_ramp));
  }
  return placements;
}

}  // namespace edgebert
