#ifndef EDGEBERT_BENCH_MEASUREMENT_H_
#define EDGEBERT_BENCH_MEASUREMENT_H_

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "edgebert/base/status.h"
#include "edgebert/bench/runtime.h"
#include "edgebert/bench/statistics.h"
#include "edgebert/bench/workload.h"
#include "edgebert/pipeline/evaluation.h"

namespace edgebert {

/// A runtime and how it is asked. Several may share one runtime.
struct Contender {
  std::string name;  ///< What stands in the table.
  BenchRuntime* runtime = nullptr;
  bool exits = false;
  bool tokenize = false;
};

struct MeasurementOptions {
  int rounds = 3;  ///< How often every sentence is measured by everybody.
  /// Sentences that a contender runs in a row, behind one that is not counted: it brings the
  /// weights back into the caches that the contender before it has filled.
  int block = 16;
};

/// What a contender did on a workload.
struct Measured {
  Status status = OkStatus();  ///< Why it stopped; its figures are missing then.
  /// Per sentence, or per batch divided by its sentences: the median of the rounds, in
  /// milliseconds.
  std::vector<double> milliseconds;
  std::vector<int> labels;       ///< [sentences]
  std::vector<int> exit_layers;  ///< [sentences]; empty where the runtime has none.
  uint64_t peak_bytes = 0;
};

/// Runs the workload through all contenders, interleaved: block by block everybody runs the same
/// sentences, each time in another order. A contender that fails is left out from then on.
Result<std::vector<Measured>> MeasureInterleaved(std::span<const Contender> contenders,
                                                 const Workload& workload,
                                                 const MeasurementOptions& options,
                                                 const Progress& progress = {});

/// The share of labelled sentences with the right label; nothing where none is labelled.
std::optional<double> AccuracyOf(const Measured& measured, const Workload& workload);

/// The mean exit layer; nothing where the runtime has none.
std::optional<double> MeanExitLayer(const Measured& measured);

}  // namespace edgebert

#endif  // EDGEBERT_BENCH_MEASUREMENT_H_
