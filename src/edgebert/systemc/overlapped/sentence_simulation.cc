#include "edgebert/systemc/overlapped/sentence_simulation.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <systemc>
#include <utility>

#include "edgebert/systemc/clock.h"
#include "edgebert/systemc/overlapped/accelerator.h"
#include "edgebert/systemc/overlapped/word_planes.h"
#include "edgebert/tiler/dma_timing.h"
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
  int layer = 0;
  for (const LayerSegment& segment : settings.segments) {
    if (segment.last_layer <= layer || !(segment.point.hertz > 0) || !(segment.point.volts > 0)) {
      return InvalidArgument(fmt::format(
          "a segment of layers {} to {} at {} V and {} Hz: segments follow one another, and their "
          "points are positive",
          layer + 1, segment.last_layer, segment.point.volts, segment.point.hertz));
    }
    layer = segment.last_layer;
  }
  if (!settings.segments.empty() && layer != tiles.config.num_layers) {
    return InvalidArgument(
        fmt::format("segments for {} of {} layers", layer, tiles.config.num_layers));
  }
  const int port = settings.hardware.dram_port.value;
  if (port < 1 || port > static_cast<int>(kMaxPortBytes)) {
    return InvalidArgument(fmt::format(
        "dram_port of {}: the simulated DMA takes 1 to {} bytes a cycle", port, kMaxPortBytes));
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

std::vector<LayerSegment> SegmentsOf(const SimulationSettings& settings, int num_layers) {
  if (!settings.segments.empty()) {
    return settings.segments;
  }
  const VoltageFrequency& nominal = settings.hardware.nominal();
  return {{num_layers, {nominal.voltage.value(), nominal.frequency.value()}}};
}

/// The accelerator with its supply and clocks, in a kernel.
class SentenceRun {
 public:
  SentenceRun(const BoundProgram& program, const SentenceInput& sentence,
              const SimulationSettings& settings)
      : program_(program),
        settings_(settings),
        segments_(SegmentsOf(settings, program.program->config.num_layers)),
        core_("core", Period(segments_.front().point.hertz)),
        reference_("reference", Period(kReferenceHertz)),
        regulator_("ldo", segments_.front().point.volts,
                   settings.hardware.regulator.response_seconds_per_volt.value),
        clock_generator_("adpll", core_, segments_.front().point.hertz,
                         settings.hardware.clock.lock_time.value.value()),
        requests_("requests"),
        done_("done"),
        controller_("controller", reference_, {.requests = requests_, .done = done_},
                    segments_.front().point, regulator_, clock_generator_),
        accelerator_("accelerator", core_, ShapeOf(*program.program, settings.hardware), program,
                     sentence, settings.thresholds, settings.activity) {
    reference_.Gate();  // But while the point changes, to save its events.
  }

  Result<SentenceSimulation> Run() {
    SentenceSimulation simulation;
    Sequencer& sequencer = accelerator_.sequencer();
    for (size_t i = 0; i < segments_.size(); ++i) {
      if (i > 0) {
        EDGEBERT_ASSIGN_OR_RETURN(const double seconds, ChangePoint(segments_[i].point));
        simulation.transitions.push_back(seconds);
        simulation.seconds += seconds;
      }
      accelerator_.dma().dram().SetTiming(
          DmaTimingAt(settings_.hardware, Hertz(segments_[i].point.hertz)));
      sequencer.StartSegment(segments_[i].last_layer);
      EDGEBERT_RETURN_IF_ERROR(RunWhile([&] { return !sequencer.finished(); }));
      const int64_t cycles = sequencer.layers().back().decision;
      simulation.cycles += cycles;
      simulation.seconds += static_cast<double>(cycles) / segments_[i].point.hertz;
      NoteLayers();
      if (sequencer.has_left()) {
        break;
      }
    }
    NoteClock(clock_generator_.frequency());
    NoteSupply();
    simulation.layers = sequencer.layers();
    simulation.exit_layer = static_cast<int>(simulation.layers.size());
    const TileProgram& tiles = *program_.program;
    if (simulation.layers.back().entropy) {
      simulation.logits = LogitsOf(accelerator_.pool(), tiles);
    }
    simulation.layer_output = CodesOf(accelerator_.pool(), tiles, TileRegion::kLayerInput,
                                      tiles.tokens, tiles.config.hidden_size);
    CountEvents(program_, accelerator_, simulation);
    return simulation;
  }

 private:
  static constexpr double kReferenceHertz = 100e6;

  static sc_core::sc_time Period(double hertz) { return {1 / hertz, sc_core::SC_SEC}; }

  static AcceleratorShape ShapeOf(const TileProgram& tiles, const HardwareDescription& hardware) {
    return {.vector_size = tiles.vector_size,
            .accumulator_tiles = tiles.accumulator_tiles,
            .auxiliary_bytes = static_cast<int64_t>(hardware.buffers.auxiliary.value.value()),
            .special_vectors_per_cycle = hardware.sfu_vectors_per_cycle.value};
  }

  Status RunWhile(const std::function<bool()>& condition) {
    return RunUntil(
        core_,
        [&] {
          if (settings_.before_cycle) {
            settings_.before_cycle(accelerator_);
          }
          return !condition();
        },
        settings_.limits);
  }

  /// The simulation pauses at an edge, which has not come yet.
  void NoteClock(double hertz) {
    if (settings_.activity != nullptr) {
      settings_.activity->AddClockSpan(
          {core_.cycle(), sc_core::sc_time_stamp().to_seconds(), hertz});
    }
  }

  /// Of the segment that has ended.
  void NoteLayers() {
    if (settings_.activity == nullptr) {
      return;
    }
    ActivityLog& activity = *settings_.activity;
    const uint64_t origin = accelerator_.sequencer().origin();
    uint64_t start = origin;
    const std::vector<LayerTimes>& layers = accelerator_.sequencer().layers();
    if (activity.layers.empty()) {
      activity.first_cycle = origin;
    }
    for (size_t i = activity.layers.size(); i < layers.size(); ++i) {
      activity.layers.push_back({start, origin + static_cast<uint64_t>(layers[i].encoder_complete),
                                 origin + static_cast<uint64_t>(layers[i].decision)});
      start = activity.layers.back().decision;
    }
  }

  void NoteSupply() {
    if (settings_.activity != nullptr) {
      ActivityLog& activity = *settings_.activity;
      activity.initial_volts = segments_.front().point.volts;
      activity.initial_hertz = segments_.front().point.hertz;
      activity.ramps = regulator_.ramps();
      activity.steps = clock_generator_.steps();
    }
  }

  /// In seconds, from the request on. Panels that nobody multiplies come to their end before.
  Result<double> ChangePoint(const SupplyPoint& point) {
    EDGEBERT_RETURN_IF_ERROR(RunWhile([&] { return !accelerator_.dma().idle(); }));
    NoteClock(clock_generator_.frequency());
    const sc_core::sc_time start = sc_core::sc_time_stamp();
    requests_.Push(point);
    reference_.Ungate();
    EDGEBERT_RETURN_IF_ERROR(RunUntil(reference_, [&] { return done_.CanPop(); }));
    done_.Pop();
    reference_.Gate();
    return (sc_core::sc_time_stamp() - start).to_seconds();
  }

  const BoundProgram& program_;
  const SimulationSettings& settings_;
  std::vector<LayerSegment> segments_;
  Clock core_;
  Clock reference_;
  LowDropoutRegulator regulator_;
  Adpll clock_generator_;
  Channel<SupplyPoint> requests_;
  Channel<bool> done_;
  DvfsController controller_;
  Accelerator accelerator_;
};

}  // namespace

Result<SentenceSimulation> SimulateSentence(const BoundProgram& program,
                                            const SentenceInput& sentence,
                                            const SimulationSettings& settings) {
  EDGEBERT_RETURN_IF_ERROR(CheckSettings(program, sentence, settings));
  std::optional<SentenceSimulation> simulation;
  EDGEBERT_RETURN_IF_ERROR(InSimulation([&] {
    SentenceRun run(program, sentence, settings);
    EDGEBERT_ASSIGN_OR_RETURN(simulation, run.Run());
    return OkStatus();
  }));
  return *std::move(simulation);
}

}  // namespace edgebert::systemc::overlapped
