#ifndef EDGEBERT_PIPELINE_EVALUATION_H_
#define EDGEBERT_PIPELINE_EVALUATION_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "edgebert/base/status.h"
#include "edgebert/base/units.h"
#include "edgebert/data/dataset.h"
#include "edgebert/pipeline/classifier.h"

namespace edgebert {

/// Called after each of `total` steps; returning false stops the work with an error.
using Progress = std::function<bool(size_t done, size_t total)>;

/// Figures of a model on labelled examples. Latencies and energies are estimates of the
/// accelerator, per sentence; what is measured on this CPU says so.
struct Evaluation {
  size_t examples = 0;
  size_t correct = 0;
  size_t full_depth_correct = 0;
  double accuracy = 0;
  double full_depth_accuracy = 0;
  double mean_exit_layer = 0;
  std::vector<size_t> exit_histogram;  ///< [num_layers], layer 1 first.
  Seconds latency_p50;
  Seconds latency_p99;
  Seconds latency_max;
  Seconds measured_p50;  ///< Wall time from tokens to answer, leaving early.
  Seconds measured_p99;
  Seconds measured_full_depth_p50;  ///< Likewise, all layers.
  Seconds measured_full_depth_p99;
  size_t missed = 0;      ///< Sentences whose latency exceeds their target.
  size_t infeasible = 0;  ///< Sentences whose target no operating point meets at full depth; they
                          ///< run at the nominal point.
  Joules energy;          ///< Mean, within options.boundary, at the supply.
  Joules conventional_energy;  ///< Likewise; all layers at the nominal point.
  EnergyRange energy_range;    ///< Of `energy`: constants at the ends of their ranges.
  EnergyAccount account;       ///< Mean, by cause; all boundaries.
  EnergyAccount conventional_account;
};

/// Classifies every example under `options`, and at full depth. Errors name the example.
Result<Evaluation> Evaluate(const std::shared_ptr<const ClassifierModel>& model,
                            const ClassifierOptions& options,
                            std::span<const LabelledText> examples, const Progress& progress = {});

}  // namespace edgebert

#endif  // EDGEBERT_PIPELINE_EVALUATION_H_
