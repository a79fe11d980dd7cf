#include "edgebert/accel/mobile_gpu.h"

#include <algorithm>
#include <array>
#include <variant>

#include "edgebert/hardware/technology.h"

namespace edgebert {
namespace {

constexpr double kBytesPerWeight = 2;  // Half precision.
constexpr double kOperationsPerMac = 2;

double WeightBytes(const std::vector<Operation>& operations) {
  double bytes = 0;
  for (const Operation& operation : operations) {
    if (const auto* linear = std::get_if<Linear>(&operation)) {
      bytes += kBytesPerWeight * linear->inputs * linear->outputs;
    }
  }
  return bytes;
}

/// The constants of the technology file, all of them at one end.
struct Assumptions {
  double peak_operations;
  double compute_share;
  double bandwidth;
  double bandwidth_share;
  double launch_time;
  double launches;
  double power;
};

double TimeUnder(const Assumptions& assumed, const std::vector<LayerProgram>& layers) {
  double time = 0;
  for (const LayerProgram& layer : layers) {
    const double operations =
        kOperationsPerMac * static_cast<double>(MultiplyAccumulates(layer.encoder));
    time += assumed.launches * assumed.launch_time +
            std::max(operations / (assumed.peak_operations * assumed.compute_share),
                     WeightBytes(layer.encoder) / (assumed.bandwidth * assumed.bandwidth_share));
  }
  return time;
}

}  // namespace

Result<MobileGpuEstimate> EstimateMobileGpu(const std::vector<LayerProgram>& layers) {
  EDGEBERT_ASSIGN_OR_RETURN(const Technology* gpu, BuiltInTechnology("jetson-tx2"));
  EDGEBERT_ASSIGN_OR_RETURN(const auto peak, gpu->Get("peak_fp16", "op/s"));
  EDGEBERT_ASSIGN_OR_RETURN(const auto compute, gpu->Get("compute_utilisation", "1"));
  EDGEBERT_ASSIGN_OR_RETURN(const auto bandwidth, gpu->Get("bandwidth", "B/s"));
  EDGEBERT_ASSIGN_OR_RETURN(const auto streaming, gpu->Get("bandwidth_utilisation", "1"));
  EDGEBERT_ASSIGN_OR_RETURN(const auto launch, gpu->Get("launch_time", "s"));
  EDGEBERT_ASSIGN_OR_RETURN(const auto launches, gpu->Get("launches_per_layer", "1"));
  EDGEBERT_ASSIGN_OR_RETURN(const auto power, gpu->Get("power", "W"));
  // A better use of the machine makes the lower energy.
  const std::array<Assumptions, 3> ends = {
      {{peak.high(), compute.high(), bandwidth.high(), streaming.high(), launch.low(),
        launches.low(), power.low()},
       {peak.value, compute.value, bandwidth.value, streaming.value, launch.value, launches.value,
        power.value},
       {peak.low(), compute.low(), bandwidth.low(), streaming.low(), launch.high(), launches.high(),
        power.high()}}};
  const auto energy = [&](const Assumptions& assumed) {
    return Joules(TimeUnder(assumed, layers) * assumed.power);
  };
  return MobileGpuEstimate{Seconds(TimeUnder(ends[1], layers)),
                           {energy(ends[0]), energy(ends[1]), energy(ends[2])}};
}

}  // namespace edgebert
