#include "edgebert/simulate/artifact_simulator.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <utility>

#include "edgebert/accel/sentence_counts.h"
#include "edgebert/systemc/artifact/accelerator.h"
#include "edgebert/systemc/simulation.h"
#include "edgebert/tiler/machine_shape.h"

namespace edgebert {
namespace {

using namespace systemc::artifact;  // NOLINT(google-build-using-namespace)

constexpr uint32_t kMemoryVectors = 4096;  ///< Of a decoder: 64 KiB.
constexpr uint32_t kUnitBias = 0;

uint32_t Padded(int size) { return static_cast<uint32_t>(RoundUp(size, kLanes)); }
uint32_t Vectors(int size) { return Padded(size) / kLanes; }

/// Runs `body` with an accelerator of the authors' structure.
Result<int64_t> WithAccelerator(const AcceleratorSize& size,
                                const std::function<Result<uint64_t>(Accelerator&)>& body) {
  int64_t cycles = 0;
  EDGEBERT_RETURN_IF_ERROR(systemc::InSimulation([&]() -> Status {
    systemc::Clock clock("clock", sc_core::sc_time(1, sc_core::SC_NS));
    const auto accelerator = std::make_unique<Accelerator>("top", clock, size);
    EDGEBERT_ASSIGN_OR_RETURN(const uint64_t taken, body(*accelerator));
    cycles = static_cast<int64_t>(taken);
    return OkStatus();
  }));
  return cycles;
}

std::vector<Codes> SomeCodes(size_t vectors) {
  std::mt19937 random(1);
  std::vector<Codes> result(vectors);
  for (Codes& codes : result) {
    for (uint8_t& code : codes) {
      code = static_cast<uint8_t>(random() % 128);
    }
  }
  return result;
}

/// output[N1 × N0] = right[N1 × K] · left[N0 × K]ᵀ, in memories that hold it whole.
Result<int64_t> SimulateMatmul(uint32_t left_rows, uint32_t right_rows, uint32_t columns) {
  const uint32_t rows = std::max(left_rows, right_rows);
  const size_t vectors = size_t{rows} * std::max(columns, rows) / kLanes;
  AcceleratorSize size;
  size.decoder = {.mask_words = std::max<size_t>(kMemoryVectors, 2 * vectors),
                  .data_rows = std::max<size_t>(kMemoryVectors, 2 * vectors)};
  return WithAccelerator(size, [&](Accelerator& accelerator) -> Result<uint64_t> {
    const std::vector<Codes> left = SomeCodes(size_t{left_rows} * columns / kLanes);
    const std::vector<Codes> right = SomeCodes(size_t{right_rows} * columns / kLanes);
    const auto behind = static_cast<uint32_t>(std::max(left.size(), right.size()));
    EDGEBERT_RETURN_IF_ERROR(accelerator.Store(0, {}, left));
    EDGEBERT_RETURN_IF_ERROR(accelerator.Store(1, {}, right));
    return accelerator.Matmul({.left_rows = left_rows,
                               .right_rows = right_rows,
                               .columns = columns,
                               .left = {},
                               .right = {},
                               .output = {.memory = 1, .mask_base = behind, .first_row = behind},
                               .requantization = {.unit_exponent = -28, .output_bias = -8}});
  });
}

using Function =
    std::function<Result<uint64_t>(Accelerator&, const FunctionRows&, uint32_t behind)>;

/// A special function on rows of vectors that lie in decoder 1.
Result<int64_t> SimulateFunction(uint32_t vectors, uint32_t rows, const Function& function) {
  const size_t total = size_t{vectors} * rows;
  AcceleratorSize size;
  size.decoder = {.mask_words = std::max<size_t>(kMemoryVectors, 2 * total),
                  .data_rows = std::max<size_t>(kMemoryVectors, 2 * total)};
  return WithAccelerator(size, [&](Accelerator& accelerator) -> Result<uint64_t> {
    EDGEBERT_RETURN_IF_ERROR(accelerator.Store(1, {}, SomeCodes(total)));
    for (Codes& row : accelerator.auxiliary()) {
      row.fill(0x70);  // Ones: factors and gains.
    }
    const FunctionRows work = {
        .mask_base = 0, .vectors = vectors, .rows = rows, .input_bias = -7, .output_bias = -7};
    return function(accelerator, work, static_cast<uint32_t>(total));
  });
}

/// The operations of a layer, in order, each size simulated once.
class ArtifactMapper {
 public:
  ArtifactMapper(const ModelConfig& config, int tokens) : config_(config), tokens_(tokens) {}

