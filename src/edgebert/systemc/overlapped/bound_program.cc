#include "edgebert/systemc/overlapped/bound_program.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "edgebert/numeric/adaptivfloat.h"
#include "edgebert/numeric/fixed_embedding.h"
#include "edgebert/program/weight_names.h"
#include "edgebert/systemc/overlapped/panel_image.h"

namespace edgebert::systemc::overlapped {
namespace {

/// AF8 exponent biases of what operations of a layer read and write.
class SlotBiases {
 public:
  SlotBiases(const Model& model, int layer) : biases_(*model.activation_biases), layer_(layer) {}

  int embedded() const { return biases_.embedding_norm; }
  int layer_input() const {
    return layer_ <= 1 ? biases_.embedding_output
                       : biases_.at(layer_ - 1, ActivationSite::kLayerOutput);
  }
  int at(ActivationSite site) const { return biases_.at(layer_, site); }

  int InputOf(MatrixRole role) const {
    switch (role) {
      case MatrixRole::kEmbeddingProjection:
        return embedded();
      case MatrixRole::kQuery:
      case MatrixRole::kKey:
      case MatrixRole::kValue:
        return layer_input();
      case MatrixRole::kAttentionOutput:
        return at(ActivationSite::kContext);
      case MatrixRole::kFeedForwardUp:
        return at(ActivationSite::kAttentionOutput);
      case MatrixRole::kFeedForwardDown:
        return at(ActivationSite::kHidden);
      case MatrixRole::kOffRampPooler:
        return at(ActivationSite::kOffRampInput);
      case MatrixRole::kOffRampClassifier:
        break;
    }
    return at(ActivationSite::kOffRampHidden);
  }

  /// Of results that are AF8; 0 for others.
  int OutputOf(MatrixRole role) const {
    switch (role) {
      case MatrixRole::kEmbeddingProjection:
        return biases_.embedding_output;
      case MatrixRole::kQuery:
        return at(ActivationSite::kQuery);
      case MatrixRole::kKey:
        return at(ActivationSite::kKey);
      case MatrixRole::kValue:
        return at(ActivationSite::kValue);
      case MatrixRole::kFeedForwardUp:
        return at(ActivationSite::kHidden);
      case MatrixRole::kOffRampPooler:
        return at(ActivationSite::kOffRampHidden);
      case MatrixRole::kAttentionOutput:
      case MatrixRole::kFeedForwardDown:
      case MatrixRole::kOffRampClassifier:
        break;
    }
    return 0;
  }

