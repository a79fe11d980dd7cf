#include "edgebert/pipeline/fault_study.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <map>
#include <memory>
#include <mutex>
#include <string_view>
#include <thread>
#include <utility>

#include "edgebert/pipeline/classifier.h"
#include "edgebert/text/encode_text.h"

namespace edgebert {
namespace {

constexpr std::string_view kWordTable = "embedding.word";

Result<const Tensor*> WordTable(const Model& model) {
  const Tensor* table = model.Find(kWordTable);
  if (table == nullptr || !table->is_af8()) {
    return InvalidArgument(
        "the model's word embedding is not AF8: import the checkpoint again with AF8 precision");
  }
  return table;
}

/// What all trials share.
struct Study {
  std::shared_ptr<const ClassifierModel> model;
  std::vector<uint8_t> codes;               ///< The fault-free table, [rows × width].
  std::vector<uint64_t> starts;             ///< Of its rows' values.
  std::vector<Encoding> sentences;          ///< [examples]
  std::vector<int> labels;                  ///< [examples]: the right ones.
  std::vector<int> answers;                 ///< [examples]: without faults.
  std::vector<std::vector<size_t>> by_row;  ///< Sentences that use each row.
  ExitThresholds thresholds = 0;
  size_t width = 0;

  std::span<const uint8_t> Row(int64_t row) const {
    return std::span(codes).subspan(static_cast<size_t>(row) * width, width);
  }
};

int Answer(const EncoderResult& result) {
  return static_cast<int>(std::max_element(result.logits.begin(), result.logits.end()) -
                          result.logits.begin());
}

/// Tokenizes the examples and classifies them without faults.
Status Prepare(std::span<const LabelledText> examples, size_t max_tokens, Study& study) {
  EncoderSession session(study.model->encoder());
  EntropyExitRule rule(study.thresholds);
  for (size_t i = 0; i < examples.size(); ++i) {
    const LabelledText& example = examples[i];
    if (example.label >= study.model->config().num_classes()) {
      return InvalidArgument(fmt::format("example {}: label {} of a model with {} classes", i + 1,
                                         example.label, study.model->config().num_classes()));
    }
    Result<Encoding> encoding =
        EncodeText(study.model->tokenizer(), example.text, example.pair, max_tokens);
    if (!encoding.ok()) {
      return encoding.status().WithContext(fmt::format("example {}", i + 1));
    }
    EDGEBERT_ASSIGN_OR_RETURN(const EncoderResult result,
                              session.Run(encoding->ids, encoding->segment_ids, rule));
    for (const int32_t id : encoding->ids) {
      std::vector<size_t>& users = study.by_row[static_cast<size_t>(id)];
      if (users.empty() || users.back() != i) {
        users.push_back(i);
      }
    }
    study.sentences.push_back(*std::move(encoding));
    study.labels.push_back(example.label);
    study.answers.push_back(Answer(result));
  }
  return OkStatus();
}

/// Runs trials on a table and a session of its own.
class TrialRunner {
 public:
  TrialRunner(const Study& study, const EnvmTable& table)
      : study_(study), table_(table), session_(study.model->encoder()) {}

  /// `advance` is told of every sentence that is done with, and says whether to go on.
  template <typename Advance>
  Result<FaultTrial> Run(std::span<const EnvmFault> faults, uint64_t seed, const Advance& advance) {
    FaultTrial trial;
    trial.seed = seed;
    for (const EnvmFault& fault : faults) {
      ++trial.faults[static_cast<size_t>(fault.cell.region)];
    }
    const std::vector<int64_t> touched = RowsTouched(faults, table_, study_.starts);
    trial.rows_touched = touched.size();
    DecodeTouched(faults, touched);

    std::vector<bool> rerun(study_.sentences.size());
    for (const auto& row : changed_) {
      for (const size_t sentence : study_.by_row[static_cast<size_t>(row.first)]) {
        rerun[sentence] = true;
      }
    }
    EntropyExitRule rule(study_.thresholds);
    for (size_t i = 0; i < study_.sentences.size(); ++i) {
      int answer = study_.answers[i];
      if (rerun[i]) {
        ++trial.sentences_touched;
        const Encoding& sentence = study_.sentences[i];
        GatherRows(sentence.ids);
        EDGEBERT_ASSIGN_OR_RETURN(
            const EncoderResult result,
            session_.RunWithWordCodes(sentence.ids, sentence.segment_ids, word_codes_, rule));
        answer = Answer(result);
      }
      trial.answers_changed += answer != study_.answers[i];
      trial.correct += answer == study_.labels[i];
      if (!advance()) {
        return Cancelled("stopped");
      }
    }
    return trial;
  }

