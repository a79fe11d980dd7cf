#ifndef EDGEBERT_MODEL_ABSENT_HEADS_H_
#define EDGEBERT_MODEL_ABSENT_HEADS_H_

#include <span>

#include "edgebert/model/config.h"
#include "edgebert/model/tensor.h"

namespace edgebert {

/// Sets the columns of `values`, those of `tensor`, that an absent head (span 0) would feed to zero
/// where the tensor is the weight of an attention output projection; leaves any other alone.
void ZeroAbsentHeads(const ModelConfig& config, const Tensor& tensor, std::span<float> values);

}  // namespace edgebert

#endif  // EDGEBERT_MODEL_ABSENT_HEADS_H_
