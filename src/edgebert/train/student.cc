#include "edgebert/train/student.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <random>
#include <utility>

#include "edgebert/pipeline/calibration.h"
#include "edgebert/train/distillation.h"

namespace edgebert {
namespace {

constexpr double kInitialDeviation = 0.02;

/// A normal value, the same on every platform (Box and Muller).
double DrawNormal(std::mt19937_64& random) {
  const auto uniform = [&] { return (static_cast<double>(random() >> 11) + 0.5) * 0x1p-53; };
  const double radius = std::sqrt(-2 * std::log(uniform()));
  return radius * std::cos(2 * M_PI * uniform());
}

std::vector<float> Draw(const TensorSpec& spec, std::mt19937_64& random) {
  int64_t size = 1;
  for (const int64_t dimension : spec.shape) {
    size *= dimension;
  }
  std::vector<float> values(static_cast<size_t>(size), 0.0F);
  if (spec.role == TensorRole::kMatrix) {
    for (float& value : values) {
      value = static_cast<float>(kInitialDeviation * DrawNormal(random));
    }
  }
  return values;
}

/// The distinct layer of `source` that stands in the middle of those that distinct layer `layer` of
/// `count` replaces.
int SourceLayer(const ModelConfig& source, int layer, int count) {
  const int middle = (2 * layer + 1) * source.num_layers / (2 * count);
  return source.layer_map[static_cast<size_t>(middle)];
}

std::string SourceName(const std::string& name, const ModelConfig& source, int count) {
  for (int layer = 0; layer < count; ++layer) {
    const std::string prefix = LayerPrefix(layer);
    if (name.starts_with(prefix)) {
      return LayerPrefix(SourceLayer(source, layer, count)) + name.substr(prefix.size());
    }
  }
  return name;
}

nlohmann::json ToJson(const ActivationBiases& biases) {
  return {{"norm", biases.embedding_norm},
          {"output", biases.embedding_output},
          {"layers", biases.layers}};
}

ActivationBiases FromJson(const nlohmann::json& json) {
  ActivationBiases biases;
  biases.embedding_norm = json.at("norm").get<int8_t>();
  biases.embedding_output = json.at("output").get<int8_t>();
  biases.layers = json.at("layers").get<decltype(biases.layers)>();
  return biases;
}

}  // namespace

Result<Model> MakeStartingModel(const Model& source, const OffRampRecipe& off_ramps,
                                std::vector<int> layers, std::vector<std::string> labels,
                                int distinct_layers, uint64_t seed) {
  Model model;
  model.config = source.config;
  model.tokenizer = source.tokenizer;
  model.provenance = source.provenance;
  ModelConfig& config = model.config;
  config.labels = std::move(labels);
  config.off_ramp_layers = std::move(layers);
  config.pooling = off_ramps.pooling;
  config.pooler_size = off_ramps.pooler_size > 0 ? off_ramps.pooler_size : config.hidden_size;
  config.shared_off_ramp = off_ramps.shared;
  const int count = distinct_layers > 0 ? distinct_layers : config.num_distinct_layers;
  if (count != config.num_distinct_layers) {
    if (count > config.num_layers) {
      return InvalidArgument(fmt::format("the recipe asks for {} distinct layers, the base has {}",
                                         count, config.num_layers));
    }
    config.num_distinct_layers = count;
    config.attention_spans.clear();
    for (int layer = 0; layer < config.num_layers; ++layer) {
      config.layer_map[static_cast<size_t>(layer)] = layer * count / config.num_layers;
    }
  }
  std::mt19937_64 random(seed);
  for (const TensorSpec& spec : ExpectedTensors(config)) {
    if (spec.name.starts_with("off_ramp.")) {
      model.tensors.push_back(MakeFloatTensor(spec.name, spec.shape, Draw(spec, random)));
      continue;
    }
    const std::string name = SourceName(spec.name, source.config, count);
    const Tensor* tensor = source.Find(name);
    if (tensor == nullptr || tensor->shape != spec.shape) {
      return InvalidArgument(
          fmt::format("the base model has no tensor '{}' of the shape that is needed", name));
    }
    model.tensors.push_back(MakeFloatTensor(spec.name, spec.shape, FloatValues(*tensor)));
  }
  EDGEBERT_RETURN_IF_ERROR(ValidateModel(model));
  return model;
}

StudentHooks::StudentHooks(const StudentRecipe& recipe, const Model& source, TorchEncoder& encoder,
                           std::span<const TokenizedExample> examples, TeacherOutputs teacher)
    : recipe_(recipe),
      source_(source),
      encoder_(encoder),
      examples_(examples),
      teacher_(std::move(teacher)) {
  if (recipe_.pruning) {
    pruner_ = std::make_unique<Pruner>(*recipe_.pruning, encoder_);
  }
  if (recipe_.attention_span) {
    encoder_.span().BeginLearning(recipe_.attention_span->initial, recipe_.attention_span->ramp,
                                  encoder_.device());
  }
}

Status StudentHooks::BeforeStep(double progress, int64_t step) {
  progress_ = progress;
  if (pruner_ && pruner_->Update(progress, step)) {
    PruneAbsentHeads(encoder_);
  }
  if (encoder_.span().is_learning() && progress >= recipe_.attention_span->end) {
    encoder_.span().Freeze();
    PruneAbsentHeads(encoder_);
  }
  return UpdateQuantization(progress);
}

Status StudentHooks::UpdateQuantization(double progress) {
  if (!recipe_.quantization) {
    return OkStatus();
  }
  const QuantizationRecipe& recipe = *recipe_.quantization;
  if (!quantizes_weights_ && progress >= recipe.weights_begin) {
    SearchWeightBiases();
    quantizes_weights_ = true;
  }
  if (!encoder_.activation_biases() && progress >= recipe.activations_begin) {
    return SearchActivationBiases();
  }
  const double next = recipe.activations_begin + (recipe.end - recipe.activations_begin) *
                                                     (searches_done_ + 1) /
                                                     std::max(recipe.searches, 1);
  if (encoder_.activation_biases() && searches_done_ < recipe.searches && progress >= next) {
    ++searches_done_;
    SearchWeightBiases();
    return SearchActivationBiases();
  }
  return OkStatus();
}

void StudentHooks::QuantizeEmbedding() {
  for (const TensorSpec& spec : ExpectedTensors(encoder_.config())) {
    if (spec.role == TensorRole::kEmbeddingTable) {
      const torch::Tensor values = encoder_.parameter(spec.name);
      const int bias = SearchAf8Bias(values);
      encoder_.SetEmbedding(spec.name, FakeQuantizeAf8(values, bias));
      encoder_.compression()[spec.name].exponent_bias = bias;
    }
  }
}

void StudentHooks::SearchWeightBiases() {
  const torch::NoGradGuard no_gradient;
  for (const TensorSpec& spec : ExpectedTensors(encoder_.config())) {
    if (spec.role != TensorRole::kMatrix) {
      continue;
    }
    WeightCompression& compression = encoder_.compression()[spec.name];
    const torch::Tensor& values = encoder_.parameter(spec.name);
    compression.exponent_bias =
        SearchAf8Bias(compression.mask.defined() ? values * compression.mask : values);
  }
}

Status StudentHooks::SearchActivationBiases() {
  // Found by the engine, in float32, with weights and spans as they are.
  std::optional<ActivationBiases>& biases = encoder_.activation_biases();
  biases.reset();
  EDGEBERT_ASSIGN_OR_RETURN(const Model model, encoder_.ToModel(source_));
  const auto count =
      std::min<size_t>(static_cast<size_t>(recipe_.quantization->sentences), examples_.size());
  std::vector<Encoding> sentences;
  for (size_t i = 0; i < count; ++i) {
    sentences.push_back(examples_[i * examples_.size() / count].encoding);
  }
  EDGEBERT_ASSIGN_OR_RETURN(biases, FindActivationBiases(model, sentences));
  return OkStatus();
}

torch::Tensor StudentHooks::StatesLoss(const EncoderOutputs& outputs, const Batch& batch) const {
  std::vector<torch::Tensor> expected;
  {
    const torch::NoGradGuard no_gradient;
    expected = teacher_.encoder->Forward(batch, teacher_.forward).states;
  }
  return StateLoss(outputs.states, expected, batch.is_token, encoder_.config().layer_map);
}

torch::Tensor StudentHooks::Loss(const EncoderOutputs& outputs, const Batch& batch) {
  const torch::Tensor teacher =
      teacher_.logits.defined()
          ? teacher_.logits.index_select(0, batch.examples).to(encoder_.device())
          : torch::Tensor();
  torch::Tensor loss = OffRampLoss(outputs.logits, batch.labels, teacher, recipe_.distillation,
                                   encoder_.config().off_ramp_layers);
  if (const auto& states = recipe_.distillation.states; states && progress_ < states->end) {
    const double weight = states->weight * (1 - progress_ / states->end);
    loss = loss + weight * StatesLoss(outputs, batch);
  }
  if (encoder_.span().is_learning()) {
    loss = loss + recipe_.attention_span->penalty *
                      encoder_.span().MeanShare(recipe_.attention_span->initial);
  }
  return loss;
}

void StudentHooks::AfterBackward(double learning_rate) {
  if (pruner_) {
    pruner_->Observe(learning_rate);
  }
}

void StudentHooks::AfterStep() {
  if (encoder_.span().is_learning()) {
    encoder_.span().Clamp(recipe_.attention_span->initial);
  }
}

void StudentHooks::Save(Checkpoint& checkpoint) const {
  nlohmann::json state = {
      {"searches_done", searches_done_},
      {"quantizes_weights", quantizes_weights_},
      {"weight_biases", nlohmann::json::object()},
      {"spans", encoder_.span().is_learning() ? std::vector<int>() : encoder_.span().Spans()},
      {"held_sparsity", pruner_ ? pruner_->held_sparsity() : 0.0}};
  for (const auto& [name, compression] : encoder_.compression()) {
    if (compression.mask.defined()) {
      checkpoint.tensors["mask." + name] = compression.mask;
    }
    if (compression.exponent_bias) {
      state["weight_biases"][name] = *compression.exponent_bias;
    }
  }
  if (encoder_.activation_biases()) {
    state["activation_biases"] = ToJson(*encoder_.activation_biases());
  }
  if (encoder_.span().is_learning()) {
    checkpoint.tensors["span"] = encoder_.span().learned();
  }
  if (pruner_) {
    for (const auto& [name, score] : pruner_->scores()) {
      checkpoint.tensors["score." + name] = score;
    }
  }
  checkpoint.texts["student"] = state.dump();
}

Status StudentHooks::Restore(const Checkpoint& checkpoint) {
  const torch::NoGradGuard no_gradient;
  const nlohmann::json state = nlohmann::json::parse(checkpoint.texts.at("student"));
  searches_done_ = state.at("searches_done").get<int>();
  quantizes_weights_ = state.at("quantizes_weights").get<bool>();
  for (const auto& [name, bias] : state.at("weight_biases").items()) {
    encoder_.compression()[name].exponent_bias = bias.get<int>();
  }
  if (state.contains("activation_biases")) {
    encoder_.activation_biases() = FromJson(state.at("activation_biases"));
  }
  for (const auto& [name, tensor] : checkpoint.tensors) {
    if (name.starts_with("mask.")) {
      encoder_.compression()[name.substr(5)].mask = tensor.to(encoder_.device());
    } else if (name.starts_with("score.") && pruner_) {
      pruner_->scores().at(name.substr(6)).copy_(tensor);
    }
  }
  if (pruner_) {
    pruner_->set_held_sparsity(state.at("held_sparsity").get<double>());
  }
  if (encoder_.span().is_learning()) {
    if (const auto span = checkpoint.tensors.find("span"); span != checkpoint.tensors.end()) {
      encoder_.span().learned().copy_(span->second);
    } else {
      encoder_.span().SetFrozen(state.at("spans").get<std::vector<int>>());
    }
  }
  return OkStatus();
}

}  // namespace edgebert
