#include "edgebert/model/absent_heads.h"

#include <algorithm>
#include <string>

#include "edgebert/model/model.h"

namespace edgebert {

void ZeroAbsentHeads(const ModelConfig& config, const Tensor& tensor, std::span<float> values) {
  const auto width = static_cast<size_t>(config.hidden_size);
  const auto head_size = static_cast<size_t>(config.head_size());
  for (int distinct = 0; distinct < config.num_distinct_layers; ++distinct) {
    if (tensor.name != LayerPrefix(distinct) + "attention.output.weight") {
      continue;
    }
    for (int head = 0; head < config.num_heads; ++head) {
      if (config.Span(distinct, head) > 0) {
        continue;
      }
      for (size_t row = 0; row < width; ++row) {
        const size_t first = row * width + static_cast<size_t>(head) * head_size;
        std::ranges::fill(values.subspan(first, head_size), 0.0F);
      }
    }
  }
}

}  // namespace edgebert