  Result<std::vector<ArtifactOperation>> Encoder() {
    const int hidden = config_.hidden_size;
    const int heads = config_.num_heads;
    const int head_size = config_.head_size();
    EDGEBERT_RETURN_IF_ERROR(AddWeights("query, key, value", 3, tokens_, hidden, hidden));
    EDGEBERT_RETURN_IF_ERROR(AddMatmul("scores", heads, tokens_, tokens_, head_size));
    EDGEBERT_RETURN_IF_ERROR(AddSoftmax(heads));
    EDGEBERT_RETURN_IF_ERROR(AddMatmul("context", heads, tokens_, head_size, tokens_));
    EDGEBERT_RETURN_IF_ERROR(AddWeights("output projection", 1, tokens_, hidden, hidden));
    EDGEBERT_RETURN_IF_ERROR(
        AddWeights("feed-forward up", 1, tokens_, config_.intermediate_size, hidden));
    EDGEBERT_RETURN_IF_ERROR(
        AddWeights("feed-forward down", 1, tokens_, hidden, config_.intermediate_size));
    EDGEBERT_RETURN_IF_ERROR(AddNorms());
    return std::exchange(operations_, {});
  }

  Result<std::vector<ArtifactOperation>> OffRamp() {
    const int pooled = static_cast<int>(config_.pooling.size()) * config_.hidden_size;
    EDGEBERT_RETURN_IF_ERROR(AddWeights("off-ramp's pooler", 1, 1, config_.pooler_size, pooled));
    EDGEBERT_RETURN_IF_ERROR(
        AddWeights("off-ramp's classifier", 1, 1, config_.num_classes(), config_.pooler_size));
    const uint32_t vectors = Vectors(config_.num_classes());
    const auto classes = static_cast<uint32_t>(config_.num_classes());
    EDGEBERT_ASSIGN_OR_RETURN(
        const int64_t cycles,
        SimulateFunction(vectors, 1, [&](Accelerator& accelerator, const FunctionRows& rows, auto) {
          return accelerator.RunEntropy({.rows = rows, .classes = classes}, 1, 0);
        }));
    operations_.push_back({"entropy", fmt::format("Enpy, {} vectors", vectors), 1, cycles, 0});
    return std::exchange(operations_, {});
  }

 private:
  Status AddMatmul(std::string name, int count, int rows, int columns, int inputs) {
    const uint32_t left = Padded(columns);
    const uint32_t right = Padded(rows);
    const uint32_t depth = Padded(inputs);
    const auto [found, added] = matmuls_.try_emplace({left, right, depth}, 0);
    if (added) {
      EDGEBERT_ASSIGN_OR_RETURN(found->second, SimulateMatmul(left, right, depth));
    }
    operations_.push_back({std::move(name),
                           fmt::format("matmul {} x {} x {}, {} tiles", right, left, depth,
                                       left / kLanes * (right / kLanes)),
                           count, found->second, 0});
    return OkStatus();
  }

  /// A product with weights, and the fill of their masks and codes before it.
  Status AddWeights(const std::string& name, int count, int rows, int columns, int inputs) {
    const uint32_t vectors = Padded(columns) * Vectors(inputs);
    int64_t cycles = 0;
    for (uint32_t done = 0; done < vectors; done += kMemoryVectors) {
      EDGEBERT_ASSIGN_OR_RETURN(const int64_t part,
                                FillCycles(std::min(kMemoryVectors, vectors - done)));
      cycles += part;
    }
    // 16 codes of a byte, and a mask of two.
    operations_.push_back({name + ": weights", fmt::format("DMA, {} vectors and masks", vectors),
                           count, cycles, int64_t{vectors} * (kLanes + kLanes / 8)});
    return AddMatmul(name, count, rows, columns, inputs);
  }

  Result<int64_t> FillCycles(uint32_t vectors) {
    const auto [found, added] = fills_.try_emplace(vectors, 0);
    if (added) {
      AcceleratorSize size;
      size.decoder.mask_words = size.decoder.data_rows = kMemoryVectors;
      EDGEBERT_ASSIGN_OR_RETURN(
          found->second, WithAccelerator(size, [&](Accelerator& accelerator) -> Result<uint64_t> {
            EDGEBERT_ASSIGN_OR_RETURN(const uint64_t masks,
                                      accelerator.FillMask({.items = vectors}, 0));
            EDGEBERT_ASSIGN_OR_RETURN(const uint64_t codes,
                                      accelerator.FillInput({.items = vectors}, 0));
            return masks + codes;
          }));
    }
    return found->second;
  }

