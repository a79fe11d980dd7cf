#ifndef EDGEBERT_SYSTEMC_OVERLAPPED_ACCELERATOR_H_
#define EDGEBERT_SYSTEMC_OVERLAPPED_ACCELERATOR_H_

#include <cstdint>
#include <systemc>
#include <vector>

#include "edgebert/systemc/overlapped/accumulators.h"
#include "edgebert/systemc/overlapped/buffer_pool.h"
#include "edgebert/systemc/overlapped/dma.h"
#include "edgebert/systemc/overlapped/emission_path.h"
#include "edgebert/systemc/overlapped/envm.h"
#include "edgebert/systemc/overlapped/event_log.h"
#include "edgebert/systemc/overlapped/multiplier_array.h"
#include "edgebert/systemc/overlapped/panel_table.h"
#include "edgebert/systemc/overlapped/progress.h"
#include "edgebert/systemc/overlapped/sequencer.h"
#include "edgebert/systemc/overlapped/special_function_unit.h"
#include "edgebert/systemc/overlapped/stationary_loader.h"
#include "edgebert/systemc/overlapped/streamer.h"

namespace edgebert::systemc::overlapped {

/// What an accelerator is built of.
struct AcceleratorShape {
  int vector_size = 0;
  int accumulator_tiles = 0;
  int64_t auxiliary_bytes = 0;
  double special_vectors_per_cycle = 1;
};

/// The accelerator of our own: all units, the channels between them, and the buffers.
class Accelerator : public sc_core::sc_module {
 public:
  /// For one sentence; the arguments must outlive it. `activity` may be null.
  Accelerator(sc_core::sc_module_name name, const Clock& clock, const AcceleratorShape& shape,
              const BoundProgram& program, const SentenceInput& sentence,
              std::vector<int32_t> thresholds, ActivityLog* activity);

  Sequencer& sequencer() { return sequencer_; }
  Dma& dma() { return dma_; }
  BufferPool& pool() { return pool_; }
  BufferPool& auxiliary() { return auxiliary_; }
  const EventLog& events() const { return events_; }

 private:
  Progress progress_;
  EventLog events_;
  BufferPool pool_;
  BufferPool auxiliary_;
  Envm envm_;
  RingPlace ring_;
  PanelTable panels_;
  ParameterStore biases_;
  ParameterStore norms_;

  Channel<FetchPanel> fetches_;
  Channel<LoadBlocks> loads_;
  Channel<StreamBlocks> streams_;
  Channel<EmitJob> emissions_;
  Channel<SpecialTask> specials_;
  Channel<int32_t> entropies_;
  Channel<uint32_t> freed_by_loader_;
  Channel<uint32_t> freed_by_streamer_;
  Channel<uint32_t> freed_by_special_;
  Channel<StationaryVector> stationary_;
  Channel<StreamedVector> streamed_;
  Channel<SumRow> sums_;
  Channel<EmittedVector> emitted_;
  Channel<EmittedVector> biased_;
  Channel<EmittedVector> scaled_;
  Channel<EmittedVector> activated_;
  Channel<SpecialResult> special_results_;
  Channel<SpecialResult> special_values_;
  Channel<SpecialResult> special_codes_;
  Channel<SpecialResult> special_packed_;

  Sequencer sequencer_;
  Dma dma_;
  StationaryLoader loader_;
  Streamer streamer_;
  MultiplierArray array_;
  Accumulators accumulators_;
  BiasAdder bias_adder_;
  WordScaler word_scaler_;
  ActivationUnit activation_unit_;
  ResultWriter writer_;
  SpecialFunctionUnit special_;
  SpecialArithmetic special_arithmetic_;
  SpecialRounder special_rounder_;
  SpecialCoder special_coder_;
  SpecialWriter special_writer_;
};

}  // namespace edgebert::systemc::overlapped

#endif  // EDGEBERT_SYSTEMC_OVERLAPPED_ACCELERATOR_H_
