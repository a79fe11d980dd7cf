#include "edgebert/systemc/overlapped/sentence_simulation.h"

#include <fmt/format.h>

#include <systemc>

#include "edgebert/systemc/clock.h"
#include "edgebert/systemc/overlapped/accelerator.h"
#include "edgebert/systemc/overlapped/word_planes.h"
#include "edgebert/tiler/timing_rules.h"

namespace edgebert::systemc::overlapped {
namespace {

Status CheckSettings(const BoundProgram& program, const SentenceInput& sentence,
                     const SimulationSettings& settings) {
  const TileProgram& tiles = *program.program;
  const auto tokens = static_cast<size_t>(tiles.tokens);
  if (sentence.ids.size() != tokens || sentence.segment_ids.size() != tokens) {
    return InvalidArgument(
        fmt::format("the program is for {} tokens, but the sentence has {} words and {} segments",
                    tokens, sentence.ids.size(), sentence.segment_ids.size()));
  }
  for (size_t i = 0; i < tokens; ++i) {
    if (sentence.ids[i] < 0 || sentence.ids[i] >= tiles.config.vocabulary_size ||
        sentence.segment_ids[i] < 0 || sentence.segment_ids[i] >= tiles.config.num_segments) {
      return InvalidArgument(fmt::format("token {}: word {} or segment {} is not in the tables", i,
                                         sentence.ids[i], sentence.segment_ids[i]));
    }
  }
  if (settings.thresholds.size() != static_cast<size_t>(tiles.config.num_layers)) {
    return InvalidArgument(fmt::format("{} thresholds for {} layers", settings.thresholds.size(),
                                       tiles.config.num_layers));
  }
  if (settings.dma.port_bytes < 1 ||
      settings.dma.port_bytes > static_cast<int64_t>(kMaxPortBytes)) {
    return InvalidArgument(fmt::format(
        "a port of {} bytes: the simulated DMA moves 1 to {} a cycle, and nothing moves in no time",
        settings.dma.port_bytes, kMaxPortBytes));
  }
  const double pace = settings.hardware.sfu_vectors_per_cycle.value;
  if (!(pace > 0 && pace <= 1)) {
    return InvalidArgument(
        fmt::format("sfu_throughput of {}: the simulated unit reads at most a vector a cycle, as "
                    "the banks' ports do",
                    pace));
  }
  return OkStatus();
}

/// Codes of the first `width` elements of each row of a region of the pool.
std::vector<uint8_t> CodesOf(const BufferPool& pool, const TileProgram& tiles, TileRegion region,
                             int rows, int width) {
  const RegionPlace& place = tiles.buffers.place(region);
  const int n = tiles.vector_size;
  std::vector<uint8_t> codes;
  for (int row = 0; row < rows; ++row) {
    for (int element = 0; element < width; element += n) {
      const int64_t address =
          place.first_bank * tiles.buffers.bank_bytes + place.VectorIndex(row, element / n) * n;
      Lanes values = {};
      const auto bytes = pool.Peek(address, n);
      std::copy(bytes.begin(), bytes.end(), values.begin());
      const Lanes lanes = ExpandLanes(pool.PeekMask(address, n), values);
      codes.insert(codes.end(), lanes.begin(), lanes.begin() + std::min(n, width - element));
    }
  }
  return codes;
}

std::vector<int32_t> LogitsOf(const BufferPool& pool, const TileProgram& tiles) {
  const RegionPlace& place = tiles.buffers.place(TileRegion::kLogits);
  std::vector<int32_t> logits;
  for (int i = 0; i < tiles.config.num_classes(); ++i) {
    uint32_t word = 0;
    for (int byte = 0; byte < place.planes; ++byte) {
      const int64_t plane =
          (place.first_bank + byte * place.plane_banks) * tiles.buffers.bank_bytes;
      word |= uint32_t{pool.Peek(plane + i, 1)[0]} << (8 * byte);
    }
    logits.push_back(SignExtended(word, 8 * place.planes));
  }
  return logits;
}

void CountEvents(const BoundProgram& program, Accelerator& accelerator,
                 SentenceSimulation& simulation) {
  const size_t end = program.layer_stages[static_cast<size_t>(simulation.exit_layer)];
  for (size_t stage = 0; stage < end; ++stage) {
    const StageEvents& events = accelerator.events().at(stage);
    simulation.counts += events.counts;
    simulation.counts.macs += program.stages[stage].bound->section->counts.macs;
    simulation.products_gated += events.gated_products;
    simulation.special_cycles += events.special_cycles;
  }
  const int64_t n = program.program->vector_size;
  simulation.ideal_cycles = (simulation.counts.macs + n * n - 1) / (n * n);
  for (const LayerTimes& layer : simulation.layers) {
    simulation.offramp_cycles += layer.decision - layer.encoder_complete;
  }
  uint32_t panel = 0;
  for (size_t stage = 0; stage < program.stages.size(); ++stage) {
    for (const Panel& entry : program.stages[stage].bound->section->panels) {
      if (panel++ < accelerator.dma().dram().begun()) {
        simulation.dram_bytes += entry.transfer_bytes;
        simulation.bytes_discarded += stage >= end ? entry.transfer_bytes : 0;
      }
    }
  }
}

}  // namespace

Result<SentenceSimulation> SimulateSentence(const BoundProgram& program,
                                            const SentenceInput& sentence,
                                            const SimulationSettings& settings) {
  EDGEBERT_RETURN_IF_ERROR(CheckSettings(program, sentence, settings));
  const TileProgram& tiles = *program.program;
  SentenceSimulation simulation;
  const Status status = InSimulation([&] {
    Clock clock("clock", sc_core::sc_time(1, sc_core::SC_NS));
    const AcceleratorShape shape = {
        .vector_size = tiles.vector_size,
        .accumulator_tiles = tiles.accumulator_tiles,
        .auxiliary_bytes = static_cast<int64_t>(settings.hardware.buffers.auxiliary.value.value()),
        .special_vectors_per_cycle = settings.hardware.sfu_vectors_per_cycle.value,
        .dma = settings.dma,
    };
    Accelerator accelerator("accelerator", clock, shape, program, sentence, settings.thresholds);
    Sequencer& sequencer = accelerator.sequencer();
    sequencer.StartSegment(settings.last_layer > 0 ? settings.last_layer : tiles.config.num_layers);
    const auto done = [&] {
      if (settings.before_cycle) {
        settings.before_cycle(accelerator);
      }
      return sequencer.finished();
    };
    EDGEBERT_RETURN_IF_ERROR(RunUntil(clock, done, settings.limits));
    simulation.layers = sequencer.layers();
    simulation.exit_layer = static_cast<int>(simulation.layers.size());
    simulation.cycles = simulation.layers.back().decision;
    if (simulation.layers.back().entropy) {
      simulation.logits = LogitsOf(accelerator.pool(), tiles);
    }
    simulation.layer_output = CodesOf(accelerator.pool(), tiles, TileRegion::kLayerInput,
                                      tiles.tokens, tiles.config.hidden_size);
    CountEvents(program, accelerator, simulation);
    return OkStatus();
  });
  EDGEBERT_RETURN_IF_ERROR(status);
  return simulation;
}

}  // namespace edgebert::systemc::overlapped
