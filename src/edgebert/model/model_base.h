#ifndef EDGEBERT_MODEL_MODEL_BASE_H_
#define EDGEBERT_MODEL_MODEL_BASE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "edgebert/base/status.h"
#include "edgebert/model/model.h"
#include "edgebert/model/sha256.h"
#include "edgebert/text/tokenizer.h"

namespace edgebert {

/// What a model file holds.
enum class ModelFileKind : uint8_t {
  kModel,  ///< A whole model.
  kBase,   ///< What models of several tasks share: a ModelBase.
  kTask,   ///< The rest of a model, with the name and hash of its base.
};
std::string_view ModelFileKindName(ModelFileKind kind);  ///< "a whole model", "a base file", …

/// What models of several tasks share: tokenizer, tables and LayerNorm of the embedding, which
/// training leaves frozen. All else, an embedding projection included, is the task's own.
struct ModelBase {
  TokenizerData tokenizer;
  EmbeddingShape shape;
  std::vector<Tensor> tensors;  ///< ExpectedEmbedding(shape)
  std::string provenance;       ///< JSON object; may be empty.

  bool operator==(const ModelBase&) const = default;
};

/// How a task file names its base.
struct BaseReference {
  std::string file_name;  ///< Without any folder: the base lies beside the task file.
  Sha256Digest sha256{};  ///< Of all bytes of the base file.

  bool operator==(const BaseReference&) const = default;
};

/// A base with the name and hash that task files know it by.
struct BaseFile {
  ModelBase base;
  BaseReference reference;
};

/// The base of a valid model; provenance {"split_from": the model's}.
ModelBase BaseOf(const Model& model);

Status ValidateBase(const ModelBase& base);

/// Fails unless the model's tokenizer and embedding equal the base's bit for bit; the error says
/// what differs first.
Status CheckSharesBase(const Model& model, const ModelBase& base);

/// Takes out of a model what a task file leaves to its base.
void RemoveBase(Model& model);

/// Puts back what RemoveBase() took. Fails where the model's configuration asks for an embedding of
/// another shape.
Status AddBase(ModelBase base, Model& model);

inline constexpr size_t kMaxBaseFileNameBytes = 255;

/// Fails unless `name` is that of a file in the same folder on any system: 1 to
/// kMaxBaseFileNameBytes of UTF-8, no separator, no control character, not "." or "..".
Status CheckBaseFileName(std::string_view name);

}  // namespace edgebert

#endif  // EDGEBERT_MODEL_MODEL_BASE_H_
