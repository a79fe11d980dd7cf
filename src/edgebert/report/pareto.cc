#include "edgebert/report/pareto.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace edgebert {

std::vector<size_t> ParetoFront(std::span<const Tradeoff> designs) {
  std::vector<size_t> order;
  for (size_t i = 0; i < designs.size(); ++i) {
    if (std::isfinite(designs[i].first) && std::isfinite(designs[i].second)) {
      order.push_back(i);
    }
  }
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return designs[a].first != designs[b].first ? designs[a].first < designs[b].first
                                                : designs[a].second < designs[b].second;
  });
  std::vector<size_t> front;
  double least = std::numeric_limits<double>::infinity();
  for (const size_t i : order) {
    if (designs[i].second < least) {
      least = designs[i].second;
      front.push_back(i);
    }
  }
  return front;
}

}  // namespace edgebert
