#ifndef EDGEBERT_BENCH_STATISTICS_H_
#define EDGEBERT_BENCH_STATISTICS_H_

#include <cstdint>
#include <span>
#include <vector>

namespace edgebert {

/// Times of many sentences, in the unit of the samples.
struct TimeSummary {
  double mean = 0;
  double p50 = 0;
  double p95 = 0;
  double p99 = 0;
};

/// There must be a sample.
TimeSummary Summarize(std::span<const double> samples);

/// The median: of an even number of values, the mean of the two in the middle. There must be one.
double Median(std::vector<double> values);

/// A ratio and the interval that it lies in with 95 % confidence.
struct RatioEstimate {
  double ratio = 0;
  double low = 0;
  double high = 0;
};

struct BootstrapOptions {
  int resamples = 2000;
  uint64_t seed = 1;
};

/// The ratio of the sums of `numerator` and `denominator`, which belong together sentence by
/// sentence, with a percentile bootstrap interval: sentences are drawn with replacement. Both have
/// the same length, at least 1; no denominator is 0. The same input gives the same output.
RatioEstimate PairedRatio(std::span<const double> numerator, std::span<const double> denominator,
                          const BootstrapOptions& options = {});

}  // namespace edgebert

#endif  // EDGEBERT_BENCH_STATISTICS_H_
