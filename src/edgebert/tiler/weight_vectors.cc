#include "edgebert/tiler/weight_vectors.h"

#include <algorithm>

#include "edgebert/tiler/machine_shape.h"

namespace edgebert {

int MatrixInputs(const ModelConfig& config, MatrixRole role) {
  switch (role) {
    case MatrixRole::kEmbeddingProjection:
      return config.embedding_size;
    case MatrixRole::kFeedForwardDown:
      return config.intermediate_size;
    case MatrixRole::kOffRampPooler:
      return config.pooled_size();
    case MatrixRole::kOffRampClassifier:
      return config.pooler_size;
    default:
      return config.hidden_size;
  }
}

int MatrixOutputs(const ModelConfig& config, MatrixRole role) {
  switch (role) {
    case MatrixRole::kFeedForwardUp:
      return config.intermediate_size;
    case MatrixRole::kOffRampPooler:
      return config.pooler_size;
    case MatrixRole::kOffRampClassifier:
      return config.num_classes();
    default:
      return config.hidden_size;
  }
}

WeightLayout::WeightLayout(const ModelConfig& config, MatrixRole role, int index, int vector_size)
    : vector_size_(vector_size) {
  columns_ = MatrixOutputs(config, role);
  part_inputs_ = MatrixInputs(config, role);
  part_offsets_ = {0};
  if (role == MatrixRole::kOffRampPooler) {
    part_inputs_ = config.hidden_size;
    for (size_t pooling = 1; pooling < config.pooling.size(); ++pooling) {
      part_offsets_.push_back(static_cast<int>(pooling) * config.hidden_size);
    }
  }
  if (role == MatrixRole::kQuery || role == MatrixRole::kKey || role == MatrixRole::kValue) {
    heads_ = ActiveHeads(config, index, config.max_positions);
    head_size_ = config.head_size();
    columns_ = static_cast<int>(heads_.size()) * head_size_;
  }
  if (role == MatrixRole::kAttentionOutput) {
    part_inputs_ = config.head_size();
    part_offsets_.clear();
    for (const HeadSpan& head : ActiveHeads(config, index, config.max_positions)) {
      part_offsets_.push_back(head.head * part_inputs_);
    }
  }
  part_blocks_ = static_cast<int>(CeilDivide(part_inputs_, vector_size_));
}

int WeightLayout::Lanes(int block) const {
  return std::min(vector_size_, part_inputs_ - block % part_blocks_ * vector_size_);
}

WeightVector WeightLayout::At(int column, int block) const {
  const int part = block / part_blocks_;
  const int first = part_offsets_[static_cast<size_t>(part)] + block % part_blocks_ * vector_size_;
  int row = column;
  if (head_size_ > 0) {
    row = heads_[static_cast<size_t>(column / head_size_)].head * head_size_ + column % head_size_;
  }
  return {row, first, Lanes(block)};
}

}  // namespace edgebert
