#include "edgebert/tiler/tiler.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "edgebert/program/weight_names.h"
#include "edgebert/tiler/buffer_plan.h"
#include "edgebert/tiler/layer_schedule.h"
#include "edgebert/tiler/machine_shape.h"
#include "edgebert/tiler/timing_rules.h"
#include "edgebert/tiler/weight_vectors.h"

namespace edgebert {
namespace {

Status CheckResidentWeights(const ModelConfig& config, const WeightMasks& masks,
                            const HardwareDescription& hardware) {
  if (!hardware.weights.resident) {
    return OkStatus();
  }
  const int64_t bytes = CodedWeightBytes(config, masks);
  const auto capacity = static_cast<int64_t>(hardware.weights.capacity.value.value());
  if (bytes > capacity) {
    return InvalidArgument(
        fmt::format("the model's coded weights take {} bytes, {} more than the {} of {}'s resident "
                    "weight memory",
                    bytes, bytes - capacity, capacity, hardware.name));
  }
  return OkStatus();
}

}  // namespace

Result<TileProgram> BuildTileProgram(const ModelConfig& config, const WeightMasks& masks,
                                     const HardwareDescription& hardware, int tokens) {
  EDGEBERT_ASSIGN_OR_RETURN(const MachineShape machine, MachineShapeOf(hardware));
  if (masks.vector_size() != machine.vector_size) {
    return InvalidArgument(fmt::format("weight masks of vectors of {} elements for an array of {}",
                                       masks.vector_size(), machine.vector_size));
  }
  if (tokens < 1 || tokens > config.max_positions) {
    return InvalidArgument(
        fmt::format("{} tokens: the model has 1 to {} positions", tokens, config.max_positions));
  }
  EDGEBERT_RETURN_IF_ERROR(CheckResidentWeights(config, masks, hardware));
  TileProgram program;
  program.config = config;
  program.vector_size = machine.vector_size;
  program.accumulator_tiles = machine.accumulator_tiles;
  program.tokens = tokens;
  EDGEBERT_ASSIGN_OR_RETURN(program.buffers, PlanBuffers(config, machine, tokens));
  const ScheduleInput input{config, machine, program.buffers, masks, tokens};
  program.embedding = ScheduleEmbedding(input);
  for (int distinct = 0; distinct < config.num_distinct_layers; ++distinct) {
    program.layers.push_back(ScheduleLayer(input, distinct));
  }
  for (int index = 0; index < NumMatrices(config, MatrixRole::kOffRampPooler); ++index) {
    program.off_ramps.push_back(ScheduleOffRamp(input, index));
  }
  for (int layer = 1; layer <= config.num_layers; ++layer) {
    program.sequence.push_back(
        {config.DistinctLayer(layer),
         config.HasOffRamp(layer) ? MatrixIndex(config, MatrixRole::kOffRampPooler, layer) : -1});
  }
  return program;
}

int64_t CodedWeightBytes(const ModelConfig& config, const WeightMasks& masks) {
  int64_t bytes =
      int64_t{config.num_distinct_layers} * 2 * 2 * kParameterBytes * config.hidden_size;
  for (int r = 0; r < kNumMatrixRoles; ++r) {
    const auto role = static_cast<MatrixRole>(r);
    for (int index = 0; index < NumMatrices(config, role); ++index) {
      const MatrixMask& mask = masks.at(role, index);
      const int64_t vectors = int64_t{mask.columns()} * mask.blocks();
      bytes += CeilDivide(vectors * masks.vector_size(), 8) +
               mask.Sum(0, mask.columns(), 0, mask.blocks()) +
               int64_t{kParameterBytes} * mask.columns();
    }
  }
  return bytes;
}

Status CheckEmbeddingFits(const Model& model, const HardwareDescription& hardware) {
  int64_t bytes = 0;
  for (const Tensor& tensor : model.tensors) {
    if (tensor.name.starts_with("embedding.") &&
        !tensor.name.starts_with("embedding.projection.")) {
      bytes += static_cast<int64_t>(tensor.payload.size());
    }
  }
  const auto capacity = static_cast<int64_t>(hardware.envm.value.value());
  if (bytes > capacity) {
    return InvalidArgument(
        fmt::format("the embedding takes {} bytes, {} more than the {} of {}'s eNVM (key 'envm')",
                    bytes, bytes - capacity, capacity, hardware.name));
  }
  return OkStatus();
}

}  // namespace edgebert
