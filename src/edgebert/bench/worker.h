#ifndef EDGEBERT_BENCH_WORKER_H_
#define EDGEBERT_BENCH_WORKER_H_

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "edgebert/base/status.h"
#include "edgebert/bench/runtime.h"
#include "edgebert/engine/encoder.h"
#include "edgebert/pipeline/classifier_model.h"

namespace edgebert {

struct BenchJob;

/// This engine's side of the lines in bench/runtime.h; for one thread.
class BenchWorker {
 public:
  /// `threshold_nats` unset: the model's own. Errors: a model without off-ramps, a threshold that
  /// is no number from 0 up.
  static Result<BenchWorker> Create(std::shared_ptr<const ClassifierModel> model,
                                    std::optional<double> threshold_nats, int threads = 1);

  /// What it says once the model is loaded, which took `load_time`.
  std::string Hello(std::chrono::nanoseconds load_time) const;

  /// The answer to a request; what is wrong with a request stands in it.
  std::string Answer(const std::string& line);

 private:
  BenchWorker(std::shared_ptr<const ClassifierModel> model, double threshold_nats, int threads);
  std::unique_ptr<ExitRule> NewRule(bool exits) const;
  Status RunOneByOne(const BenchJob& job, RunReply& reply);
  Status RunBatch(const BenchJob& job, RunReply& reply);

  std::shared_ptr<const ClassifierModel> model_;
  double threshold_nats_;
  EncoderSession session_;
};

/// The largest resident size of this process so far, in bytes; 0 where the system does not say.
uint64_t PeakResidentBytes();

}  // namespace edgebert

#endif  // EDGEBERT_BENCH_WORKER_H_
