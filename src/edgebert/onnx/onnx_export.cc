#include "edgebert/onnx/onnx_export.h"

#include <fmt/format.h>
#include <onnx/onnx_pb.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <utility>
#include <vector>

#include "edgebert/base/file.h"
#include "edgebert/engine/weights.h"
#include "edgebert/onnx/graph_builder.h"
#include "edgebert/program/layer_program.h"
#include "edgebert/program/weight_names.h"

namespace edgebert {
namespace {

/// What is added to the score of a key that is not attended to: its exponential is 0 in float32.
constexpr float kMasked = -10000.0F;

/// Adds an encoder to a graph, in the form in which PyTorch's exporter writes BERT: the fusions of
/// ONNX Runtime's transformer optimiser look for it.
class EncoderGraph {
 public:
  EncoderGraph(const Model& model, GraphBuilder& graph)
      : model_(model), config_(model.config), graph_(graph) {
    ids_ = graph.Input("input_ids", {"batch", "sequence"});
    mask_ = graph.Input("attention_mask", {"batch", "sequence"});
    segments_ = graph.Input("token_type_ids", {"batch", "sequence"});
    float_mask_ = graph.Cast(graph.Node("Unsqueeze", {Unsqueezed(mask_, 1), Axis(2)}));
    padding_ = graph.Node(
        "Mul", {graph.Node("Sub", {graph.Scalar(1), float_mask_}), graph.Scalar(kMasked)});
  }

  void Build(int layers) {
    std::string states = Embedding();
    for (int layer = 1; layer <= layers; ++layer) {
      states = Layer(layer, states);
    }
    if (config_.off_ramp_layers.empty()) {
      graph_.Node("Identity", {states});
      graph_.Output(graph_.Rename("last_hidden_state"), true, config_.hidden_size);
    } else {
      OffRamp(layers, states);
      graph_.Output(graph_.Rename("logits"), false, config_.num_classes());
    }
  }

 private:
  std::string Axis(int64_t axis) { return graph_.IntegerScalar(axis); }

  std::string Unsqueezed(const std::string& value, int64_t axis) {
    return graph_.Node("Unsqueeze", {value, Axis(axis)});
  }

  std::vector<float> Values(const std::string& name) const {
    return FloatValues(*model_.Find(name));
  }

  /// A tensor of the model as it is.
  std::string Constant(const std::string& name) {
    return graph_.Has(name) ? name : graph_.Floats(name, model_.Find(name)->shape, Values(name));
  }

  std::string Norm(NormRole role, int distinct, const std::string& value) {
    const std::string name = NormName(role, distinct);
    return graph_.LayerNormalization({value, Constant(name + ".gain"), Constant(name + ".bias")},
                                     config_.layer_norm_epsilon);
  }

  std::string Embedding() {
    const std::string length =
        graph_.Gather(graph_.Node("Shape", {ids_}), graph_.IntegerScalar(1), 0);
    length_ = length;
    const std::string positions =
        graph_.Node("Slice", {Constant("embedding.position"), Axis(0), length, Axis(0)});
    const std::string words = graph_.Gather(Constant("embedding.word"), ids_, 0);
    const std::string segments = graph_.Gather(Constant("embedding.segment"), segments_, 0);
    const std::string sum = graph_.Node("Add", {graph_.Node("Add", {words, segments}), positions});
    const std::string embedded = Norm(NormRole::kEmbedding, 0, sum);
    return config_.has_embedding_projection()
               ? Linear(MatrixRole::kEmbeddingProjection, 0, embedded)
               : embedded;
  }

  /// value · matrixᵀ + bias, of the heads that take part.
  std::string Linear(MatrixRole role, int index, const std::string& value) {
    const std::string name = MatrixName(config_, role, index);
    const std::string weight = name + ".weight";
    const std::string bias = name + ".bias";
    if (!graph_.Has(weight)) {
      const std::vector<int64_t>& shape = model_.Find(weight)->shape;
      auto outputs = static_cast<int>(shape[0]);
      auto inputs = static_cast<int>(shape[1]);
      const std::vector<float> rows =
          TakeActivePart(config_, role, index, Values(weight), outputs, inputs);
      std::vector<float> columns;
      columns.reserve(rows.size());
      for (int input = 0; input < inputs; ++input) {
        for (int output = 0; output < outputs; ++output) {
          columns.push_back(rows[static_cast<size_t>(output) * static_cast<size_t>(inputs) +
                                 static_cast<size_t>(input)]);
        }
      }
      graph_.Floats(weight, {inputs, outputs}, columns);
      graph_.Floats(bias, {outputs}, TakeActiveBias(config_, role, index, Values(bias)));
    }
    return graph_.Node("Add", {graph_.Node("MatMul", {value, weight}), bias});
  }

