#ifndef EDGEBERT_PIPELINE_COST_ESTIMATOR_H_
#define EDGEBERT_PIPELINE_COST_ESTIMATOR_H_

#include <memory>
#include <span>
#include <vector>

#include "edgebert/accel/memory_plan.h"
#include "edgebert/base/status.h"
#include "edgebert/hardware/hardware.h"
#include "edgebert/model/model.h"
#include "edgebert/power/power_model.h"
#include "edgebert/power/sentence_cost.h"
#include "edgebert/tiler/tile_program.h"
#include "edgebert/tiler/weight_masks.h"

namespace edgebert {

/// The ends of an energy whose constants have ranges.
struct EnergyRange {
  Joules low;
  Joules high;
};

/// Encoder and off-ramp weights in the memory that they live in.
struct WeightStore {
  WeightLocation location = WeightLocation::kDram;
  Bytes stored;
  Watts idle;  ///< Between sentences, and in no sentence's energy.
  Watts idle_low;
  Watts idle_high;
  double area_mm2 = 0;  ///< On the accelerator's chip.
};

/// How many times its size a sentence's buffers may have for an estimate.
inline constexpr int kMostBufferGrowth = 256;

/// The power model that a description makes with weights in DRAM, all constants at their values.
Result<PowerModel> MakePowerModel(const HardwareDescription& hardware);

/// Work, time and energy of a sentence on the accelerator, in closed form: cycles, and the bytes of
/// weights that pass, are those of its tile program and cycle model. Weights stream for every layer
/// that runs, those of absent heads left out: from DRAM, from SRAM on the chip, which leaks whole
/// while the sentence runs, or from ReRAM on the chip (MLC2), of which the layer that runs is
/// woken. With weights on the chip no DRAM takes part: embedding rows come from on-chip memory
/// anyway.
///
/// Where there is nothing to execute, the nearest machine or model that is stands in: a float32
/// model counts as if it were AF8 with no weight zero, a description without buffers has those of
/// the built-in one, and a sentence that exceeds the buffers takes what it would with buffers of
/// twice (four times, …) their size, up to kMostBufferGrowth.
class CostEstimator {
 public:
  /// `model` must still hold its tensors: their stored sizes are what is streamed.
  static Result<CostEstimator> Create(const Model& model, HardwareDescription hardware,
                                      WeightLocation weights_in = WeightLocation::kDram);

  const PowerModel& power() const { return power_; }
  const HardwareDescription& hardware() const { return hardware_; }
  const WeightStore& weights() const { return weights_; }

  /// The work of every layer for a sentence of `tokens` tokens, 1 ≤ tokens ≤ max_positions; made
  /// once for each length. kInvalidArgument where the model cannot be executed at all: weights
  /// exceed their resident memory, or a sentence the largest buffers.
  Result<SentenceWork> WorkFor(int tokens) const;

  /// What the accelerator executes for such a sentence: the program that WorkFor() counts,
  /// stand-ins included. Made anew each time; the same errors.
  Result<TileProgram> ProgramFor(int tokens) const;

  /// What a sentence that ran at `points` takes when all constants are at one or the other end of
  /// their ranges. Times are the same throughout.
  Result<EnergyRange> RangeOf(int tokens, std::span<const OperatingPoint> points, Boundary boundary,
                              EnergySide side) const;

 private:
  struct Memo;

  CostEstimator(const Model& model, HardwareDescription hardware, WeightMasks masks,
                const WeightStore& weights, Seconds latency, PowerModel power, PowerModel low,
                PowerModel high);

  Result<SentenceWork> MakeWork(int tokens) const;

  /// Of `streamed` bytes, those that nothing overlaps.
  Bytes ExposedBytes(Bytes streamed) const;

  ModelConfig config_;
  HardwareDescription hardware_;
  WeightMasks masks_;
  PowerModel power_;
  PowerModel low_;
  PowerModel high_;
  WeightStore weights_;
  Seconds weight_latency_;            ///< Before a layer's first byte.
  std::vector<Bytes> powered_bytes_;  ///< [num_layers]: absent heads' too.
  std::shared_ptr<Memo> memo_;
};

}  // namespace edgebert

#endif  // EDGEBERT_PIPELINE_COST_ESTIMATOR_H_