 private:
  /// Fills changed_ with the rows in use that decode differently.
  void DecodeTouched(std::span<const EnvmFault> faults, std::span<const int64_t> touched) {
    changed_.clear();
    if (touched.empty()) {
      return;
    }
    ApplyFaults(faults, table_);
    const std::vector<uint64_t> starts = table_.RowStarts();
    std::vector<uint8_t> codes(study_.width);
    for (const int64_t row : touched) {
      if (study_.by_row[static_cast<size_t>(row)].empty()) {
        continue;
      }
      table_.DecodeRow(row, starts[static_cast<size_t>(row)], codes);
      if (!std::ranges::equal(codes, study_.Row(row))) {
        changed_.emplace(row, codes);
      }
    }
    RemoveFaults(faults, table_);
  }

  void GatherRows(std::span<const int32_t> ids) {
    word_codes_.clear();
    for (const int32_t id : ids) {
      const auto changed = changed_.find(id);
      const std::span<const uint8_t> row =
          changed == changed_.end() ? study_.Row(id) : std::span<const uint8_t>(changed->second);
      word_codes_.insert(word_codes_.end(), row.begin(), row.end());
    }
  }

  const Study& study_;
  EnvmTable table_;
  EncoderSession session_;
  std::map<int64_t, std::vector<uint8_t>> changed_;  ///< Row to codes.
  std::vector<uint8_t> word_codes_;
};

/// Hands out seeds to threads and collects their trials, progress and first error.
class TrialQueue {
 public:
  TrialQueue(const Study& study, const EnvmTable& table, const EnvmFaultModel& faults,
             const FaultStudyOptions& options, const Progress& progress)
      : study_(study),
        table_(table),
        faults_(faults),
        options_(options),
        progress_(progress),
        trials_(options.seeds) {}

  Result<std::vector<FaultTrial>> Run() {
    std::vector<std::thread> threads;
    for (int i = 1; i < options_.threads; ++i) {
      threads.emplace_back([this] { Work(); });
    }
    Work();
    for (std::thread& thread : threads) {
      thread.join();
    }
    if (!status_.ok()) {
      return status_;
    }
    return std::move(trials_);
  }

 private:
  void Work() {
    TrialRunner runner(study_, table_);
    for (size_t trial = next_++; trial < trials_.size() && !stopped_; trial = next_++) {
      if (const Status status = RunTrial(runner, trial); !status.ok()) {
        const std::lock_guard lock(mutex_);
        status_ = status_.ok() ? status : status_;
        stopped_ = true;
      }
    }
  }

  Status RunTrial(TrialRunner& runner, size_t trial) {
    const uint64_t seed = options_.first_seed + trial;
    std::vector<EnvmFault> drawn;
    if (options_.faults) {
      EDGEBERT_ASSIGN_OR_RETURN(
          drawn, faults_.DrawExactly(table_, *options_.faults, options_.region, seed));
    } else {
      drawn = faults_.Draw(table_, seed);
    }
    EDGEBERT_ASSIGN_OR_RETURN(trials_[trial],
                              runner.Run(drawn, seed, [this] { return Advance(); }));
    return OkStatus();
  }

  bool Advance() {
    if (stopped_) {
      return false;
    }
    if (progress_) {
      const std::lock_guard lock(mutex_);
      return progress_(++done_, trials_.size() * study_.sentences.size());
    }
    return true;
  }