  std::string Activation(const std::string& value) {
    switch (config_.activation) {
      case Activation::kRelu:
        return graph_.Node("Relu", {value});
      case Activation::kGeluTanh: {
        const std::string cube = graph_.Node("Pow", {value, graph_.Scalar(3)});
        const std::string inner =
            graph_.Node("Add", {value, graph_.Node("Mul", {cube, graph_.Scalar(0.044715F)})});
        const auto slope = static_cast<float>(std::sqrt(2 / std::numbers::pi));
        const std::string tanh =
            graph_.Node("Tanh", {graph_.Node("Mul", {inner, graph_.Scalar(slope)})});
        return graph_.Node("Mul", {graph_.Node("Mul", {value, graph_.Scalar(0.5F)}),
                                   graph_.Node("Add", {tanh, graph_.Scalar(1)})});
      }
      case Activation::kGelu:
        break;
    }
    const std::string erf = graph_.Node(
        "Erf", {graph_.Node("Div", {value, graph_.Scalar(std::numbers::sqrt2_v<float>)})});
    const std::string product =
        graph_.Node("Mul", {value, graph_.Node("Add", {erf, graph_.Scalar(1)})});
    return graph_.Node("Mul", {product, graph_.Scalar(0.5F)});
  }

  /// [batch × sequence × width] to [batch × heads × sequence × head_size] in the order of `axes`.
  std::string SplitHeads(const std::string& value, size_t heads,
                         std::initializer_list<int64_t> axes) {
    const std::string name = fmt::format("heads.{}", heads);
    if (!graph_.Has(name)) {
      const int64_t shape[] = {0, 0, static_cast<int64_t>(heads), config_.head_size()};
      graph_.Integers(name, shape);
    }
    return graph_.Transpose(graph_.Node("Reshape", {value, name}), axes);
  }

  /// scores, with the keys out of the heads' spans masked.
  std::string MaskBySpan(int distinct, const std::vector<HeadSpan>& heads,
                         const std::string& scores) {
    if (std::all_of(heads.begin(), heads.end(),
                    [&](const HeadSpan& head) { return head.span >= config_.max_positions; })) {
      return scores;
    }
    if (distances_.empty()) {
      const std::string ends[] = {graph_.Scalar(0), graph_.Cast(length_), graph_.Scalar(1)};
      const std::string range =
          graph_.Node("Range", {ends[0], graph_.Node("Squeeze", {ends[1], Axis(0)}), ends[2]});
      distances_ =
          graph_.Node("Abs", {graph_.Node("Sub", {Unsqueezed(range, 0), Unsqueezed(range, 1)})});
    }
    const std::string spans = fmt::format("layer.{}.spans", distinct);
    if (!graph_.Has(spans)) {
      std::vector<float> values;
      for (const HeadSpan& head : heads) {
        values.push_back(static_cast<float>(head.span));
      }
      graph_.Floats(spans, {static_cast<int64_t>(heads.size()), 1, 1}, values);
    }
    const std::string near = graph_.Node("Less", {distances_, spans});
    return graph_.Node(
        "Add", {scores, graph_.Node("Where", {near, graph_.Scalar(0), graph_.Scalar(kMasked)})});
  }

  std::string Attention(int distinct, const std::string& states) {
    const std::vector<HeadSpan> heads = ActiveHeads(config_, distinct, config_.max_positions);
    if (heads.empty()) {
      // No head feeds the output projection: its bias alone is left.
      return Constant(MatrixName(config_, MatrixRole::kAttentionOutput, distinct) + ".bias");
    }
    const std::string query =
        SplitHeads(Linear(MatrixRole::kQuery, distinct, states), heads.size(), {0, 2, 1, 3});
    const std::string key =
        SplitHeads(Linear(MatrixRole::kKey, distinct, states), heads.size(), {0, 2, 3, 1});
    const std::string value =
        SplitHeads(Linear(MatrixRole::kValue, distinct, states), heads.size(), {0, 2, 1, 3});
    const auto root = std::sqrt(static_cast<float>(config_.head_size()));
    const std::string scores =
        graph_.Node("Div", {graph_.Node("MatMul", {query, key}), graph_.Scalar(root)});
    const std::string masked = graph_.Node("Add", {MaskBySpan(distinct, heads, scores), padding_});
    const std::string context =
        graph_.Transpose(graph_.Node("MatMul", {graph_.Softmax(masked), value}), {0, 2, 1, 3});
    const std::string width = fmt::format("width.{}", heads.size());
    if (!graph_.Has(width)) {
      const int64_t shape[] = {0, 0, static_cast<int64_t>(heads.size()) * config_.head_size()};
      graph_.Integers(width, shape);
    }
    return Linear(MatrixRole::kAttentionOutput, distinct, graph_.Node("Reshape", {context, width}));
  }

