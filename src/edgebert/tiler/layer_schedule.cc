#include "edgebert/tiler/layer_schedule.h"

#include <utility>
#include <vector>

#include "edgebert/tiler/buffer_plan.h"
#include "edgebert/tiler/row_split.h"

namespace edgebert {
namespace {

SectionBuilder BuilderFor(const ScheduleInput& input) {
  return {input.config, input.machine, input.plan, input.masks, input.tokens};
}

WeightProduct Product(MatrixRole matrix, int index, TileRegion from, TileRegion to, int rows,
                      int columns) {
  WeightProduct product;
  product.operation.matrix = matrix;
  product.operation.input = from;
  product.operation.output = to;
  product.operation.rows = rows;
  product.operation.columns = columns;
  product.matrix_index = index;
  return product;
}

/// Adds the operations of one encoder layer.
class LayerScheduler {
 public:
  LayerScheduler(const ScheduleInput& input, int distinct_layer)
      : input_(input), distinct_(distinct_layer), builder_(BuilderFor(input)) {}

  TileSection Schedule() {
    std::vector<HeadSpan> heads = ActiveHeads(input_.config, distinct_, input_.tokens);
    const int context = AddAttention(heads);
    const int attended = AddOutputProjection(context);
    AddFeedForward(attended);
    builder_.section().heads = std::move(heads);
    return std::move(builder_.section());
  }

 private:
  struct Projections {
    int query;
    int key;
    int value;
  };

  int AddProjection(MatrixRole role, TileRegion output, int head) {
    const int head_size = input_.config.head_size();
    WeightProduct product =
        Product(role, distinct_, TileRegion::kLayerInput, output, input_.tokens, head_size);
    product.first_column = head * head_size;
    product.operation.head = head;
    return builder_.AddProduct(product, -1);
  }

  Projections AddProjections(int head) {
    const TileRegion values = head % 2 == 0 ? TileRegion::kValueEven : TileRegion::kValueOdd;
    const int query = AddProjection(MatrixRole::kQuery, TileRegion::kQuery, head);
    const int key = AddProjection(MatrixRole::kKey, TileRegion::kKey, head);
    return {query, key, AddProjection(MatrixRole::kValue, values, head)};
  }

  /// The operation that completes the context.
  int AddAttention(const std::vector<HeadSpan>& heads) {
    int context = -1;
    int softmax = -1;
    int value = -1;
    for (int head = 0; head < static_cast<int>(heads.size()); ++head) {
      const int span = heads[static_cast<size_t>(head)].span;
      const Projections projected = AddProjections(head);
      if (head > 0) {
        builder_.AddContext(head - 1, heads[static_cast<size_t>(head - 1)].span, softmax, value);
      }
      const int scores = builder_.AddScores(head, span, projected.query, projected.key);
      softmax = builder_.AddSoftmax(head, span, scores);
      value = projected.value;
    }
    if (!heads.empty()) {
      const int last = static_cast<int>(heads.size()) - 1;
      context = builder_.AddContext(last, heads.back().span, softmax, value);
    }
    return context;
  }

  /// The AddNorm of the last pass. A pass waits for the AddNorm of the one before: they share the
  /// update's region.
  int AddOutputProjection(int context) {
    int after = context;
    const int passes = RowPasses(input_.tokens, input_.plan.attention_pass_rows);
    for (int pass = 0; pass < passes; ++pass) {
      const Slice rows = BalancedSlice(input_.tokens, passes, pass);
      WeightProduct product =
          Product(MatrixRole::kAttentionOutput, distinct_, TileRegion::kContext,
                  TileRegion::kAttentionUpdate, rows.size, input_.config.hidden_size);
      product.operation.word = EmittedWord::kUpdate;
      product.operation.input_row = rows.first;
      const int update = builder_.AddProduct(product, after);
      after = builder_.AddNorm(NormRole::kAttention, TileRegion::kAttentionUpdate, rows.first,
                               rows.size, update);
    }
    return after;
  }

  /// A pass waits for the AddNorm of the one before: both read the layer input, whose banks have
  /// one read port each.
  void AddFeedForward(int attended) {
    const ModelConfig& config = input_.config;
    int after = attended;
    const int passes = RowPasses(input_.tokens, input_.plan.feed_forward_pass_rows);
    for (int pass = 0; pass < passes; ++pass) {
      const Slice rows = BalancedSlice(input_.tokens, passes, pass);
      WeightProduct up = Product(MatrixRole::kFeedForwardUp, distinct_, TileRegion::kLayerInput,
                                 TileRegion::kHidden, rows.size, config.intermediate_size);
      up.operation.input_row = rows.first;
      up.operation.function = ElementFunction::kActivation;
      const int hidden = builder_.AddProduct(up, after);
      WeightProduct down = Product(MatrixRole::kFeedForwardDown, distinct_, TileRegion::kHidden,
                                   TileRegion::kFeedForwardUpdate, rows.size, config.hidden_size);
      down.operation.word = EmittedWord::kUpdate;
      const int update = builder_.AddProduct(down, hidden);
      after = builder_.AddNorm(NormRole::kFeedForward, TileRegion::kFeedForwardUpdate, rows.first,
                               rows.size, update);
    }
  }

  const ScheduleInput& input_;
  int distinct_;
  SectionBuilder builder_;
};

}  // namespace

TileSection ScheduleEmbedding(const ScheduleInput& input) {
  SectionBuilder builder = BuilderFor(input);
  if (!input.config.has_embedding_projection()) {
    builder.AddEmbeddingLookup(TileRegion::kLayerInput);
    return std::move(builder.section());
  }
  const int embedded = builder.AddEmbeddingLookup(TileRegion::kEmbedded);
  builder.AddProduct(Product(MatrixRole::kEmbeddingProjection, 0, TileRegion::kEmbedded,
                             TileRegion::kLayerInput, input.tokens, input.config.hidden_size),
                     embedded);
  return std::move(builder.section());
}

TileSection ScheduleLayer(const ScheduleInput& input, int distinct_layer) {
  return LayerScheduler(input, distinct_layer).Schedule();
}

TileSection ScheduleOffRamp(const ScheduleInput& input, int index) {
  const ModelConfig& config = input.config;
  SectionBuilder builder = BuilderFor(input);
  const int pooled = builder.AddPool();
  WeightProduct pooler = Product(MatrixRole::kOffRampPooler, index, TileRegion::kPooled,
                                 TileRegion::kOffRampHidden, 1, config.pooler_size);
  pooler.operation.function = ElementFunction::kTanh;
  const int hidden = builder.AddProduct(pooler, pooled);
  WeightProduct classifier =
      Product(MatrixRole::kOffRampClassifier, index, TileRegion::kOffRampHidden,
              TileRegion::kLogits, 1, config.num_classes());
  classifier.operation.word = EmittedWord::kLogit;
  builder.AddEntropy(builder.AddProduct(classifier, hidden));
  return std::move(builder.section());
}

}  // namespace edgebert
