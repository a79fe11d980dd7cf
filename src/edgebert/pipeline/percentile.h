#ifndef EDGEBERT_PIPELINE_PERCENTILE_H_
#define EDGEBERT_PIPELINE_PERCENTILE_H_

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

namespace edgebert {

/// The smallest of the values that is not below `share`, 0 to 1, of them. There must be one.
template <typename Value>
Value Percentile(std::vector<Value> values, double share) {
  std::sort(values.begin(), values.end());
  const auto rank = static_cast<size_t>(std::ceil(share * static_cast<double>(values.size())));
  return values[std::max<size_t>(rank, 1) - 1];
}

}  // namespace edgebert

#endif  // EDGEBERT_PIPELINE_PERCENTILE_H_
