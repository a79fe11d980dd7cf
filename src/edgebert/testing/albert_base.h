#ifndef EDGEBERT_TESTING_ALBERT_BASE_H_
#define EDGEBERT_TESTING_ALBERT_BASE_H_

#include "edgebert/model/config.h"

namespace edgebert::testing {

/// The shape of the paper's encoder: ALBERT base, version 2, for SST-2, with its own classifier as
/// the only off-ramp.
inline ModelConfig AlbertBase() {
  ModelConfig config;
  config.family = Family::kAlbert;
  config.vocabulary_size = 30000;
  config.embedding_size = 128;
  config.hidden_size = 768;
  config.intermediate_size = 3072;
  config.num_heads = 12;
  config.num_layers = 12;
  config.num_distinct_layers = 1;
  config.layer_map.assign(12, 0);
  config.max_positions = 512;
  config.num_segments = 2;
  config.labels = {"negative", "positive"};
  config.off_ramp_layers = {12};
  config.pooling = {Pooling::kCls};
  config.pooler_size = 768;
  return config;
}

}  // namespace edgebert::testing

#endif  // EDGEBERT_TESTING_ALBERT_BASE_H_