  Status AddSoftmax(int heads) {
    const uint32_t vectors = Vectors(tokens_);
    EDGEBERT_ASSIGN_OR_RETURN(
        const int64_t cycles,
        SimulateFunction(vectors, static_cast<uint32_t>(tokens_),
                         [](Accelerator& accelerator, const FunctionRows& rows, uint32_t behind) {
                           return accelerator.RunSoftmax(
                               {.rows = rows, .span_row = 0, .span_bias = kUnitBias}, 1, 0,
                               {.memory = 1, .mask_base = behind, .first_row = behind});
                         }));
    operations_.push_back({"softmax", fmt::format("SMax, {} rows of {} vectors", tokens_, vectors),
                           heads, cycles, 0});
    return OkStatus();
  }

  /// Residual addition and LayerNorm, twice a layer.
  Status AddNorms() {
    const uint32_t vectors = Vectors(config_.hidden_size);
    const auto rows = static_cast<uint32_t>(tokens_);
    EDGEBERT_ASSIGN_OR_RETURN(
        const int64_t add,
        SimulateFunction(vectors, rows,
                         [](Accelerator& accelerator, const FunctionRows& work, uint32_t behind) {
                           return accelerator.RunElementAdd(
                               {.rows = work, .second_mask_base = 0, .second_bias = -7}, 1, 0, 0,
                               {.memory = 1, .mask_base = behind, .first_row = behind});
                         }));
    EDGEBERT_ASSIGN_OR_RETURN(
        const int64_t norm,
        SimulateFunction(vectors, rows,
                         [&](Accelerator& accelerator, const FunctionRows& work, uint32_t behind) {
                           return accelerator.RunLayerNorm(
                               {.rows = work, .gamma_row = 0, .beta_row = vectors}, 1, 0,
                               {.memory = 1, .mask_base = behind, .first_row = behind});
                         }));
    AcceleratorSize size;
    size.auxiliary_rows = std::max<size_t>(size.auxiliary_rows, size_t{2} * vectors);
    EDGEBERT_ASSIGN_OR_RETURN(const int64_t fill,
                              WithAccelerator(size, [&](Accelerator& accelerator) {
                                return accelerator.FillAuxiliary({.items = 2 * vectors});
                              }));
    const std::string shape = fmt::format("{} rows of {} vectors", rows, vectors);
    operations_.push_back({"residual addition", "ElemAdd, " + shape, 2, add, 0});
    operations_.push_back({"LayerNorm: parameters",
                           fmt::format("DMA to the auxiliary memory, {} vectors", 2 * vectors), 2,
                           fill, int64_t{2} * vectors * kLanes});
    operations_.push_back({"LayerNorm", "LayerNorm, " + shape, 2, norm, 0});
    return OkStatus();
  }

  const ModelConfig& config_;
  int tokens_;
  std::vector<ArtifactOperation> operations_;
  std::map<std::array<uint32_t, 3>, int64_t> matmuls_;  ///< Cycles by size.
  std::map<uint32_t, int64_t> fills_;                   ///< By vectors.
};

}  // namespace

Result<ArtifactRun> SimulateArtifact(const AcceleratorModel& model,
                                     const DeviceSentence& sentence) {
  const int n = model.hardware().vector_size.value;
  if (n != kLanes) {
    return InvalidArgument(fmt::format(
        "artifact timing with n = {}: the authors' release is built for n = {} alone", n, kLanes));
  }
  const ModelConfig& config = model.model().config;
  ArtifactMapper mapper(config, sentence.program.tokens);
  ArtifactRun result;
  EDGEBERT_ASSIGN_OR_RETURN(result.encoder, mapper.Encoder());
  result.layers = sentence.exit_layer;
  for (int layer = 1; layer <= sentence.exit_layer; ++layer) {
    result.off_ramps += config.HasOffRamp(layer) ? 1 : 0;
  }
  if (result.off_ramps > 0) {
    EDGEBERT_ASSIGN_OR_RETURN(result.off_ramp, mapper.OffRamp());
  }
  AcceleratorRun& run = result.run;
  run.exit_layer = sentence.exit_layer;
  const auto add = [&](const std::vector<ArtifactOperation>& operations, int times) {
    int64_t cycles = 0;
    for (const ArtifactOperation& operation : operations) {
      cycles += times * operation.total_cycles();
      run.counts.transfer_bytes += times * operation.count * operation.dram_bytes;
    }
    run.cycles += cycles;
    return cycles;
  };
  add(result.encoder, result.layers);
  run.offramp_cycles = add(result.off_ramp, result.off_ramps);
  run.counts.macs = CountLayers(sentence.program, 1, sentence.exit_layer).macs;
  run.ideal_cycles = CeilDivide(run.counts.macs, int64_t{n} * n);
  run.time = TimeOf(Cycles(static_cast<double>(run.cycles)), model.hardware().nominal().frequency);
  return result;
}

}  // namespace edgebert
