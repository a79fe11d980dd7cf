#include "edgebert/model/model_base.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "edgebert/base/text.h"

namespace edgebert {
namespace {

bool IsShared(const Tensor& tensor, const std::vector<TensorSpec>& embedding) {
  return std::any_of(embedding.begin(), embedding.end(),
                     [&](const TensorSpec& spec) { return spec.name == tensor.name; });
}

std::string ShapeText(const EmbeddingShape& shape) {
  return fmt::format("{} × {} with {} positions and {} segments", shape.vocabulary_size,
                     shape.embedding_size, shape.max_positions, shape.num_segments);
}

Status CheckSameTokenizer(const TokenizerData& model, const TokenizerData& base) {
  if (model == base) {
    return OkStatus();
  }
  if (model.pieces.size() != base.pieces.size()) {
    return InvalidArgument(fmt::format("its tokenizer has {} pieces, the base's has {}",
                                       model.pieces.size(), base.pieces.size()));
  }
  const auto [piece, other] =
      std::mismatch(model.pieces.begin(), model.pieces.end(), base.pieces.begin());
  if (piece != model.pieces.end()) {
    return InvalidArgument(fmt::format("piece {} of its tokenizer is '{}', of the base's '{}'",
                                       piece - model.pieces.begin(), *piece, *other));
  }
  return InvalidArgument("its tokenizer has the base's pieces, but other settings");
}

Status CheckSameTensor(const Tensor& model, const Tensor& base) {
  if (model == base) {
    return OkStatus();
  }
  const std::string what = fmt::format("its tensor '{}' is not the base's: ", model.name);
  if (model.encoding != base.encoding) {
    return InvalidArgument(what + fmt::format("{} against {}", TensorEncodingName(model.encoding),
                                              TensorEncodingName(base.encoding)));
  }
  if (model.exponent_bias != base.exponent_bias) {
    return InvalidArgument(
        what + fmt::format("exponent bias {} against {}", model.exponent_bias, base.exponent_bias));
  }
  const std::vector<float> values = FloatValues(model);
  const std::vector<float> others = FloatValues(base);
  size_t differences = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    differences += values[i] != others[i] ? 1u : 0u;
  }
  return InvalidArgument(
      what + fmt::format("{} of {} values differ: the embedding was trained, pruned or quantised "
                         "otherwise",
                         differences, values.size()));
}

}  // namespace

std::string_view ModelFileKindName(ModelFileKind kind) {
  switch (kind) {
    case ModelFileKind::kModel:
      return "a whole model";
    case ModelFileKind::kBase:
      return "a base file";
    case ModelFileKind::kTask:
      return "a task file";
  }
  return "unknown";
}

ModelBase BaseOf(const Model& model) {
  ModelBase base;
  base.tokenizer = model.tokenizer;
  base.shape = EmbeddingShapeOf(model.config);
  const std::vector<TensorSpec> embedding = ExpectedEmbedding(base.shape);
  std::copy_if(model.tensors.begin(), model.tensors.end(), std::back_inserter(base.tensors),
               [&](const Tensor& tensor) { return IsShared(tensor, embedding); });
  if (!model.provenance.empty()) {
    base.provenance = fmt::format(R"({{"split_from":{}}})", model.provenance);
  }
  return base;
}

Status ValidateBase(const ModelBase& base) {
  EDGEBERT_RETURN_IF_ERROR(ValidateEmbeddingShape(base.shape));
  EDGEBERT_RETURN_IF_ERROR(ValidateTokenizer(base.tokenizer, base.shape.vocabulary_size));
  constexpr bool kMayBeAf8 = true;
  EDGEBERT_RETURN_IF_ERROR(ValidateTensors(base.tensors, ExpectedEmbedding(base.shape), kMayBeAf8));
  return ValidateProvenance(base.provenance);
}

Status CheckSharesBase(const Model& model, const ModelBase& base) {
  const EmbeddingShape shape = EmbeddingShapeOf(model.config);
  if (shape != base.shape) {
    return InvalidArgument(
        fmt::format("its embedding is {}, the base's {}", ShapeText(shape), ShapeText(base.shape)));
  }
  EDGEBERT_RETURN_IF_ERROR(CheckSameTokenizer(model.tokenizer, base.tokenizer));
  for (const Tensor& tensor : base.tensors) {
    const Tensor* own = model.Find(tensor.name);
    if (own == nullptr) {
      return InvalidArgument(fmt::format("it has no tensor '{}', the base has", tensor.name));
    }
    EDGEBERT_RETURN_IF_ERROR(CheckSameTensor(*own, tensor));
  }
  return OkStatus();
}

void RemoveBase(Model& model) {
  const std::vector<TensorSpec> embedding = ExpectedEmbedding(EmbeddingShapeOf(model.config));
  std::erase_if(model.tensors, [&](const Tensor& tensor) { return IsShared(tensor, embedding); });
  model.tokenizer = {};
}

Status AddBase(ModelBase base, Model& model) {
  const EmbeddingShape shape = EmbeddingShapeOf(model.config);
  if (shape != base.shape) {
    return DataLoss(fmt::format("the configuration asks for an embedding of {}, its base has {}",
                                ShapeText(shape), ShapeText(base.shape)));
  }
  model.tokenizer = std::move(base.tokenizer);
  const auto middle = static_cast<std::ptrdiff_t>(model.tensors.size());
  std::move(base.tensors.begin(), base.tensors.end(), std::back_inserter(model.tensors));
  std::inplace_merge(model.tensors.begin(), model.tensors.begin() + middle, model.tensors.end(),
                     [](const Tensor& a, const Tensor& b) { return a.name < b.name; });
  return OkStatus();
}

Status CheckBaseFileName(std::string_view name) {
  const bool is_plain = !name.empty() && name.size() <= kMaxBaseFileNameBytes && name != "." &&
                        name != ".." && !FindInvalidUtf8(name) &&
                        std::none_of(name.begin(), name.end(), [](char c) {
                          const auto byte = static_cast<unsigned char>(c);
                          return byte < 0x20 || byte == 0x7F || c == '/' || c == '\\' || c == ':';
                        });
  if (!is_plain) {
    return DataLoss(fmt::format(
        "'{}' as the name of a base, expected a file name of 1 to {} bytes of UTF-8 without folder",
        name.substr(0, kMaxBaseFileNameBytes), kMaxBaseFileNameBytes));
  }
  return OkStatus();
}

}  // namespace edgebert
