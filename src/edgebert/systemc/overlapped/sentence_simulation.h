#ifndef EDGEBERT_SYSTEMC_OVERLAPPED_SENTENCE_SIMULATION_H_
#define EDGEBERT_SYSTEMC_OVERLAPPED_SENTENCE_SIMULATION_H_

#include <cstdint>
#include <functional>
#include <vector>

#include "edgebert/base/status.h"
#include "edgebert/hardware/hardware.h"
#include "edgebert/systemc/dvfs_controller.h"
#include "edgebert/systemc/overlapped/activity_log.h"
#include "edgebert/systemc/overlapped/bound_program.h"
#include "edgebert/systemc/overlapped/sequencer.h"
#include "edgebert/systemc/overlapped/special_function.h"
#include "edgebert/systemc/simulation.h"

namespace edgebert::systemc::overlapped {

class Accelerator;

/// Layers at one operating point, behind those of the segment before. Weights are not fetched ahead
/// over its end, and the DVFS controller goes to its point before its first layer.
struct LayerSegment {
  int last_layer = 0;
  SupplyPoint point;
};

/// What a simulation needs besides the program.
struct SimulationSettings {
  HardwareDescription hardware;
  /// The last one ends with the last layer. Empty: all layers at the nominal point.
  std::vector<LayerSegment> segments;
  /// A sentence leaves after layer l when its entropy's word is below thresholds[l - 1]
  /// (numeric/fixed_softmax.h). [num_layers]
  std::vector<int32_t> thresholds;
  /// Called with the accelerator before the simulation begins and before each cycle.
  std::function<void(Accelerator&)> before_cycle;
  RunLimits limits;
  ActivityLog* activity = nullptr;  ///< Is told of every cycle in which a unit works; may be null.
};

/// What came of a sentence.
struct SentenceSimulation {
  int exit_layer = 0;
  int64_t cycles = 0;                 ///< Of all segments, each at its own clock.
  double seconds = 0;                 ///< Of cycles and transitions.
  std::vector<LayerTimes> layers;     ///< [exit_layer], from the start of each one's segment.
  std::vector<double> transitions;    ///< Between segments, in seconds.
  std::vector<int32_t> logits;        ///< In units of 2^-16; of the exit layer's off-ramp.
  std::vector<uint8_t> layer_output;  ///< AF8 codes, [tokens × hidden_size].
  int64_t ideal_cycles = 0;           ///< n² products that the result needs in every cycle.
  int64_t offramp_cycles = 0;         ///< From the end of each layer's encoder to its decision.
  TileCounts counts;                  ///< Of what ran.
  int64_t products_gated = 0;         ///< Of counts.issued_products: a factor is zero.
  int64_t special_cycles = 0;         ///< In which the special function unit was at work.
  int64_t dram_bytes = 0;             ///< Of all panels whose transfer began.
  int64_t bytes_discarded = 0;        ///< Of those for layers that did not run.
};

/// Runs a sentence through the accelerator, in a SystemC kernel of its own.
Result<SentenceSimulation> SimulateSentence(const BoundProgram& program,
                                            const SentenceInput& sentence,
                                            const SimulationSettings& settings);

}  // namespace edgebert::systemc::overlapped

#endif  // EDGEBERT_SYSTEMC_OVERLAPPED_SENTENCE_SIMULATION_H_
