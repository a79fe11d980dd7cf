#include "edgebert/bench/measurement.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace edgebert {
namespace {

/// All times and answers of one contender while they are gathered.
class Record {
 public:
  Record(size_t sentences, size_t units) : times_(units) { measured_.labels.resize(sentences); }

  bool failed() const { return !measured_.status.ok(); }

  /// Runs sentences [first, first + count), which are units [first / batch, …).
  void Run(const Contender& contender, const Workload& workload, size_t first, size_t count) {
    const std::span<const BenchSentence> all = workload.sentences;
    const bool batch = workload.batch > 1;
    RunRequest request{all.subspan(first, count), batch, contender.exits, contender.tokenize,
                       false};
    std::vector<BenchSentence> warmed;
    if (!batch) {
      warmed.assign(request.sentences.begin(), request.sentences.end());
      warmed.insert(warmed.begin(), warmed.front());
      request.sentences = warmed;
    }
    const Result<RunReply> reply = contender.runtime->Run(request);
    if (!reply.ok()) {
      measured_.status = reply.status();
      return;
    }
    Keep(*reply, first, count, workload.batch);
  }

  Measured Finish() && {
    if (!failed()) {
      for (const std::vector<double>& times : times_) {
        measured_.milliseconds.push_back(Median(times));
      }
    }
    return std::move(measured_);
  }

 private:
  void Keep(const RunReply& reply, size_t first, size_t count, size_t batch) {
    const size_t warm_up = batch > 1 ? 0 : 1;
    for (size_t i = 0; i < count; ++i) {
      measured_.labels[first + i] = reply.labels[warm_up + i];
    }
    if (!reply.exit_layers.empty()) {
      measured_.exit_layers.resize(measured_.labels.size());
      for (size_t i = 0; i < count; ++i) {
        measured_.exit_layers[first + i] = reply.exit_layers[warm_up + i];
      }
    }
    if (batch > 1) {
      times_[first / batch].push_back(reply.milliseconds[0] / static_cast<double>(count));
    } else {
      for (size_t i = 0; i < count; ++i) {
        times_[first + i].push_back(reply.milliseconds[warm_up + i]);
      }
    }
    measured_.peak_bytes = std::max(measured_.peak_bytes, reply.peak_bytes);
  }

  Measured measured_;
  std::vector<std::vector<double>> times_;  ///< [units × rounds]
};

}  // namespace

Result<std::vector<Measured>> MeasureInterleaved(std::span<const Contender> contenders,
                                                 const Workload& workload,
                                                 const MeasurementOptions& options,
                                                 const Progress& progress) {
  const size_t sentences = workload.sentences.size();
  if (sentences == 0 || options.rounds < 1 || options.block < 1) {
    return InvalidArgument("nothing to measure: no sentences, rounds or block");
  }
  const size_t step = workload.batch > 1 ? workload.batch : static_cast<size_t>(options.block);
  const size_t blocks = (sentences + step - 1) / step;
  std::vector<Record> records(contenders.size(),
                              Record(sentences, workload.batch > 1 ? blocks : sentences));
  const size_t total = blocks * static_cast<size_t>(options.rounds);
  for (size_t done = 0; done < total; ++done) {
    const size_t first = done % blocks * step;
    const size_t count = std::min(step, sentences - first);
    for (size_t turn = 0; turn < contenders.size(); ++turn) {
      const size_t index = (turn + done) % contenders.size();
      if (!records[index].failed()) {
        records[index].Run(contenders[index], workload, first, count);
      }
    }
    if (progress && !progress(done + 1, total)) {
      return InvalidArgument("stopped");
    }
  }
  std::vector<Measured> results;
  for (Record& record : records) {
    results.push_back(std::move(record).Finish());
  }
  return results;
}

std::optional<double> AccuracyOf(const Measured& measured, const Workload& workload) {
  size_t labelled = 0;
  size_t correct = 0;
  for (size_t i = 0; i < workload.sentences.size(); ++i) {
    if (const std::optional<int>& label = workload.sentences[i].label) {
      ++labelled;
      correct += *label == measured.labels[i] ? 1U : 0U;
    }
  }
  return labelled == 0
             ? std::nullopt
             : std::optional(static_cast<double>(correct) / static_cast<double>(labelled));
}

std::optional<double> MeanExitLayer(const Measured& measured) {
  if (measured.exit_layers.empty()) {
    return std::nullopt;
  }
  return std::accumulate(measured.exit_layers.begin(), measured.exit_layers.end(), 0.0) /
         static_cast<double>(measured.exit_layers.size());
}

}  // namespace edgebert