  const Study& study_;
  const EnvmTable& table_;
  const EnvmFaultModel& faults_;
  const FaultStudyOptions& options_;
  const Progress& progress_;
  std::vector<FaultTrial> trials_;
  std::atomic<size_t> next_ = 0;
  std::atomic<bool> stopped_ = false;
  std::mutex mutex_;
  size_t done_ = 0;
  Status status_;
};

}  // namespace

double FaultStudy::MeanAccuracy() const {
  size_t correct = 0;
  for (const FaultTrial& trial : trials) {
    correct += trial.correct;
  }
  return static_cast<double>(correct) / static_cast<double>(examples * trials.size());
}

double FaultStudy::AccuracyDeviation() const {
  // Sums of whole numbers are exact, so that equal trials deviate by exactly 0.
  const auto count = static_cast<double>(trials.size());
  double sum = 0;
  double squares = 0;
  for (const FaultTrial& trial : trials) {
    const auto correct = static_cast<double>(trial.correct);
    sum += correct;
    squares += correct * correct;
  }
  const double variance =
      trials.size() > 1 ? (count * squares - sum * sum) / count / (count - 1) : 0;
  return std::sqrt(variance) / static_cast<double>(examples);
}

size_t FaultStudy::FewestCorrect() const {
  return std::ranges::min_element(trials, {}, &FaultTrial::correct)->correct;
}

size_t FaultStudy::MostCorrect() const {
  return std::ranges::max_element(trials, {}, &FaultTrial::correct)->correct;
}

Status PruneWordEmbedding(double share, Model& model) {
  if (!(share >= 0 && share <= 1)) {
    return InvalidArgument(fmt::format("a share of {} cannot be pruned, expected 0 to 1", share));
  }
  EDGEBERT_RETURN_IF_ERROR(WordTable(model).status());
  for (Tensor& tensor : model.tensors) {
    if (tensor.name == kWordTable) {
      std::vector<uint8_t> codes = Af8Codes(tensor);
      PruneByMagnitude(share, codes);
      tensor = MakeAf8Tensor(tensor.name, tensor.shape, tensor.exponent_bias, codes);
    }
  }
  return OkStatus();
}

Result<EnvmTable> StoreWordEmbedding(const Model& model, const EnvmLayout& layout) {
  EDGEBERT_ASSIGN_OR_RETURN(const Tensor* word_table, WordTable(model));
  return EnvmTable::Store(Af8Codes(*word_table), word_table->shape[0],
                          static_cast<int>(word_table->shape[1]), layout);
}

Result<FaultStudy> StudyFaults(Model model, const EnvmLayout& layout, const EnvmFaultModel& faults,
                               std::span<const LabelledText> examples,
                               const FaultStudyOptions& options, const Progress& progress) {
  if (examples.empty() || options.seeds == 0 || options.threads < 1) {
    return InvalidArgument(
        fmt::format("{} examples, {} seeds, {} threads: expected at least one of each",
                    examples.size(), options.seeds, options.threads));
  }
  EDGEBERT_ASSIGN_OR_RETURN(const EnvmTable table, StoreWordEmbedding(model, layout));
  Study study;
  study.width = static_cast<size_t>(table.width());
  study.starts = table.RowStarts();
  study.codes.resize(study.starts.size() * study.width);
  for (size_t row = 0; row < study.starts.size(); ++row) {
    table.DecodeRow(static_cast<int64_t>(row), study.starts[row],
                    std::span(study.codes).subspan(row * study.width, study.width));
  }
  study.by_row.resize(study.starts.size());
  EDGEBERT_ASSIGN_OR_RETURN(study.model, ClassifierModel::Create(std::move(model)));
  // Also checks the options.
  EDGEBERT_ASSIGN_OR_RETURN(
      const Classifier classifier,
      Classifier::Create(study.model, {.policy = Policy::kEarlyExit,
                                       .threshold_nats = options.threshold_nats,
                                       .max_tokens = options.max_tokens}));
  study.thresholds =
      ExitThresholds(classifier.threshold_nats(), study.model->exits(), study.model->config());
  EDGEBERT_ASSIGN_OR_RETURN(const size_t max_tokens,
                            ResolveMaxTokens(options.max_tokens, study.model->config()));
  EDGEBERT_RETURN_IF_ERROR(Prepare(examples, max_tokens, study));

  FaultStudy result;
  result.examples = examples.size();
  result.threshold_nats = classifier.threshold_nats();
  for (size_t i = 0; i < examples.size(); ++i) {
    result.fault_free_correct += study.answers[i] == study.labels[i];
  }
  EDGEBERT_ASSIGN_OR_RETURN(result.trials,
                            TrialQueue(study, table, faults, options, progress).Run());
  return result;
}

}  // namespace edgebert
