#include "edgebert/report/design_variants.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "edgebert/pipeline/weight_study.h"

namespace edgebert {
namespace {

constexpr std::string_view kArrayArea = "mac_array";
constexpr std::string_view kBufferArea = "buffers";

template <typename T>
void Scale(double factor, Constant<T>& constant) {
  constant.value = constant.value * factor;
  if (constant.range) {
    constant.range = Interval<T>{constant.range->low * factor, constant.range->high * factor};
  }
}

void ScaleArea(std::string_view name, double factor, HardwareDescription& hardware) {
  for (NamedArea& area : hardware.areas) {
    if (area.name == name) {
      Scale(factor, area.area);
    }
  }
}

/// Of a cycle at full use: products, and two vectors with their masks.
double ComponentsPerCycle(const ComponentDescription& parts, double n) {
  constexpr double kMaskShare = 1.0 / 8;
  return n * n * parts.mac.value.value() +
         2 * n * (1 + kMaskShare) * parts.buffer_read_joules_per_byte.value;
}

/// A constant's value and its ends.
struct Ends {
  double low;
  double value;
  double high;
};

/// Joules that leak in a cycle at the nominal point: part of what a cycle takes as a whole.
Ends LeakagePerCycle(const HardwareDescription& hardware) {
  const double bytes = hardware.buffers.total().value();
  const double cycle = 1 / hardware.nominal().frequency.value();
  const auto leak = [&](Watts logic, double buffers) {
    return (logic.value() + buffers * bytes) * cycle;
  };
  const LeakageDescription& leakage = hardware.leakage;
  return {leak(leakage.logic.low(), leakage.buffers_watts_per_byte.low()),
          leak(leakage.logic.value, leakage.buffers_watts_per_byte.value),
          leak(leakage.logic.high(), leakage.buffers_watts_per_byte.high())};
}

double ArrayShareOfLogic(const HardwareDescription& hardware) {
  double array = 0;
  double logic = 0;
  for (const NamedArea& area : hardware.areas) {
    const double mm2 = area.area.value.value();
    array += area.name == kArrayArea ? mm2 : 0;
    const bool memory = area.name == kBufferArea || area.name == "embedding_reram";
    logic += memory ? 0 : mm2;
  }
  return logic > 0 ? array / logic : 1;
}

}  // namespace

Status SetVectorSize(int n, HardwareDescription& hardware) {
  if (!IsVectorSize(n)) {
    return InvalidArgument(fmt::format("n is {}, expected 2, 4, 8, 16 or 32", n));
  }
  if (n == hardware.vector_size.value) {
    return OkStatus();
  }
  if (!hardware.components) {
    return InvalidArgument(
        fmt::format("another n needs the energies of single events: {} has no section `components`",
                    hardware.name));
  }
  const double before = hardware.vector_size.value;
  const double lanes = n / before;
  const double busier = ComponentsPerCycle(*hardware.components, n) /
                        ComponentsPerCycle(*hardware.components, before);
  const Ends leakage_before = LeakagePerCycle(hardware);
  const double array = ArrayShareOfLogic(hardware);
  Scale(1 + array * (lanes * lanes - 1), hardware.leakage.logic);
  const Ends leakage = LeakagePerCycle(hardware);
  const auto scaled = [&](Joules whole, double was, double is) {
    return busier * (whole - Joules(was)) + Joules(is);
  };
  Constant<Joules>& energy = hardware.energy_per_cycle;
  energy.value = scaled(energy.value, leakage_before.value, leakage.value);
  if (energy.range) {
    energy.range = Interval<Joules>{scaled(energy.range->low, leakage_before.low, leakage.low),
                                    scaled(energy.range->high, leakage_before.high, leakage.high)};
  }
  ScaleArea(kArrayArea, lanes * lanes, hardware);
  // A bank is a vector wide.
  hardware.vector_size.value = n;
  return OkStatus();
}

Status SetDataBuffers(Bytes bytes, HardwareDescription& hardware) {
  if (!(bytes.value() >= 1024 && bytes.value() <= double{1 << 30})) {
    return InvalidArgument(
        fmt::format("buffers of {} bytes, expected 1 KB to 1 GB", bytes.value()));
  }
  const Bytes before = hardware.buffers.total();
  hardware.buffers.data.value = bytes;
  hardware.buffers.mask.value = bytes / 8;
  if (before > Bytes(0)) {
    ScaleArea(kBufferArea, hardware.buffers.total() / before, hardware);
  }
  return OkStatus();
}

Model ShapeOf(const Model& model) {
  Model shape;
  shape.config = model.config;
  shape.exits = model.exits;
  shape.activation_biases = model.activation_biases;
  for (const Tensor& tensor : model.tensors) {
    if (tensor.name != "embedding.word") {  // Its rows come from on-chip memory.
      shape.tensors.push_back(tensor);
    }
  }
  return shape;
}

Status SetEncoderSparsity(double share, Model& shape) {
  if (!(share >= 0 && share <= 1)) {
    return InvalidArgument(fmt::format("a sparsity of {}, expected 0 to 1", share));
  }
  for (Tensor& tensor : shape.tensors) {
    if (!tensor.name.starts_with("layer.") || !tensor.name.ends_with(".weight")) {
      continue;
    }
    if (!tensor.is_af8()) {
      return InvalidArgument(
          fmt::format("a sparsity of '{}', whose weights are not AF8 (edgebert "
                      "import --calibrate makes them)",
                      tensor.name));
    }
    int64_t elements = 1;
    for (const int64_t dimension : tensor.shape) {
      elements *= dimension;
    }
    std::vector<uint8_t> codes(static_cast<size_t>(elements), 1);
    const auto zeros = [&](size_t before) {
      return static_cast<int64_t>(share * static_cast<double>(before));
    };
    for (size_t i = 0; i < codes.size(); ++i) {
      if (zeros(i + 1) > zeros(i)) {
        codes[i] = 0;
      }
    }
    tensor = MakeAf8Tensor(tensor.name, tensor.shape, 0, codes);
  }
  return OkStatus();
}

void SetSpan(int tokens, Model& shape) {
  ModelConfig& config = shape.config;
  if (config.attention_spans.empty()) {
    config.attention_spans.assign(
        static_cast<size_t>(config.num_distinct_layers) * static_cast<size_t>(config.num_heads),
        config.max_positions);
  }
  for (auto& span : config.attention_spans) {
    if (span > 0) {
      span = static_cast<std::remove_reference_t<decltype(span)>>(
          tokens > 0 ? std::min(tokens, config.max_positions) : config.max_positions);
    }
  }
}

Status ShareLayers(int distinct, const Model& shape, const CostEstimator& costs,
                   CostedDesign& design) {
  if (distinct < 1 || distinct > shape.config.num_layers) {
    return InvalidArgument(fmt::format("{} distinct layers of a model with {} layers", distinct,
                                       shape.config.num_layers));
  }
  const WeightBytes bytes = CountWeightBytes(shape);
  // What is neither layer nor off-ramp (an embedding projection) is stored either way.
  const double all = costs.weights().stored.value();
  const double kept = all - (bytes.distinct_layers - distinct) * bytes.layer.value();
  const double factor = all > 0 ? kept / all : 1;
  design.area_mm2 += costs.weights().area_mm2 * (factor - 1);
  design.idle = factor * design.idle;
  if (costs.weights().location == WeightLocation::kSram) {
    design.power.weights.standing = factor * design.power.weights.standing;
  }
  return OkStatus();
}

}  // namespace edgebert
