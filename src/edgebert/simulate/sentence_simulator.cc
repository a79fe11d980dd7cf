#include "edgebert/simulate/sentence_simulator.h"

#include <cmath>
#include <utility>
#include <vector>

#include "edgebert/numeric/fixed_softmax.h"
#include "edgebert/systemc/overlapped/bound_program.h"
#include "edgebert/systemc/overlapped/sentence_simulation.h"

namespace edgebert {
namespace {

using systemc::overlapped::BoundProgram;
using systemc::overlapped::LayerTimes;
using systemc::overlapped::SentenceSimulation;
using systemc::overlapped::SimulationSettings;

SimulationSettings SettingsFor(const AcceleratorModel& model, const DeviceSentence& sentence) {
  SimulationSettings settings;
  settings.hardware = model.hardware();
  for (const PointSegment& segment : SegmentsOf(sentence.points)) {
    settings.segments.push_back(
        {segment.last_layer, {segment.point.voltage.value(), segment.point.frequency.value()}});
  }
  for (const double nats : sentence.exit_below) {
    settings.thresholds.push_back(ThresholdWord(nats));
  }
  return settings;
}

AcceleratorRun RunOf(const DeviceSentence& sentence, const SentenceSimulation& simulated) {
  AcceleratorRun run;
  run.exit_layer = simulated.exit_layer;
  run.cycles = simulated.cycles;
  run.ideal_cycles = simulated.ideal_cycles;
  run.offramp_cycles = simulated.offramp_cycles;
  run.special_cycles = simulated.special_cycles;
  run.bytes_discarded = simulated.bytes_discarded;
  run.products_gated = simulated.products_gated;
  run.counts = simulated.counts;
  run.time = Seconds(simulated.seconds);
  for (size_t i = 0; i < simulated.layers.size(); ++i) {
    const LayerTimes& times = simulated.layers[i];
    AddLayer(sentence.points[i], times.encoder_complete, times.decision,
             times.entropy ? std::optional(std::ldexp(*times.entropy, -kEntropyFractionBits))
                           : std::nullopt,
             run);
  }
  return run;
}

bool Matches(const DeviceSentence& sentence, const AcceleratorRun& run,
             const std::vector<int32_t>& logits) {
  if (run.exit_layer != sentence.exit_layer || logits.size() != sentence.logits.size()) {
    return false;
  }
  for (size_t i = 0; i < logits.size(); ++i) {
    if (std::ldexp(static_cast<float>(logits[i]), -kLogitFractionBits) != sentence.logits[i]) {
      return false;
    }
  }
  for (size_t i = 0; i < run.layers.size(); ++i) {
    if (run.layers[i].entropy_nats != sentence.entropies_nats[i]) {
      return false;
    }
  }
  return true;
}

}  // namespace

Result<SimulatedSentence> SimulateOverlapped(const AcceleratorModel& model,
                                             const DeviceSentence& sentence,
                                             systemc::overlapped::ActivityLog* activity) {
  EDGEBERT_ASSIGN_OR_RETURN(const BoundProgram bound,
                            systemc::overlapped::BindProgram(model.model(), sentence.program));
  SimulationSettings settings = SettingsFor(model, sentence);
  settings.activity = activity;
  EDGEBERT_ASSIGN_OR_RETURN(
      const SentenceSimulation simulated,
      SimulateSentence(bound, {sentence.encoding.ids, sentence.encoding.segment_ids}, settings));
  SimulatedSentence result;
  result.run = RunOf(sentence, simulated);
  result.matches_engine = Matches(sentence, result.run, simulated.logits);
  return result;
}

}  // namespace edgebert
