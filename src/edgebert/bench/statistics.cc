#include "edgebert/bench/statistics.h"

#include <algorithm>
#include <numeric>
#include <random>

#include "edgebert/pipeline/percentile.h"

namespace edgebert {

TimeSummary Summarize(std::span<const double> samples) {
  const std::vector<double> values(samples.begin(), samples.end());
  return {std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size()),
          Percentile(values, 0.5), Percentile(values, 0.95), Percentile(values, 0.99)};
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

RatioEstimate PairedRatio(std::span<const double> numerator, std::span<const double> denominator,
                          const BootstrapOptions& options) {
  const size_t count = numerator.size();
  std::mt19937_64 random(options.seed);
  std::vector<double> ratios;
  for (int resample = 0; resample < options.resamples; ++resample) {
    double above = 0;
    double below = 0;
    for (size_t draw = 0; draw < count; ++draw) {
      // The standard's distributions differ between libraries; the bias of this one is below 1e-12.
      const size_t index = random() % count;
      above += numerator[index];
      below += denominator[index];
    }
    ratios.push_back(above / below);
  }
  const double above = std::accumulate(numerator.begin(), numerator.end(), 0.0);
  const double below = std::accumulate(denominator.begin(), denominator.end(), 0.0);
  return {above / below, Percentile(ratios, 0.025), Percentile(ratios, 0.975)};
}

}  // namespace edgebert