 private:
  const ActivationBiases& biases_;
  int layer_;
};

std::optional<FixedActivation> FunctionOf(ElementFunction function, Activation activation) {
  switch (function) {
    case ElementFunction::kNone:
      return std::nullopt;
    case ElementFunction::kTanh:
      return FixedActivation::kTanh;
    case ElementFunction::kActivation:
      break;
  }
  switch (activation) {
    case Activation::kGelu:
      return FixedActivation::kGelu;
    case Activation::kGeluTanh:
      return FixedActivation::kGeluTanh;
    case Activation::kRelu:
      break;
  }
  return FixedActivation::kRelu;
}

ArrayConstants ConstantsOf(const Model& model, const ArrayOperation& operation, int layer) {
  const SlotBiases biases(model, layer);
  ArrayConstants constants;
  switch (operation.kind) {
    case ArrayKind::kScores:
      constants.score_scale = MakeScoreScale(
          model.config.head_size(), biases.at(ActivationSite::kQuery) +
                                        biases.at(ActivationSite::kKey) - 2 * kAf8MantissaBits);
      return constants;
    case ArrayKind::kContext:
      constants.unit_exponent = biases.at(ActivationSite::kProbability) +
                                biases.at(ActivationSite::kValue) - 2 * kAf8MantissaBits;
      constants.output_bias = biases.at(ActivationSite::kContext);
      return constants;
    case ArrayKind::kWeights:
      break;
  }
  const int index = MatrixIndex(model.config, operation.matrix, layer);
  const Tensor& weights =
      *model.Find(MatrixName(model.config, operation.matrix, index) + ".weight");
  constants.unit_exponent =
      biases.InputOf(operation.matrix) + weights.exponent_bias - 2 * kAf8MantissaBits;
  constants.function = FunctionOf(operation.function, model.config.activation);
  constants.output_bias = biases.OutputOf(operation.matrix);
  if (operation.matrix == MatrixRole::kAttentionOutput) {
    constants.residual_bias = biases.layer_input();
  } else if (operation.matrix == MatrixRole::kFeedForwardDown) {
    constants.residual_bias = biases.at(ActivationSite::kAttentionOutput);
  }
  return constants;
}

FixedNormWeights NormWeightsOf(const Model& model, const std::string& name) {
  return MakeFixedNormWeights(FloatValues(*model.Find(name + ".gain")),
                              FloatValues(*model.Find(name + ".bias")));
}

SpecialConstants ConstantsOf(const Model& model, const EmbeddingTables& tables,
                             const SpecialOperation& operation, int layer) {
  const SlotBiases biases(model, layer);
  const float epsilon = model.config.layer_norm_epsilon;
  SpecialConstants constants;
  switch (operation.kind) {
    case SpecialKind::kEmbeddingLookup:
      constants.norm_shape = MakeNormShape(operation.width, epsilon, tables.unit_exponent);
      constants.output_bias =
          operation.output == TileRegion::kEmbedded ? biases.embedded() : biases.layer_input();
      break;
    case SpecialKind::kSoftmax:
      constants.output_bias = biases.at(ActivationSite::kProbability);
      break;
    case SpecialKind::kAddNorm: {
      const bool attention = operation.norm == NormRole::kAttention;
      const int residual =
          attention ? biases.layer_input() : biases.at(ActivationSite::kAttentionOutput);
      constants.norm_shape = MakeNormShape(operation.width, epsilon, NormInputExponent(residual));
      constants.norm_exponent =
          NormWeightsOf(model, NormName(operation.norm, model.config.DistinctLayer(layer)))
              .unit_exponent;
      constants.output_bias =
          biases.at(attention ? ActivationSite::kAttentionOutput : ActivationSite::kLayerOutput);
      break;
    }
    case SpecialKind::kPool:
      constants.unit_exponent = biases.at(ActivationSite::kLayerOutput) - kAf8MantissaBits;
      constants.output_bias = biases.at(ActivationSite::kOffRampInput);
      constants.pooling = model.config.pooling;
      break;
    case SpecialKind::kEntropy:
      break;
  }
  return constants;
}

double LargestMagnitude(const std::vector<float>& values) {
  float largest = 0;
  for (const float value : values) {
    largest = std::max(largest, std::fabs(value));
  }
  return double{largest};
}

std::vector<int32_t> Words(const std::vector<float>& values, int unit_exponent) {
  std::vector<int32_t> words;
  words.reserve(values.size());
  for (const float value : values) {
    words.push_back(static_cast<int32_t>(ToFixed(double{value}, unit_exponent, kEmbeddingLimit)));
  }
  return words;
}

EmbeddingTables TablesOf(const Model& model) {
  const Tensor& words = *model.Find("embedding.word");
  const std::vector<float> positions = FloatValues(*model.Find("embedding.position"));
  const std::vector<float> segments = FloatValues(*model.Find("embedding.segment"));
  EmbeddingTables tables;
  tables.width = model.config.embedding_size;
  tables.word_bias = words.exponent_bias;
  tables.unit_exponent = EmbeddingExponent(words.exponent_bias, LargestMagnitude(positions),
                                           LargestMagnitude(segments));
  tables.words = Af8Codes(words);
  tables.positions = Words(positions, tables.unit_exponent);
  tables.segments = Words(segments, tables.unit_exponent);
  tables.norm = NormWeightsOf(model, "embedding.norm");
  return tables;
}

}  // namespace

Result<BoundProgram> BindProgram(const Model& model, const TileProgram& program) {
  if (!model.is_af8() || !model.Find("embedding.word")->is_af8()) {
    return InvalidArgument(
        "the accelerator computes with AF8 codes, but the model's weights or words are float32: "
        "import it again with AF8 precision");
  }
  BoundProgram bound;
  bound.program = &program;
  bound.embedding = TablesOf(model);
  const auto bind = [&](const TileSection& section, int index) {
    auto result = std::make_unique<BoundSection>();
    result->section = &section;
    result->panels = PanelImages(model, section, index, program.vector_size);
    bound.sections.push_back(std::move(result));
  };
  bind(program.embedding, 0);
  for (size_t i = 0; i < program.layers.size(); ++i) {
    bind(program.layers[i], static_cast<int>(i));
  }
  for (size_t i = 0; i < program.off_ramps.size(); ++i) {
    bind(program.off_ramps[i], static_cast<int>(i));
  }
  const auto add = [&](size_t section, int layer, bool off_ramp) {
    BoundStage stage;
    stage.bound = bound.sections[section].get();
    stage.layer = layer;
    stage.off_ramp = off_ramp;
    for (const TileOperation& operation : stage.bound->section->operations) {
      const bool array = operation.unit == TileOperation::Unit::kArray;
      stage.array.push_back(array ? ConstantsOf(model, operation.array, layer) : ArrayConstants{});
      stage.special.push_back(array
                                  ? SpecialConstants{}
                                  : ConstantsOf(model, bound.embedding, operation.special, layer));
    }
    bound.stages.push_back(std::move(stage));
  };
  add(0, 0, false);
  for (size_t i = 0; i < program.sequence.size(); ++i) {
    bound.layer_stages.push_back(i == 0 ? 0 : bound.stages.size());
    const TileLayer& layer = program.sequence[i];
    add(1 + static_cast<size_t>(layer.section), static_cast<int>(i) + 1, false);
    if (layer.off_ramp >= 0) {
      add(1 + program.layers.size() + static_cast<size_t>(layer.off_ramp), static_cast<int>(i) + 1,
          true);
    }
  }
  bound.layer_stages.push_back(bound.stages.size());
  return bound;
}

}  // namespace edgebert::systemc::overlapped
