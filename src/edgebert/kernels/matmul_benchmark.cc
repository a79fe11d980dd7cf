#include <benchmark/benchmark.h>

#include <random>
#include <string>
#include <vector>

#include "edgebert/kernels/dispatch.h"
#include "edgebert/kernels/matmul.h"
#include "edgebert/numeric/adaptivfloat.h"

// Multiply-accumulates per second on one core, by instruction set, for the shapes of a sentence of
// 25 tokens in an encoder of width 384.

namespace edgebert {
namespace {

void CountMacs(benchmark::State& state, int rows, int inputs, int outputs) {
  state.counters["MAC/s"] =
      benchmark::Counter(static_cast<double>(state.iterations()) * rows * inputs * outputs,
                         benchmark::Counter::kIsRate);
}

void BenchmarkF32(benchmark::State& state, const std::string& instruction_set, int rows, int inputs,
                  int outputs) {
  const ScopedInstructionSet scope(instruction_set);
  const auto size = [](int a, int b) { return static_cast<size_t>(a) * static_cast<size_t>(b); };
  const PackedMatrixF32 weights(std::vector<float>(size(outputs, inputs), 0.5f), outputs, inputs);
  const std::vector<float> activations(size(rows, inputs), 0.25f);
  const std::vector<float> bias(static_cast<size_t>(outputs), 1.0f);
  std::vector<float> output(size(rows, outputs));
  for (auto _ : state) {
    MatMulF32(activations, rows, weights, bias, output);
    benchmark::DoNotOptimize(output.data());
    benchmark::ClobberMemory();
  }
  CountMacs(state, rows, inputs, outputs);
}

void BenchmarkAf8(benchmark::State& state, const std::string& instruction_set, int rows, int inputs,
                  int outputs) {
  const ScopedInstructionSet scope(instruction_set);
  std::mt19937_64 random(1);
  std::normal_distribution<double> normal;
  const auto size = [](int a, int b) { return static_cast<size_t>(a) * static_cast<size_t>(b); };
  std::vector<uint8_t> codes(size(outputs, inputs));
  for (uint8_t& code : codes) {
    code = static_cast<uint8_t>(Encode(kAf8, normal(random), -6));
  }
  const PackedMatrixAf8 weights(codes, outputs, inputs);
  std::vector<int16_t> activations(size(rows, inputs));
  for (int16_t& activation : activations) {
    activation = static_cast<int16_t>(DecodeInteger(kAf8, static_cast<uint32_t>(random() % 256)));
  }
  std::vector<int64_t> output(size(rows, outputs));
  MatMulScratch scratch;
  for (auto _ : state) {
    MatMulAf8(activations, rows, weights, scratch, output);
    benchmark::DoNotOptimize(output.data());
    benchmark::ClobberMemory();
  }
  CountMacs(state, rows, inputs, outputs);
}

const bool kRegistered = [] {
  constexpr int kRows = 25;
  constexpr int kShapes[][2] = {{384, 384}, {384, 1536}, {1536, 384}};
  for (const std::string& set : SupportedInstructionSets()) {
    for (const auto& [inputs, outputs] : kShapes) {
      const std::string shape =
          set + "/25x" + std::to_string(inputs) + "x" + std::to_string(outputs);
      benchmark::RegisterBenchmark(("MatMulF32/" + shape).c_str(), BenchmarkF32, set, kRows, inputs,
                                   outputs);
      benchmark::RegisterBenchmark(("MatMulAf8/" + shape).c_str(), BenchmarkAf8, set, kRows, inputs,
                                   outputs);
    }
  }
  return true;
}();

}  // namespace
}  // namespace edgebert
