#include <fmt/format.h>

#include <cmath>
#include <cstdint>
#include <iterator>

#include "edgebert/simulate/activity_traces.h"
#include "edgebert/systemc/overlapped/activity_log.h"
#include "edgebert/tiler/stage_names.h"

namespace edgebert {
namespace {

using systemc::overlapped::ActivityLog;
using systemc::overlapped::ActivitySlice;
using systemc::overlapped::kNumTracedUnits;
using systemc::overlapped::TracedUnit;
using systemc::overlapped::TracedUnitName;

constexpr int kLayerTrack = kNumTracedUnits + 1;

/// Writes the events of a trace; times are whole picoseconds, so that slices that follow one
/// another meet exactly.
class TimelineWriter {
 public:
  TimelineWriter(const ActivityLog& activity)
      : activity_(activity), start_(activity.TimeOf(activity.first_cycle)) {}

  void Track(int track, std::string_view name) {
    fmt::format_to(
        Begin(),
        R"({{"ph":"M","pid":1,"tid":{0},"name":"thread_name","args":{{"name":"{1}"}}}},)"
        "\n"
        R"({{"ph":"M","pid":1,"tid":{0},"name":"thread_sort_index","args":{{"sort_index":{0}}}}})",
        track, name);
  }

  void Slice(int track, std::string_view name, int layer, uint64_t first_cycle, uint64_t cycles) {
    const int64_t from = AtCycle(first_cycle);
    fmt::format_to(
        Begin(),
        R"({{"ph":"X","pid":1,"tid":{},"name":"{}","ts":{},"dur":{},)"
        R"("args":{{"layer":{},"cycle":{},"cycles":{}}}}})",
        track, name, Microseconds(from), Microseconds(AtCycle(first_cycle + cycles) - from), layer,
        static_cast<int64_t>(first_cycle) - static_cast<int64_t>(activity_.first_cycle), cycles);
  }

  /// At a time in seconds; what comes before the sentence counts as its start.
  void Counter(std::string_view name, double seconds, double value) {
    fmt::format_to(Begin(),
                   R"({{"ph":"C","pid":1,"name":"{0}","ts":{1},"args":{{"{0}":{2:.6g}}}}})", name,
                   Microseconds(std::max<int64_t>(0, At(seconds))), value);
  }

  std::string Finish() { return text_ + "\n],\"displayTimeUnit\":\"ns\"}\n"; }

 private:
  std::back_insert_iterator<std::string> Begin() {
    text_ += first_ ? "" : ",\n";
    first_ = false;
    return std::back_inserter(text_);
  }
  int64_t At(double seconds) const { return std::llround((seconds - start_) * 1e12); }
  int64_t AtCycle(uint64_t cycle) const { return At(activity_.TimeOf(cycle)); }
  static std::string Microseconds(int64_t picoseconds) {
    return fmt::format("{}{}.{:06}", picoseconds < 0 ? "-" : "", std::abs(picoseconds) / 1'000'000,
                       std::abs(picoseconds) % 1'000'000);
  }

  const ActivityLog& activity_;
  double start_;
  std::string text_ = "{\"traceEvents\":[\n";
  bool first_ = true;
};

}  // namespace

std::string TimelineJson(const TileProgram& program, const ActivityLog& activity) {
  const StageNames names(program);
  TimelineWriter writer(activity);
  for (int unit = 0; unit < kNumTracedUnits; ++unit) {
    writer.Track(unit + 1, TracedUnitName(static_cast<TracedUnit>(unit)));
  }
  writer.Track(kLayerTrack, "layers");
  for (size_t i = 0; i < activity.layers.size(); ++i) {
    const ActivityLog::LayerEnds& layer = activity.layers[i];
    const int number = static_cast<int>(i) + 1;
    writer.Slice(kLayerTrack, fmt::format("layer {}", number), number, layer.start,
                 layer.encoder - layer.start);
    if (layer.decision > layer.encoder) {
      writer.Slice(kLayerTrack, fmt::format("off-ramp {}", number), number, layer.encoder,
                   layer.decision - layer.encoder);
    }
  }
  for (int unit = 0; unit < kNumTracedUnits; ++unit) {
    for (const ActivitySlice& slice : activity.of(static_cast<TracedUnit>(unit))) {
      writer.Slice(unit + 1, names.Operation(slice.stage, slice.operation),
                   names.Layer(slice.stage), slice.first_cycle, slice.cycles);
    }
  }
  writer.Counter("voltage", 0, activity.initial_volts);
  for (const auto& ramp : activity.ramps) {
    writer.Counter("voltage", ramp.start, ramp.from);
    writer.Counter("voltage", ramp.end, ramp.to);
  }
  for (const auto& step : activity.steps) {
    writer.Counter("MHz", step.start, step.hertz / 1e6);
  }
  return writer.Finish();
}

}  // namespace edgebert
