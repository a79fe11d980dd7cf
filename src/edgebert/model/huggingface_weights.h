#ifndef EDGEBERT_MODEL_HUGGINGFACE_WEIGHTS_H_
#define EDGEBERT_MODEL_HUGGINGFACE_WEIGHTS_H_

#include <vector>

#include "edgebert/base/status.h"
#include "edgebert/model/huggingface_config.h"
#include "edgebert/model/safetensors.h"
#include "edgebert/model/tensor.h"

namespace edgebert {

/// Reads the tensors that ExpectedTensors(config.model) asks for from a checkpoint in Hugging
/// Face's names, with or without the prefix "bert." or "albert."; float32, ascending by name.
///
/// Names and shapes are all checked before any data is read. Tensors that the task does not use
/// (a base model's pooler, position ids, pre-training heads) are passed over; any other tensor
/// that nothing asks for is an error, so that no part of a model is dropped unnoticed.
Result<std::vector<Tensor>> ReadHuggingFaceWeights(const SafetensorsFile& file,
                                                   const HuggingFaceConfig& config);

}  // namespace edgebert

#endif  // EDGEBERT_MODEL_HUGGINGFACE_WEIGHTS_H_
