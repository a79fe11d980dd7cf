#include "edgebert/engine/float32_executor.h"

#include <algorithm>
#include <array>
#include <utility>

#include "edgebert/engine/layer_functions.h"
#include "edgebert/engine/slot_array.h"
#include "edgebert/engine/weights.h"
#include "edgebert/kernels/attention.h"
#include "edgebert/kernels/elementwise.h"
#include "edgebert/kernels/matmul.h"
#include "edgebert/numeric/entropy.h"

namespace edgebert {
namespace {

struct Float32Matrix {
  PackedMatrixF32 packed;
  std::vector<float> bias;
};

class Float32Weights : public Weights {
 public:
  explicit Float32Weights(Model& model)
      : common(TakeCommonWeights(model)), matrices(common.config) {
    for (int r = 0; r < kNumMatrixRoles; ++r) {
      const auto role = static_cast<MatrixRole>(r);
      for (int index = 0; index < NumMatrices(common.config, role); ++index) {
        const std::string name = MatrixName(common.config, role, index);
        const std::vector<int64_t> shape = TensorOf(model, name + ".weight").shape;
        int outputs = static_cast<int>(shape[0]);
        int inputs = static_cast<int>(shape[1]);
        std::vector<float> bias = TakeFloats(model, name + ".bias");
        const std::vector<float> values = TakeActivePart(
            common.config, role, index, TakeFloats(model, name + ".weight"), outputs, inputs);
        bias = TakeActiveBias(common.config, role, index, std::move(bias));
        matrices.of(role).push_back({PackedMatrixF32(values, outputs, inputs), std::move(bias)});
      }
    }
  }

  std::unique_ptr<Executor> NewExecutor(WorkerPool* pool) const override;

  CommonWeights common;
  MatrixTable<Float32Matrix> matrices;
};

class Float32Executor : public Executor {
 public:
  explicit Float32Executor(const Float32Weights& weights) : weights_(weights) {}

  void Execute(const Operation& operation, const OperationContext& context) override {
    std::visit([&](const auto& op) { Run(op, context); }, operation);
  }

  void Advance() override { std::swap(slot(Slot::kLayerInput), slot(Slot::kLayerOutput)); }

  std::span<const float> logits() const override { return slot(Slot::kLogits).values(); }

  std::span<const double> entropies_nats() const override { return {&entropy_nats_, 1}; }

  std::vector<float> Values(Slot which) const override {
    const std::span<const float> values = slot(which).values();
    return {values.begin(), values.end()};
  }

 private:
  SlotArray<float>& slot(Slot which) { return slots_[static_cast<size_t>(which)]; }
  const SlotArray<float>& slot(Slot which) const { return slots_[static_cast<size_t>(which)]; }

  void Run(const EmbeddingLookup& op, const OperationContext& context) {
    LookUpEmbeddings(weights_.common, context.ids, context.segment_ids, context.word_codes,
                     slot(op.output).Resize(op.tokens, op.width));
  }

  void Run(const Linear& op, const OperationContext& context) {
    const Float32Matrix& matrix = weights_.matrices.at(op.matrix, context.layer);
    const std::span<const float> input =
        op.inputs > 0 ? slot(op.input).values() : std::span<const float>();
    const std::span<float> output = slot(op.output).Resize(op.rows, op.outputs);
    MatMulF32(input, op.rows, matrix.packed, matrix.bias, output);
    ApplyFunction(op.function, weights_.common.config.activation, output);
  }

  void Run(const Attention& op, const OperationContext& /*context*/) {
    const int width = static_cast<int>(op.heads.size()) * op.head_size;
    AttentionF32(op, slot(Slot::kQuery).values(), slot(Slot::kKey).values(),
                 slot(Slot::kValue).values(), scratch_.Resize(op.tokens, 1),
                 slot(Slot::kContext).Resize(op.tokens, width));
  }

  void Run(const AddNorm& op, const OperationContext& context) {
    const NormWeights& norm = weights_.common.norm(op.norm, context.distinct_layer);
    const auto width = static_cast<size_t>(op.width);
    const std::span<const float> update = slot(op.update).values();
    const std::span<const float> residual = slot(op.residual).values();
    const std::span<float> output = slot(op.output).Resize(op.rows, op.width);
    for (size_t row = 0; row < static_cast<size_t>(op.rows); ++row) {
      AddLayerNorm(update.subspan(row * width, width), residual.subspan(row * width, width),
                   norm.gain, norm.bias, weights_.common.config.layer_norm_epsilon,
                   output.subspan(row * width, width));
    }
  }

  void Run(const Pool& op, const OperationContext& /*context*/) {
    const std::span<const float> states = slot(Slot::kLayerOutput).values();
    const auto width = static_cast<size_t>(op.width);
    std::span<float> pooled =
        slot(Slot::kPooled).Resize(static_cast<int>(op.poolings.size()), op.width);
    for (const Pooling pooling : op.poolings) {
      PoolRows(pooling, states, op.tokens, op.width, pooled.first(width));
      pooled = pooled.subspan(width);
    }
  }

  void Run(const EntropyCheck& /*op*/, const OperationContext& /*context*/) {
    entropy_nats_ = Entropy(logits());
  }

  const Float32Weights& weights_;
  std::array<SlotArray<float>, kNumSlots> slots_;
  SlotArray<float> scratch_;
  double entropy_nats_ = 0;
};

std::unique_ptr<Executor> Float32Weights::NewExecutor(WorkerPool* /*pool*/) const {
  return std::make_unique<Float32Executor>(*this);
}

}  // namespace

std::unique_ptr<const Weights> PrepareFloat32(Model& model) {
  return std::make_unique<Float32Weights>(model);
}

}  // namespace edgebert
