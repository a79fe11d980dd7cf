#include "edgebert/pipeline/host_runner.h"

#include <fmt/format.h>
#include <sched.h>

#include <cerrno>
#include <chrono>
#include <numeric>
#include <system_error>
#include <utility>

#include "edgebert/pipeline/live_schedule.h"
#include "edgebert/pipeline/percentile.h"

namespace edgebert {
namespace {

/// The CPUs that the calling thread may run on.
std::vector<int> AllowedCpus() {
  std::vector<int> cpus;
  cpu_set_t set;
  CPU_ZERO(&set);
  if (::sched_getaffinity(0, sizeof(set), &set) == 0) {
    for (size_t cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
      if (CPU_ISSET(cpu, &set)) {
        cpus.push_back(static_cast<int>(cpu));
      }
    }
  }
  return cpus;
}

Status KeepOn(std::span<const int> cpus) {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const int cpu : cpus) {
    if (cpu >= CPU_SETSIZE) {
      return InvalidArgument(fmt::format("CPU {}: expected 0 to {}", cpu, CPU_SETSIZE - 1));
    }
    CPU_SET(static_cast<size_t>(cpu), &set);
  }
  if (::sched_setaffinity(0, sizeof(set), &set) != 0) {
    return IoError(fmt::format("cannot keep this program on CPU {}: {}", fmt::join(cpus, ", "),
                               std::generic_category().message(errno)));
  }
  return OkStatus();
}

}  // namespace

/// Sets the clock of the layer that comes next, and samples the energy.
class HostRunner::Driver : public LayerObserver {
 public:
  Driver(HostRunner& runner, Classifier& classifier) : runner_(runner), classifier_(classifier) {}

  void OnLayer(const LayerView& view) override {
    if (runner_.meter_) {
      runner_.meter_->Sample();
    }
    if (view.layer == 0) {
      // An infeasible target is the classifier's to report.
      if (Result<LiveSchedule> schedule = LiveSchedule::Create(classifier_, view.tokens);
          schedule.ok()) {
        schedule_ = std::move(*schedule);
      }
    } else if (schedule_) {
      schedule_->Observe(view.entropy_nats, view.predicted_layer);
    }
    if (schedule_ && !view.leaves && runner_.frequencies_) {
      const Hertz nominal = classifier_.model().costs().power().points.nominal().frequency;
      const double share = schedule_->NextPoint().frequency / nominal;
      runner_.Set(share * runner_.frequencies_->highest(), frequencies_);
    }
  }

  std::vector<Hertz> TakeFrequencies() { return std::move(frequencies_); }

 private:
  HostRunner& runner_;
  Classifier& classifier_;
  std::optional<LiveSchedule> schedule_;
  std::vector<Hertz> frequencies_;
};

HostRunner::HostRunner(const HostOptions& options) {
  Result<HostFrequencies> frequencies = HostFrequencies::Open(options.sysfs_root, options.cpu);
  frequency_status_ = frequencies.status();
  if (frequencies.ok()) {
    std::vector<int> former = AllowedCpus();
    frequency_status_ = KeepOn(std::span(&options.cpu, 1));
    if (frequency_status_.ok()) {
      former_cpus_ = std::move(former);
      frequencies_.emplace(std::move(*frequencies));
    }
  }
  Result<HostEnergyMeter> meter = HostEnergyMeter::Open(options.sysfs_root);
  energy_status_ = meter.status();
  if (meter.ok()) {
    meter_.emplace(std::move(*meter));
  }
}

HostRunner::~HostRunner() {
  if (!former_cpus_.empty()) {
    // Nobody is left to tell of a failure.
    static_cast<void>(KeepOn(former_cpus_));
  }
}

void HostRunner::Set(Hertz frequency, std::vector<Hertz>& record) {
  const Result<Hertz> set = frequencies_->Set(frequency);
  if (set.ok()) {
    record.push_back(*set);
    return;
  }
  record.clear();
  frequency_status_ = set.status();
  frequencies_.reset();
}

Result<MeasuredClassification> HostRunner::Classify(Classifier& classifier, std::string_view text,
                                                    std::optional<std::string_view> pair) {
  Driver driver(*this, classifier);
  if (meter_) {
    meter_->Start();
  }
  const auto start = std::chrono::steady_clock::now();
  EDGEBERT_ASSIGN_OR_RETURN(Classification answer, classifier.Classify(text, pair, &driver));
  MeasuredClassification result{std::move(answer), {}};
  result.measured.time =
      Seconds(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  if (meter_) {
    const Result<Joules> energy = meter_->Stop();
    energy_status_ = energy.status();
    if (energy.ok()) {
      result.measured.energy = *energy;
    } else {
      meter_.reset();
    }
  }
  result.measured.frequencies = driver.TakeFrequencies();
  return result;
}

Result<HostEvaluation> HostRunner::Evaluate(Classifier& classifier,
                                            std::span<const LabelledText> examples,
                                            const Progress& progress) {
  std::vector<Seconds> times;
  std::vector<Hertz> frequencies;
  Joules energy;
  for (size_t i = 0; i < examples.size(); ++i) {
    const Result<MeasuredClassification> result =
        Classify(classifier, examples[i].text, examples[i].pair);
    if (result.ok()) {
      const HostMeasurement& measured = result->measured;
      times.push_back(measured.time);
      energy += measured.energy.value_or(Joules(0));
      frequencies.insert(frequencies.end(), measured.frequencies.begin(),
                         measured.frequencies.end());
    } else if (result.status().code() != StatusCode::kInfeasible) {
      return result.status().WithContext(fmt::format("example {}", i + 1));
    }
    if (progress && !progress(i + 1, examples.size())) {
      return Cancelled("stopped");
    }
  }
  if (times.empty()) {
    return Infeasible("no sentence meets its latency target: there is nothing to measure");
  }
  HostEvaluation evaluation;
  evaluation.time_p50 = Percentile(times, 0.50);
  evaluation.time_p99 = Percentile(times, 0.99);
  if (meter_) {
    evaluation.energy = energy / static_cast<double>(times.size());
  }
  if (frequencies_) {
    evaluation.mean_frequency = std::accumulate(frequencies.begin(), frequencies.end(), Hertz(0)) /
                                static_cast<double>(frequencies.size());
  }
  return evaluation;
}

}  // namespace edgebert
