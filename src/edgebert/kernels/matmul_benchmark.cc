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

/// Rows times matrices of 384 × 1536, bias and rounding included: one matrix over and over (hot),
/// or so many in turn that each comes from memory (streamed).
void BenchmarkLinear(benchmark::State& state, const std::string& instruction_set,
                     WeightStorage storage, bool streamed, int rows) {
  const ScopedInstructionSet scope(instruction_set);
  constexpr int kInputs = 384;
  constexpr int kOutputs = 1536;
  std::mt19937_64 random(1);
  std::normal_distribution<double> normal;
  std::vector<uint8_t> codes(size_t{kInputs} * kOutputs);
  for (uint8_t& code : codes) {
    code = static_cast<uint8_t>(Encode(kAf8, normal(random), -6));
  }
  const PackedMatrixAf8 one(codes, kOutputs, kInputs, storage);
  const std::vector<PackedMatrixAf8> matrices(streamed ? 128 : 1, one);
  const PackedBiasAf8 bias(one, std::vector<int64_t>(kOutputs, 1000));
  std::vector<int16_t> activations(static_cast<size_t>(rows) * kInputs);
  for (int16_t& activation : activations) {
    activation = static_cast<int16_t>(DecodeInteger(kAf8, Encode(kAf8, normal(random), -4)));
  }
  std::vector<int16_t> output(static_cast<size_t>(rows) * kOutputs);
  MatMulScratch scratch;
  size_t next = 0;
  for (auto _ : state) {
    LinearAf8(activations, rows, matrices[next], bias, -18, SumFunction::kNone, -4,
              {0, one.num_panels()}, scratch, output);
    benchmark::ClobberMemory();
    next = (next + 1) % matrices.size();
  }
  CountMacs(state, rows, kInputs, kOutputs);
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
  for (const std::string& set : SupportedInstructionSets()) {
    for (const auto storage : {WeightStorage::kCodes, WeightStorage::kInt16}) {
      for (const bool streamed : {false, true}) {
        for (const int rows : {1, 2, 4, 8, 12, 16, 25, 32, 64, 128}) {
          const std::string name = "LinearAf8/" + set +
                                   (storage == WeightStorage::kCodes ? "/codes" : "/int16") +
                                   (streamed ? "/streamed/" : "/hot/") + std::to_string(rows);
          benchmark::RegisterBenchmark(name.c_str(), BenchmarkLinear, set, storage, streamed, rows);
        }
      }
    }
  }
  return true;
}();

}  // namespace
}  // namespace edgebert
