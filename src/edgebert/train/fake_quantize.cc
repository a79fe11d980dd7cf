#include "edgebert/train/fake_quantize.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <span>

#include "edgebert/kernels/quantize.h"
#include "edgebert/numeric/adaptivfloat.h"

namespace edgebert {
namespace {

using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr int64_t kChunk = 4096;  // Small enough to stay in the first-level cache.

float LargestMagnitude(int exponent_bias) {
  return std::ldexp(static_cast<float>(kAf8MaxInteger), exponent_bias - kAf8MantissaBits);
}

void Dequantize(std::span<const int16_t> integers, int bias, float* output) {
  DequantizeAf8(integers, bias, std::span(output, integers.size()));
}

void Dequantize(std::span<const int16_t> integers, int bias, at::BFloat16* output) {
  std::array<float, kChunk> chunk;
  const std::span<float> values = std::span(chunk).first(integers.size());
  DequantizeAf8(integers, bias, values);
  for (size_t i = 0; i < values.size(); ++i) {  // The lower half of an AF8 value's bits is zero.
    output[i] = at::BFloat16(static_cast<uint16_t>(std::bit_cast<uint32_t>(values[i]) >> 16),
                             at::BFloat16::from_bits());
  }
}

/// Quantises on the CPU; `mask` may be null.
template <typename T>
void QuantizeOnCpu(const float* values, const bool* mask, int64_t size, int bias, T* output) {
  at::parallel_for(0, size, 8 * kChunk, [&](int64_t begin, int64_t end) {
    std::array<int16_t, kChunk> integers;
    std::array<float, kChunk> masked;
    for (int64_t at = begin; at < end; at += kChunk) {
      const auto count = static_cast<size_t>(std::min(kChunk, end - at));
      std::span<const float> input(values + at, count);
      if (mask != nullptr) {
        for (size_t i = 0; i < count; ++i) {
          masked[i] = mask[at + static_cast<int64_t>(i)] ? input[i] : 0.0F;
        }
        input = std::span<const float>(masked).first(count);
      }
      const std::span<int16_t> codes = std::span(integers).first(count);
      QuantizeAf8(input, bias, codes);
      Dequantize(codes, bias, output + at);
    }
  });
}

/// The same by tensor operations, wherever the tensor lies.
Tensor QuantizeByTensorOperations(const Tensor& values, int bias) {
  constexpr int kDropped = 23 - kAf8MantissaBits;
  const float smallest =
      std::ldexp(static_cast<float>(kAf8.min_integer()), bias - kAf8MantissaBits);
  const Tensor magnitude = values.abs().clamp_max(LargestMagnitude(bias));
  // Rounds half to even to the bits that a code keeps; a carry runs into the exponent, as it
  // should.
  const Tensor bits = magnitude.view(torch::kInt32);
  const Tensor is_odd = bits.bitwise_right_shift(kDropped).bitwise_and(1);
  const Tensor raised = bits + ((1 << (kDropped - 1)) - 1) + is_odd;
  const Tensor rounded =
      raised.bitwise_and(~((1 << kDropped) - 1)).contiguous().view(torch::kFloat32);
  const Tensor below = (magnitude > smallest / 2).to(torch::kFloat32) * smallest;
  return torch::copysign(torch::where(magnitude < smallest, below, rounded), values);
}

/// `gradients` where `values` are not beyond `largest`, 0 elsewhere, on the CPU.
template <typename T>
void PassGradientsOnCpu(const T* gradients, const float* values, int64_t size, float largest,
                        float* output) {
  at::parallel_for(0, size, 8 * kChunk, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      output[i] = std::abs(values[i]) <= largest ? static_cast<float>(gradients[i]) : 0.0F;
    }
  });
}

Tensor PassGradients(const Tensor& gradients, const Tensor& values, int bias) {
  const float largest = LargestMagnitude(bias);
  if (!values.device().is_cpu()) {
    return gradients.to(torch::kFloat32) * (values.abs() <= largest);
  }
  const Tensor from = gradients.contiguous();
  Tensor output = torch::empty_like(values);
  const auto pass = [&](const auto* data) {
    PassGradientsOnCpu(data, values.data_ptr<float>(), values.numel(), largest,
                       output.data_ptr<float>());
  };
  if (from.scalar_type() == torch::kBFloat16) {
    pass(from.data_ptr<at::BFloat16>());
  } else {
    pass(from.data_ptr<float>());
  }
  return output;
}

/// An empty mask masks nothing.
Tensor Quantize(const Tensor& values, const Tensor& mask, int bias, torch::ScalarType type) {
  const Tensor input = values.contiguous();
  if (!input.device().is_cpu()) {
    return QuantizeByTensorOperations(mask.numel() > 0 ? input * mask : input, bias).to(type);
  }
  Tensor output = torch::empty_like(input, torch::TensorOptions().dtype(type));
  const auto quantize = [&](auto* data) {
    QuantizeOnCpu(input.data_ptr<float>(), mask.numel() > 0 ? mask.data_ptr<bool>() : nullptr,
                  input.numel(), bias, data);
  };
  if (type == torch::kBFloat16) {
    quantize(output.data_ptr<at::BFloat16>());
  } else {
    quantize(output.data_ptr<float>());
  }
  return output;
}

struct FakeQuantizeFunction : public torch::autograd::Function<FakeQuantizeFunction> {
  static Tensor forward(AutogradContext* context, const Tensor& values, int64_t bias,
                        torch::ScalarType type) {
    const Tensor input = values.contiguous();
    context->save_for_backward({input});
    context->saved_data["bias"] = bias;
    return Quantize(input, torch::empty({0}, torch::kBool), static_cast<int>(bias), type);
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const Tensor values = context->get_saved_variables()[0];
    const auto bias = static_cast<int>(context->saved_data["bias"].toInt());
    return {PassGradients(gradients[0], values, bias), Tensor(), Tensor()};
  }
};

struct CompressFunction : public torch::autograd::Function<CompressFunction> {
  static Tensor forward(AutogradContext* /*context*/, const Tensor& weight, const Tensor& mask,
                        c10::optional<int64_t> bias, torch::ScalarType type) {
    if (bias) {
      return Quantize(weight, mask, static_cast<int>(*bias), type);
    }
    return (mask.numel() > 0 ? weight * mask : weight.clone()).to(type);
  }

  static variable_list backward(AutogradContext* /*context*/, const variable_list& gradients) {
    return {gradients[0].to(torch::kFloat32), Tensor(), Tensor(), Tensor()};
  }
};

}  // namespace

Tensor FakeQuantizeAf8(const Tensor& values, int exponent_bias, torch::ScalarType type) {
  return FakeQuantizeFunction::apply(values, exponent_bias, type);
}

int SearchAf8Bias(const Tensor& values) {
  const Tensor data = values.detach().to(torch::kCPU, torch::kFloat32).contiguous();
  return SearchBias(kAf8, {data.data_ptr<float>(), static_cast<size_t>(data.numel())});
}

Tensor CompressWeight(const Tensor& weight, const WeightCompression& compression,
                      torch::ScalarType type) {
  c10::optional<int64_t> bias;
  if (compression.exponent_bias) {
    bias = *compression.exponent_bias;
  }
  if (!bias && !compression.mask.defined()) {
    return weight.to(type);
  }
  // A custom function takes no undefined tensor.
  const Tensor mask =
      compression.mask.defined() ? compression.mask : torch::empty({0}, torch::kBool);
  return CompressFunction::apply(weight, mask, bias, type);
}

}  // namespace edgebert
