#ifndef EDGEBERT_ACCEL_MOBILE_GPU_H_
#define EDGEBERT_ACCEL_MOBILE_GPU_H_

#include <vector>

#include "edgebert/accel/energy.h"
#include "edgebert/base/status.h"
#include "edgebert/base/units.h"
#include "edgebert/program/layer_program.h"

namespace edgebert {

/// A roofline estimate: never measured, and labelled so wherever it is shown.
struct MobileGpuEstimate {
  Seconds time;
  EnergyEstimate energy;  ///< Of the module; low and high take every assumption at once.
};

/// Layers on a Jetson TX2 in half precision at batch 1, with the assumptions of
/// hardware/technology/jetson-tx2.yaml: kernel launches one after another, and between them the
/// longer of computing and of streaming all weights, each at its share of the peak.
Result<MobileGpuEstimate> EstimateMobileGpu(const std::vector<LayerProgram>& layers);

}  // namespace edgebert

#endif  // EDGEBERT_ACCEL_MOBILE_GPU_H_
