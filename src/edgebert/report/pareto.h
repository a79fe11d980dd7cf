#ifndef EDGEBERT_REPORT_PARETO_H_
#define EDGEBERT_REPORT_PARETO_H_

#include <cstddef>
#include <span>
#include <vector>

namespace edgebert {

/// A design's two ends: energy and latency, or energy and what is lost; less is better in both.
struct Tradeoff {
  double first = 0;
  double second = 0;
};

/// Indices of those that no other betters: is no worse in both and better in one. Of equal ones the
/// earliest. Ascending in `first`. Values that are not finite never belong to it.
std::vector<size_t> ParetoFront(std::span<const Tradeoff> designs);

}  // namespace edgebert

#endif  // EDGEBERT_REPORT_PARETO_H_
