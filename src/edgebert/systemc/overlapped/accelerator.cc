#include "edgebert/systemc/overlapped/accelerator.h"

#include <utility>

namespace edgebert::systemc::overlapped {
namespace {

/// Instructions that wait at a unit.
constexpr size_t kInstructions = 4;

RingPlace RingOf(const BufferPlan& plan) {
  return {plan.ring_first_bank * plan.bank_bytes, plan.ring_bytes};
}

}  // namespace

Accelerator::Accelerator(sc_core::sc_module_name name, const Clock& clock,
                         const AcceleratorShape& shape, const BoundProgram& program,
                         const SentenceInput& sentence, std::vector<int32_t> thresholds,
                         ActivityLog* activity)
    : sc_core::sc_module(name),
      events_(program.stages.size(), activity),
      pool_("pool", clock, program.program->buffers.banks, program.program->buffers.bank_bytes),
      auxiliary_("auxiliary", clock, 1, shape.auxiliary_bytes),
      envm_(clock, program.embedding, shape.vector_size),
      ring_(RingOf(program.program->buffers)),
      fetches_("fetches", kInstructions),
      loads_("loads", kInstructions),
      streams_("streams", kInstructions),
      emissions_("emissions", kInstructions),
      specials_("specials", kInstructions),
      entropies_("entropies"),
      freed_by_loader_("freed_by_loader"),
      freed_by_streamer_("freed_by_streamer"),
      freed_by_special_("freed_by_special"),
      stationary_("stationary"),
      streamed_("streamed"),
      sums_("sums"),
      emitted_("emitted"),
      biased_("biased"),
      scaled_("scaled"),
      activated_("activated"),
      special_results_("special_results"),
      special_values_("special_values"),
      special_codes_("special_codes"),
      special_packed_("special_packed"),
      sequencer_("sequencer", clock,
                 {.fetches = fetches_,
                  .loads = loads_,
                  .streams = streams_,
                  .emissions = emissions_,
                  .specials = specials_,
                  .entropies = entropies_},
                 program, std::move(thresholds), progress_),
      dma_("dma", clock,
           {.panels = fetches_,
            .freed_by_loader = freed_by_loader_,
            .freed_by_streamer = freed_by_streamer_,
            .freed_by_special = freed_by_special_},
           {.pool = pool_, .table = panels_, .biases = biases_, .norms = norms_}, ring_,
           shape.vector_size, progress_, events_),
      loader_("loader", clock,
              {.instructions = loads_, .vectors = stationary_, .freed_panels = freed_by_loader_},
              pool_, PanelReader(pool_, panels_, ring_, shape.vector_size), shape.vector_size,
              progress_, events_),
      streamer_(
          "streamer", clock,
          {.instructions = streams_, .vectors = streamed_, .freed_panels = freed_by_streamer_},
          {.pool = pool_, .auxiliary = auxiliary_},
          PanelReader(pool_, panels_, ring_, shape.vector_size), shape.vector_size, progress_,
          events_),
      array_("array", clock, {.stationary = stationary_, .streamed = streamed_, .sums = sums_},
             shape.vector_size, events_),
      accumulators_("accumulators", clock, {.jobs = emissions_, .sums = sums_, .vectors = emitted_},
                    shape.vector_size, shape.accumulator_tiles, progress_),
      bias_adder_("bias_adder", clock, emitted_, biased_, biases_),
      word_scaler_("word_scaler", clock, biased_, scaled_),
      activation_unit_("activation_unit", clock, scaled_, activated_),
      writer_("writer", clock, activated_, {.pool = pool_, .auxiliary = auxiliary_},
              shape.vector_size, progress_, events_),
      special_(
          "special", clock, {.tasks = specials_, .results = special_results_},
          {.buffers = {.pool = pool_, .auxiliary = auxiliary_},
           .envm = envm_,
           .norms = norms_,
           .sentence = sentence,
           .events = events_},
          {.vector_size = shape.vector_size, .vectors_per_cycle = shape.special_vectors_per_cycle},
          progress_),
      special_arithmetic_("special_arithmetic", clock, special_results_, special_values_),
      special_rounder_("special_rounder", clock, special_values_, special_codes_),
      special_coder_("special_coder", clock, special_codes_, special_packed_),
      special_writer_(
          "special_writer", clock,
          {.results = special_packed_, .entropies = entropies_, .freed_panels = freed_by_special_},
          {.pool = pool_, .auxiliary = auxiliary_}, shape.vector_size, progress_, events_) {}

}  // namespace edgebert::systemc::overlapped
