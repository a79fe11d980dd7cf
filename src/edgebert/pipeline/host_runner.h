#ifndef EDGEBERT_PIPELINE_HOST_RUNNER_H_
#define EDGEBERT_PIPELINE_HOST_RUNNER_H_

#include <filesystem>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "edgebert/base/status.h"
#include "edgebert/base/units.h"
#include "edgebert/data/dataset.h"
#include "edgebert/pipeline/classifier.h"
#include "edgebert/pipeline/evaluation.h"
#include "edgebert/power/host_energy_meter.h"
#include "edgebert/power/host_frequencies.h"

namespace edgebert {

/// Where the host is driven.
struct HostOptions {
  std::filesystem::path sysfs_root = "/sys";
  int cpu = 0;
};

/// What a sentence took on the host itself.
struct HostMeasurement {
  Seconds time;                    ///< Wall time, tokenizing and planning included.
  std::optional<Joules> energy;    ///< None where it cannot be read.
  std::vector<Hertz> frequencies;  ///< [exit_layer] as set; empty where the clock is not driven.
};

/// An answer and its estimates, and what was measured beside them.
struct MeasuredClassification {
  Classification answer;
  HostMeasurement measured;
};

/// Measurements of many sentences.
struct HostEvaluation {
  Seconds time_p50;
  Seconds time_p99;
  std::optional<Joules> energy;         ///< Mean of a sentence.
  std::optional<Hertz> mean_frequency;  ///< Of the layers that ran.
};

/// Runs sentences on the host at the clock that the planner's schedule asks for: before each layer
/// the host's highest frequency times the chosen point's share of the nominal frequency. Where the
/// clock cannot be driven or the energy not be read, sentences run all the same. Keeps the calling
/// thread on the driven CPU, and puts clock and thread back on destruction. For one thread.
class HostRunner {
 public:
  explicit HostRunner(const HostOptions& options);
  HostRunner(const HostRunner&) = delete;
  HostRunner& operator=(const HostRunner&) = delete;
  ~HostRunner();

  /// As Classifier::Classify().
  Result<MeasuredClassification> Classify(Classifier& classifier, std::string_view text,
                                          std::optional<std::string_view> pair = std::nullopt);

  /// Runs all examples; those whose target is infeasible are left out. An error names the example.
  Result<HostEvaluation> Evaluate(Classifier& classifier, std::span<const LabelledText> examples,
                                  const Progress& progress = {});

  /// OK, or why the clock is not driven (any more).
  const Status& frequency_status() const { return frequency_status_; }
  /// OK, or why no energy is read (any more).
  const Status& energy_status() const { return energy_status_; }
  /// The means of driving the clock; nothing where it is not driven.
  const HostFrequencies* frequencies() const { return frequencies_ ? &*frequencies_ : nullptr; }
  /// What measures the energy; nothing where nothing does.
  const HostEnergyMeter* meter() const { return meter_ ? &*meter_ : nullptr; }

 private:
  class Driver;

  /// Sets the clock, or gives up driving it.
  void Set(Hertz frequency, std::vector<Hertz>& record);

  std::optional<HostFrequencies> frequencies_;
  std::optional<HostEnergyMeter> meter_;
  Status frequency_status_;
  Status energy_status_;
  std::vector<int> former_cpus_;  ///< Of the thread; empty where it was not moved.
};

}  // namespace edgebert

#endif  // EDGEBERT_PIPELINE_HOST_RUNNER_H_
