#ifndef EDGEBERT_MODEL_HUGGINGFACE_H_
#define EDGEBERT_MODEL_HUGGINGFACE_H_

#include <filesystem>

#include "edgebert/base/status.h"
#include "edgebert/model/model.h"

namespace edgebert {

/// Reads a Hugging Face directory (config.json, model.safetensors in fp32, fp16 or bf16, and
/// tokenizer.json, vocab.txt or spiece.model) into a float32 model.
///
/// Takes BertModel, BertForSequenceClassification, AlbertModel and AlbertForSequenceClassification,
/// with a classifier head, with this project's off-ramps (`off_ramps` in config.json), or with
/// neither (an encoder that cannot classify). Anything else is refused by name.
Result<Model> ImportHuggingFace(const std::filesystem::path& directory);

}  // namespace edgebert

#endif  // EDGEBERT_MODEL_HUGGINGFACE_H_
