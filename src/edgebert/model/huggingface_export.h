#ifndef EDGEBERT_MODEL_HUGGINGFACE_EXPORT_H_
#define EDGEBERT_MODEL_HUGGINGFACE_EXPORT_H_

#include <filesystem>

#include "edgebert/base/status.h"
#include "edgebert/model/model.h"

namespace edgebert {

/// Writes a valid model as a Hugging Face directory, which is made if need be: config.json,
/// model.safetensors (float32), tokenizer.json and tokenizer_config.json. ImportHuggingFace() reads
/// it back with the same configuration, tokenizer and values.
///
/// Names are Hugging Face's own; the off-ramp after layer l is `off_ramps.l.pooler` and
/// `off_ramps.l.classifier` (l = 0 where one serves all layers), and config.json has the keys that
/// ParseHuggingFaceConfig() describes. Columns of an attention output projection that an absent
/// head would feed are written as zeros, so that software without spans leaves the head out as
/// well; spans between 0 and all positions only this library obeys. What is not kept: activation
/// biases, thresholds, predictor, calibration record, provenance, and the types of Unigram pieces
/// other than the special tokens' (no id depends on them).
Status ExportHuggingFace(const Model& model, const std::filesystem::path& directory);

}  // namespace edgebert

#endif  // EDGEBERT_MODEL_HUGGINGFACE_EXPORT_H_
