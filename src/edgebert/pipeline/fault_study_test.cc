#include "edgebert/pipeline/fault_study.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "edgebert/accel/envm_technology.h"
#include "edgebert/pipeline/classifier.h"
#include "edgebert/testing/testing.h"
#include "edgebert/testing/text_model.h"

namespace edgebert {
namespace {

using testing::RandomSentences;
using testing::TextModel;

Model SmallModel() {
  Model model = TextModel(true, 21);
  // The tokenizer has fewer pieces than the table has rows; pruned, so that the mask matters.
  EXPECT_OK(PruneWordEmbedding(0.5, model));
  return model;
}

std::vector<LabelledText> Examples(size_t count) {
  std::vector<LabelledText> examples;
  for (const std::string& sentence : RandomSentences(count, 22)) {
    examples.push_back({sentence, std::nullopt, static_cast<int>(examples.size() % 3)});
  }
  return examples;
}

EnvmFaultModel FaultsAt(double p) {
  const auto errors = [p](size_t levels) {
    LevelErrors cell{std::vector<double>(levels, p), std::vector<double>(levels, p)};
    cell.up.back() = 0;
    cell.down.front() = 0;
    return cell;
  };
  return EnvmFaultModel::Create({errors(2), errors(4), errors(8)}).value();
}

/// The model with its word table replaced by what the faulty cells decode to.
Model FaultyModel(Model model, const EnvmLayout& layout, std::span<const EnvmFault> faults) {
  EnvmTable table = StoreWordEmbedding(model, layout).value();
  ApplyFaults(faults, table);
  const std::vector<uint64_t> starts = table.RowStarts();
  const auto width = static_cast<size_t>(table.width());
  std::vector<uint8_t> codes(starts.size() * width);
  for (size_t row = 0; row < starts.size(); ++row) {
    table.DecodeRow(static_cast<int64_t>(row), starts[row],
                    std::span(codes).subspan(row * width, width));
  }
  for (Tensor& tensor : model.tensors) {
    if (tensor.name == "embedding.word") {
      tensor = MakeAf8Tensor(tensor.name, tensor.shape, tensor.exponent_bias, codes);
    }
  }
  return model;
}

TEST(FaultStudyTest, AnswersEqualThoseOfAModelFileWithTheFaultsInIt) {
  const Model model = SmallModel();
  const std::vector<LabelledText> examples = Examples(80);
  for (const int64_t stride : {1, 7, 40}) {
    const EnvmLayout layout{CellKind::kMlc3, CellKind::kSlc, LevelCoding::kBinary, stride};
    const EnvmFaultModel faults = FaultsAt(0.002);
    const Result<FaultStudy> study =
        StudyFaults(model, layout, faults, examples, {.seeds = 10, .threshold_nats = 0.7});
    ASSERT_OK(study);
    const EnvmTable table = StoreWordEmbedding(model, layout).value();
    size_t changed = 0;
    for (const FaultTrial& trial : study->trials) {
      const auto faulty =
          ClassifierModel::Create(FaultyModel(model, layout, faults.Draw(table, trial.seed)));
      ASSERT_OK(faulty);
      const Result<Evaluation> evaluation =
          Evaluate(*faulty, {.policy = Policy::kEarlyExit, .threshold_nats = 0.7}, examples);
      ASSERT_OK(evaluation);
      EXPECT_EQ(trial.correct, evaluation->correct) << "seed " << trial.seed;
      changed += trial.answers_changed;
    }
    EXPECT_GT(changed, 0u);
  }
}

TEST(FaultStudyTest, WithoutFaultsNothingChanges) {
  const std::vector<LabelledText> examples = Examples(30);
  const Result<FaultStudy> study =
      StudyFaults(SmallModel(), {}, FaultsAt(0), examples, {.seeds = 3});
  ASSERT_OK(study);
  for (const FaultTrial& trial : study->trials) {
    EXPECT_EQ(trial.total_faults(), 0u);
    EXPECT_EQ(trial.sentences_touched, 0u);
    EXPECT_EQ(trial.correct, study->fault_free_correct);
  }
  EXPECT_EQ(study->MeanAccuracy(), study->fault_free_accuracy());
  EXPECT_EQ(study->AccuracyDeviation(), 0);
  EXPECT_EQ(study->FewestCorrect(), study->MostCorrect());
}

TEST(FaultStudyTest, ThreadsAndRepetitionDoNotChangeIt) {
  const std::vector<LabelledText> examples = Examples(30);
  const auto trials = [&](int threads, uint64_t first_seed, size_t seeds) {
    const Result<FaultStudy> study =
        StudyFaults(SmallModel(), {.value_cells = CellKind::kMlc3}, FaultsAt(0.001), examples,
                    {.seeds = seeds, .first_seed = first_seed, .threads = threads});
    EXPECT_OK(study);
    return study->trials;
  };
  const std::vector<FaultTrial> one = trials(1, 1, 12);
  EXPECT_EQ(trials(3, 1, 12), one);
  // A seed's trial does not depend on the others.
  EXPECT_EQ(trials(1, 5, 1).front(), one[4]);
}

TEST(FaultStudyTest, ExactlyAsManyFaultsAsAskedWhereAsked) {
  const std::vector<LabelledText> examples = Examples(30);
  const Result<FaultStudy> study =
      StudyFaults(SmallModel(), {.value_cells = CellKind::kSlc}, FaultsAt(0), examples,
                  {.seeds = 50, .faults = 4, .region = EnvmRegion::kMask});
  ASSERT_OK(study);
  size_t changed = 0;
  for (const FaultTrial& trial : study->trials) {
    EXPECT_EQ(trial.faults, (std::array<size_t, kNumEnvmRegions>{4, 0, 0}));
    EXPECT_GE(trial.rows_touched, 1u);
    EXPECT_LE(trial.rows_touched, 4u);
    EXPECT_LE(trial.answers_changed, trial.sentences_touched);
    changed += trial.sentences_touched;
  }
  EXPECT_GT(changed, 0u);
}

TEST(FaultStudyTest, SaysWhatItCannotDoAndStopsWhenAsked) {
  const std::vector<LabelledText> examples = Examples(10);
  const auto error = [&](const Model& model, const EnvmLayout& layout,
                         const FaultStudyOptions& options) {
    return StudyFaults(model, layout, FaultsAt(0.01), examples, options).status().message();
  };
  EXPECT_NE(error(TextModel(false, 1), {}, {}).find("not AF8"), std::string::npos);
  EXPECT_NE(error(SmallModel(), {.index_stride = 41}, {}).find("expected 1 to 40"),
            std::string::npos);
  EXPECT_NE(error(SmallModel(), {}, {.seeds = 0}).find("0 seeds"), std::string::npos);
  EXPECT_NE(error(SmallModel(), {}, {.threshold_nats = -1}).find("threshold"), std::string::npos);
  EXPECT_NE(error(SmallModel(), {}, {.faults = 1000000}).find("at most half"), std::string::npos);
  EXPECT_FALSE(StudyFaults(SmallModel(), {}, FaultsAt(0.01), {}, {}).ok());
  Model model = SmallModel();
  EXPECT_FALSE(PruneWordEmbedding(1.5, model).ok());

  size_t calls = 0;
  const Result<FaultStudy> stopped = StudyFaults(SmallModel(), {}, FaultsAt(0.01), examples,
                                                 {.threads = 2}, [&](size_t, size_t total) {
                                                   EXPECT_EQ(total, 1000u);
                                                   return ++calls < 5;
                                                 });
  EXPECT_EQ(stopped.status().code(), StatusCode::kCancelled);
}

TEST(FaultStudyTest, Mlc2KeepsEveryAnswerWhereMlc3Cannot) {
  const Result<EnvmTechnology> technology = LoadEnvmTechnology(std::nullopt);
  ASSERT_OK(technology);
  const Result<EnvmFaultModel> faults = technology->FaultModel();
  ASSERT_OK(faults);
  const std::vector<LabelledText> examples = Examples(60);
  const auto touched = [&](CellKind cells) {
    const Result<FaultStudy> study =
        StudyFaults(SmallModel(), {.value_cells = cells}, *faults, examples, {.seeds = 20});
    EXPECT_OK(study);
    size_t sentences = 0;
    for (const FaultTrial& trial : study->trials) {
      sentences += trial.sentences_touched;
    }
    return sentences;
  };
  EXPECT_EQ(touched(CellKind::kSlc), 0u);
  EXPECT_EQ(touched(CellKind::kMlc2), 0u);
  EXPECT_GT(touched(CellKind::kMlc3), 20u * 60 / 2);
}

}  // namespace
}  // namespace edgebert
