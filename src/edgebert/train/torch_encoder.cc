#include "edgebert/train/torch_encoder.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

#include "edgebert/numeric/adaptivfloat.h"

namespace edgebert {
namespace {

/// Far below any score, yet finite: a row of nothing else still has a softmax.
constexpr double kMasked = -1e9;

std::vector<float> ToFloats(const torch::Tensor& tensor) {
  const torch::Tensor values = tensor.detach().to(torch::kCPU, torch::kFloat32).contiguous();
  const float* data = values.data_ptr<float>();
  return {data, data + values.numel()};
}

bool IsEmbedding(const std::string& name) {
  return name.starts_with("embedding.") && !name.starts_with("embedding.projection.");
}

}  // namespace

TorchEncoder::TorchEncoder(const Model& model, torch::Device device)
    : config_(model.config), device_(device), span_(model.config) {
  for (const Tensor& tensor : model.tensors) {
    std::vector<float> values = FloatValues(tensor);
    torch::Tensor parameter = torch::from_blob(values.data(), tensor.shape, torch::kFloat32)
                                  .clone()
                                  .to(device_)
                                  .set_requires_grad(!IsEmbedding(tensor.name));
    parameters_.emplace(tensor.name, std::move(parameter));
  }
}

void TorchEncoder::SetEmbedding(const std::string& name, const torch::Tensor& values) {
  parameters_.at(name) = values.detach().to(device_);
}

torch::ScalarType TorchEncoder::ProductType() const {
  return options_.precision == MatmulPrecision::kBfloat16 ? torch::kBFloat16 : torch::kFloat32;
}

torch::Tensor TorchEncoder::Quantized(const torch::Tensor& values, int layer, ActivationSite site,
                                      torch::ScalarType type) const {
  return activation_biases_ ? FakeQuantizeAf8(values, activation_biases_->at(layer, site), type)
                            : values.to(type);
}

torch::Tensor TorchEncoder::Linear(const torch::Tensor& input, const std::string& name) {
  const torch::ScalarType type = ProductType();
  torch::Tensor& weight = step_weights_[name];
  if (!weight.defined()) {
    const auto found = compression_.find(name + ".weight");
    const WeightCompression none;
    weight = CompressWeight(parameters_.at(name + ".weight"),
                            found == compression_.end() ? none : found->second, type);
  }
  const torch::Tensor& bias = parameters_.at(name + ".bias");
  if (type != torch::kFloat32) {
    return torch::linear(input.to(type), weight).to(torch::kFloat32).add_(bias);
  }
  return torch::linear(input, weight, bias);
}

torch::Tensor TorchEncoder::Normalized(const torch::Tensor& values,
                                       const std::string& prefix) const {
  return torch::layer_norm(values, {values.size(-1)}, parameters_.at(prefix + ".gain"),
                           parameters_.at(prefix + ".bias"), double{config_.layer_norm_epsilon});
}

torch::Tensor TorchEncoder::Dropped(const torch::Tensor& values) const {
  return options_.dropout > 0 ? torch::dropout(values, options_.dropout, /*train=*/true) : values;
}

torch::Tensor TorchEncoder::Embed(const Batch& batch) {
  const int64_t tokens = batch.ids.size(1);
  const torch::Tensor sum = parameters_.at("embedding.word").index({batch.ids}) +
                            parameters_.at("embedding.position").slice(0, 0, tokens) +
                            parameters_.at("embedding.segment").index({batch.segment_ids});
  torch::Tensor states = Normalized(sum, "embedding.norm");
  if (activation_biases_) {
    states = FakeQuantizeAf8(states, activation_biases_->embedding_norm);
  }
  states = Dropped(states);
  if (config_.has_embedding_projection()) {
    states = Linear(states, "embedding.projection");
    if (activation_biases_) {
      states = FakeQuantizeAf8(states, activation_biases_->embedding_output);
    }
  }
  return states;
}

torch::Tensor TorchEncoder::Attend(const torch::Tensor& input, const Batch& batch, int layer) {
  const int distinct = config_.DistinctLayer(layer);
  const std::string prefix = LayerPrefix(distinct) + "attention.";
  const int64_t sentences = input.size(0);
  const int64_t tokens = input.size(1);
  const torch::Tensor operand = input.to(ProductType());  // Once for all three.
  const auto heads = [&](const char* name, ActivationSite site) {
    return Quantized(Linear(operand, prefix + name), layer, site)
        .view({sentences, tokens, config_.num_heads, config_.head_size()})
        .transpose(1, 2);
  };
  const torch::Tensor query = heads("query", ActivationSite::kQuery);
  const torch::Tensor key = heads("key", ActivationSite::kKey);
  const torch::Tensor value = heads("value", ActivationSite::kValue);
  torch::Tensor scores =
      query.matmul(key.transpose(2, 3)) / std::sqrt(double{1} * config_.head_size());
  scores =
      scores.masked_fill(batch.is_token.logical_not().view({sentences, 1, 1, tokens}), kMasked);
  const torch::Tensor span_weights = span_.Weights(distinct, tokens, device_);
  if (span_weights.defined()) {
    scores = scores.masked_fill((span_weights == 0).unsqueeze(0), kMasked);
  }
  torch::Tensor probabilities = scores.softmax(-1);
  if (span_weights.defined()) {
    probabilities = probabilities * span_weights.unsqueeze(0);
  }
  probabilities = Dropped(Quantized(probabilities, layer, ActivationSite::kProbability));
  torch::Tensor context =
      probabilities.matmul(value).transpose(1, 2).reshape({sentences, tokens, config_.hidden_size});
  return Linear(Quantized(context, layer, ActivationSite::kContext, ProductType()),
                prefix + "output");
}

torch::Tensor TorchEncoder::OffRamp(const torch::Tensor& states, const Batch& batch, int layer) {
  std::vector<torch::Tensor> pooled;
  for (const Pooling pooling : config_.pooling) {
    if (pooling == Pooling::kCls) {
      pooled.push_back(states.select(1, 0));
    } else {
      const torch::Tensor is_token = batch.is_token.to(torch::kFloat32).unsqueeze(1);
      pooled.push_back(is_token.bmm(states).squeeze(1) / is_token.sum(2));
    }
  }
  const std::string prefix = OffRampPrefix(config_, layer);
  const torch::Tensor input =
      Quantized(torch::cat(pooled, 1), layer, ActivationSite::kOffRampInput, ProductType());
  const torch::Tensor hidden = Quantized(Linear(Dropped(input), prefix + "pooler").tanh(), layer,
                                         ActivationSite::kOffRampHidden, ProductType());
  return Linear(Dropped(hidden), prefix + "classifier");
}

EncoderOutputs TorchEncoder::Forward(const Batch& batch, const ForwardOptions& options) {
  options_ = options;
  step_weights_.clear();
  EncoderOutputs outputs;
  torch::Tensor states = Embed(batch);
  for (int layer = 1; layer <= config_.num_layers; ++layer) {
    const std::string prefix = LayerPrefix(config_.DistinctLayer(layer));
    const torch::Tensor attended = Dropped(Attend(states, batch, layer));
    const torch::Tensor middle = Quantized(Normalized(attended + states, prefix + "attention.norm"),
                                           layer, ActivationSite::kAttentionOutput);
    torch::Tensor hidden = Linear(middle, prefix + "feed_forward.up");
    switch (config_.activation) {
      case Activation::kGelu:
        hidden = torch::gelu(hidden);
        break;
      case Activation::kGeluTanh:
        hidden = torch::gelu(hidden, "tanh");
        break;
      case Activation::kRelu:
        hidden = torch::relu(hidden);
        break;
    }
    hidden = Quantized(hidden, layer, ActivationSite::kHidden, ProductType());
    const torch::Tensor update = Dropped(Linear(hidden, prefix + "feed_forward.down"));
    states = Quantized(Normalized(update + middle, prefix + "feed_forward.norm"), layer,
                       ActivationSite::kLayerOutput);
    outputs.states.push_back(states);
    if (config_.HasOffRamp(layer)) {
      outputs.logits.push_back(OffRamp(states, batch, layer));
    }
  }
  step_weights_.clear();
  return outputs;
}

Result<Model> TorchEncoder::ToModel(const Model& source) const {
  Model model;
  model.config = config_;
  model.config.attention_spans = span_.Spans();
  model.tokenizer = source.tokenizer;
  model.provenance = source.provenance;
  model.activation_biases = activation_biases_;
  for (const TensorSpec& spec : ExpectedTensors(model.config)) {
    const torch::Tensor& parameter = parameters_.at(spec.name);
    const auto found = compression_.find(spec.name);
    const WeightCompression compression =
        found == compression_.end() ? WeightCompression() : found->second;
    const std::vector<float> values =
        ToFloats(compression.mask.defined() ? parameter.detach() * compression.mask : parameter);
    if (!activation_biases_ || spec.role == TensorRole::kVector) {
      model.tensors.push_back(MakeFloatTensor(spec.name, spec.shape, values));
      continue;
    }
    const int bias =
        compression.exponent_bias ? *compression.exponent_bias : SearchBias(kAf8, values);
    std::vector<uint8_t> codes(values.size());
    if (const Status status = EncodeTensor(kAf8, values, bias, codes); !status.ok()) {
      return status.WithContext("tensor '" + spec.name + "'");
    }
    model.tensors.push_back(MakeAf8Tensor(spec.name, spec.shape, bias, codes));
  }
  EDGEBERT_RETURN_IF_ERROR(ValidateModel(model));
  return model;
}

}  // namespace edgebert