  std::string Layer(int layer, const std::string& states) {
    const int distinct = config_.DistinctLayer(layer);
    const std::string attended = Norm(NormRole::kAttention, distinct,
                                      graph_.Node("Add", {Attention(distinct, states), states}));
    const std::string hidden = Activation(Linear(MatrixRole::kFeedForwardUp, distinct, attended));
    const std::string update = Linear(MatrixRole::kFeedForwardDown, distinct, hidden);
    return Norm(NormRole::kFeedForward, distinct, graph_.Node("Add", {update, attended}));
  }

  /// [batch × width]: the first token's vector, or the mean over all tokens but padding.
  std::string Pooled(Pooling pooling, const std::string& states) {
    if (pooling == Pooling::kCls) {
      const std::string first = graph_.Gather(states, graph_.IntegerScalar(0), 1);
      return graph_.Node("Squeeze", {first, Axis(1)});
    }
    const std::string weights = graph_.Cast(Unsqueezed(mask_, 2));
    const std::string sum =
        graph_.Node("ReduceSum", {graph_.Node("Mul", {states, weights}), Axis(1)});
    const std::string count = graph_.Node("ReduceSum", {weights, Axis(1)});
    return graph_.Node("Squeeze", {graph_.Node("Div", {sum, count}), Axis(1)});
  }

  void OffRamp(int layer, const std::string& states) {
    std::vector<std::string> poolings;
    for (const Pooling pooling : config_.pooling) {
      poolings.push_back(Pooled(pooling, states));
    }
    const std::string pooled = poolings.size() == 1 ? poolings[0] : graph_.Concat(poolings, -1);
    const int index = MatrixIndex(config_, MatrixRole::kOffRampPooler, layer);
    const std::string hidden =
        graph_.Node("Tanh", {Linear(MatrixRole::kOffRampPooler, index, pooled)});
    Linear(MatrixRole::kOffRampClassifier, index, hidden);
  }

  const Model& model_;
  const ModelConfig& config_;
  GraphBuilder& graph_;
  std::string ids_;
  std::string mask_;
  std::string segments_;
  std::string float_mask_;  ///< [batch × 1 × 1 × sequence]
  std::string padding_;     ///< Likewise: what is added to scores.
  std::string length_;      ///< [1]
  std::string distances_;   ///< [sequence × sequence]; empty until a layer needs it.
};

Status CheckLayers(const ModelConfig& config, int layers) {
  if (layers < 1 || layers > config.num_layers) {
    return InvalidArgument(
        fmt::format("{} layers asked for, but the model has {}: expected 1 to {}", layers,
                    config.num_layers, config.num_layers));
  }
  if (!config.off_ramp_layers.empty() && !config.HasOffRamp(layers)) {
    return InvalidArgument(fmt::format("no off-ramp follows layer {}, expected one of {}", layers,
                                       fmt::join(config.off_ramp_layers, ", ")));
  }
  return OkStatus();
}

}  // namespace

Result<std::string> SerializeOnnx(const Model& model, const OnnxOptions& options) {
  const int layers = options.layers.value_or(model.config.num_layers);
  EDGEBERT_RETURN_IF_ERROR(CheckLayers(model.config, layers));
  GraphBuilder graph("edgebert");
  EncoderGraph(model, graph).Build(layers);
  const size_t bytes = graph.model().ByteSizeLong();
  if (bytes > static_cast<size_t>(std::numeric_limits<int>::max())) {
    return Unsupported(fmt::format(
        "the model is {:.1f} GB in float32, more than the 2 GB that an ONNX file has room for",
        static_cast<double>(bytes) * 1e-9));
  }
  return graph.model().SerializeAsString();
}

Status ExportOnnx(const Model& model, const OnnxOptions& options,
                  const std::filesystem::path& path) {
  EDGEBERT_ASSIGN_OR_RETURN(const std::string bytes, SerializeOnnx(model, options));
  return WriteFileAtomically(path, bytes);
}

}  // namespace edgebert
