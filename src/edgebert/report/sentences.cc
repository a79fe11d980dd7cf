#include "edgebert/report/sentences.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <mutex>
#include <numeric>
#include <thread>
#include <utility>

#include "edgebert/base/file.h"
#include "edgebert/pipeline/exit_sweep.h"

namespace edgebert {
namespace {

constexpr uint64_t kMaxTraceBytes = uint64_t{1} << 30;

}  // namespace

bool SentenceSet::IsRight(size_t sentence, int layer) const {
  const int* row =
      input.labels.data() + sentence * (1 + static_cast<size_t>(input.entropies.num_layers));
  return row[0] == row[layer];
}

std::optional<double> SentenceSet::Accuracy(std::span<const int> exits) const {
  if (!has_labels()) {
    return std::nullopt;
  }
  size_t right = 0;
  for (size_t i = 0; i < exits.size(); ++i) {
    right += IsRight(i, exits[i]);
  }
  return static_cast<double>(right) / static_cast<double>(exits.size());
}

Result<SentenceSet> RecordSentences(const ClassifierModel& model, std::string name,
                                    std::span<const LabelledText> examples, int threads,
                                    const Progress& progress) {
  // Small pieces, so that threads end together.
  constexpr size_t kPiece = 16;
  const size_t pieces = (examples.size() + kPiece - 1) / kPiece;
  std::vector<Result<RecordedExamples>> recorded(pieces, Internal("not run"));
  std::atomic<size_t> next = 0;
  std::atomic<bool> stop = false;
  std::mutex mutex;
  size_t done = 0;
  const auto work = [&] {
    for (size_t piece = next++; piece < pieces && !stop; piece = next++) {
      const size_t first = piece * kPiece;
      const size_t count = std::min(kPiece, examples.size() - first);
      recorded[piece] = RecordExamples(model, examples.subspan(first, count));
      const std::lock_guard lock(mutex);
      done += count;
      if (!recorded[piece].ok() || (progress && !progress(done, examples.size()))) {
        stop = true;
      }
    }
  };
  std::vector<std::thread> workers;
  for (int i = 1; i < threads; ++i) {
    workers.emplace_back(work);
  }
  work();
  for (std::thread& worker : workers) {
    worker.join();
  }
  SentenceSet set;
  set.name = std::move(name);
  const auto layers = static_cast<size_t>(model.config().num_layers);
  set.input.entropies.num_layers = model.config().num_layers;
  for (size_t piece = 0; piece < pieces; ++piece) {
    if (!recorded[piece].ok()) {
      return stop && recorded[piece].status().code() == StatusCode::kInternal
                 ? Cancelled("stopped")
                 : recorded[piece].status().WithContext(
                       fmt::format("examples from {}", piece * kPiece + 1));
    }
    for (size_t i = 0; i < recorded[piece]->records.size(); ++i) {
      const FullDepthRecord& record = recorded[piece]->records[i];
      set.input.tokens.push_back(record.tokens);
      std::vector<double> entropies(layers, std::nan(""));
      std::vector<int> labels(layers + 1, -1);
      labels[0] = recorded[piece]->labels[i];
      for (size_t ramp = 0; ramp < record.layers.size(); ++ramp) {
        const auto layer = static_cast<size_t>(record.layers[ramp]);
        entropies[layer - 1] = record.entropies_nats[ramp];
        labels[layer] = record.labels[ramp];
      }
      auto& all = set.input.entropies.entropies;
      all.insert(all.end(), entropies.begin(), entropies.end());
      set.input.labels.insert(set.input.labels.end(), labels.begin(), labels.end());
    }
  }
  return set;
}

Result<SentenceSet> LoadTrace(const std::filesystem::path& file, int num_classes, int tokens,
                              int expected_layers, std::optional<size_t> expected_sentences,
                              std::string_view task) {
  EDGEBERT_ASSIGN_OR_RETURN(const std::string csv, ReadTextFile(file, kMaxTraceBytes));
  SentenceSet set;
  set.name = file.filename().string();
  EDGEBERT_ASSIGN_OR_RETURN(set.input.entropies,
                            ParseEntropyTrace(csv, num_classes, file.string()));
  const EntropyTrace& trace = set.input.entropies;
  const size_t sentences = trace.num_layers > 0 ? trace.num_sentences() : 0;
  if (trace.num_layers != expected_layers) {
    return InvalidArgument(
        fmt::format("{} has {} layers, expected {}: it is a trace of another model", file.string(),
                    trace.num_layers, expected_layers));
  }
  if (expected_sentences && sentences != *expected_sentences) {
    return InvalidArgument(
        fmt::format("{} has {} sentences, but {} has {}: it is a trace of another task",
                    file.string(), sentences, task, *expected_sentences));
  }
  set.input.tokens.assign(sentences, tokens);
  return set;
}

std::vector<ObservedSentence> ObserveSentences(const SentenceSet& sentences,
                                               const ExitThresholds& thresholds,
                                               PredictedExitRule* predictor) {
  std::vector<ObservedSentence> observed;
  observed.reserve(sentences.size());
  for (size_t i = 0; i < sentences.size(); ++i) {
    observed.push_back(
        ObserveSentence(sentences.input.entropies.Sentence(i), thresholds, predictor));
  }
  return observed;
}

std::vector<int> ExitLayers(std::span<const ObservedSentence> observed) {
  std::vector<int> exits;
  exits.reserve(observed.size());
  for (const ObservedSentence& sentence : observed) {
    exits.push_back(sentence.exit_layer);
  }
  return exits;
}

double MeanOf(std::span<const int> numbers) {
  return std::accumulate(numbers.begin(), numbers.end(), 0.0) / static_cast<double>(numbers.size());
}

std::vector<size_t> ExitHistogram(std::span<const int> exits, int num_layers) {
  std::vector<size_t> histogram(static_cast<size_t>(num_layers));
  for (const int exit : exits) {
    ++histogram[static_cast<size_t>(exit - 1)];
  }
  return histogram;
}

}  // namespace edgebert
