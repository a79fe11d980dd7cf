#include "edgebert/data/dataset.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <iterator>
#include <map>
#include <numeric>
#include <set>

#include "edgebert/base/file.h"
#include "edgebert/testing/testing.h"

namespace edgebert {
namespace {

using testing::TemporaryDirectory;

std::vector<int> CountLabels(const std::vector<LabelledText>& examples, size_t classes) {
  std::vector<int> counts(classes);
  for (const LabelledText& example : examples) {
    ++counts.at(static_cast<size_t>(example.label));
  }
  return counts;
}

TEST(LoadTaskTest, ReadsBothSplitsFromTheFolderOrTheOneAbove) {
  const TemporaryDirectory directory;
  std::filesystem::create_directory(directory.path() / "sst2");
  ASSERT_OK(WriteFileAtomically(directory.path() / "sst2" / "dev.tsv",
                                std::string_view("label\tsentence\n1\tgood\n0\tbad\n")));
  ASSERT_OK(WriteFileAtomically(directory.path() / "sst2" / "sentiment-test",
                                std::string_view("fine\t1\n")));
  for (const auto& folder : {directory.path(), directory.path() / "sst2"}) {
    const Result<std::vector<LabelledText>> dev = LoadTask("sst2", folder, Split::kDev);
    ASSERT_OK(dev);
    ASSERT_EQ(dev->size(), 2u);
    EXPECT_EQ((*dev)[0].text, "good");
    EXPECT_EQ((*dev)[0].label, 1);
    const Result<std::vector<LabelledText>> test = LoadTask("sst2", folder, Split::kTest);
    ASSERT_OK(test);
    EXPECT_EQ(test->front().text, "fine");
  }
}

TEST(LoadTaskTest, SaysWhatIsWrong) {
  const TemporaryDirectory directory;
  const auto error = [&](std::string_view task) {
    return LoadTask(task, directory.path(), Split::kDev).status().message();
  };
  EXPECT_EQ(error("sst"),
            "unknown task 'sst', did you mean 'sst2'? (known: sst2, qnli, qqp, mnli)");
  EXPECT_NE(error("sst2").find("neither is there"), std::string::npos);
  const auto file = directory.path() / "dev.tsv";
  ASSERT_OK(WriteFileAtomically(file, std::string_view("sentence\tlabel\ngood\tpositive\n")));
  EXPECT_EQ(error("sst2"), file.string() + ":2: unknown label 'positive', expected 0 or 1");
  ASSERT_OK(WriteFileAtomically(file, std::string_view("text\tlabel\ngood\t1\n")));
  EXPECT_EQ(error("sst2"), file.string() + ":1: no column 'sentence', the header has: text, label");
}

TEST(LoadTaskTest, ReadsTheRealData) {
  const auto directory = testing::SharedDirectory() / "data";
  EDGEBERT_REQUIRE_SHARED(directory);
  const Result<std::vector<LabelledText>> dev = LoadTask("sst2", directory, Split::kDev);
  ASSERT_OK(dev);
  EXPECT_EQ(dev->size(), 872u);
  EXPECT_EQ(std::count_if(dev->begin(), dev->end(), [](const auto& e) { return e.label == 1; }),
            444);
  const Result<std::vector<LabelledText>> test = LoadTask("sst2", directory, Split::kTest);
  ASSERT_OK(test);
  EXPECT_EQ(test->size(), 1821u);
  EXPECT_EQ(std::count_if(test->begin(), test->end(), [](const auto& e) { return e.label == 1; }),
            909);
  const Result<std::vector<std::string>> train = LoadTexts(directory / "sst2" / "train.tsv");
  ASSERT_OK(train);
  EXPECT_EQ(train->size(), 67349u);
}

TEST(LoadTaskTest, OtherTasksHaveTheirSplits) {
  EXPECT_EQ(*TaskSplits("sst2"), (std::vector<Split>{Split::kDev, Split::kTest}));
  EXPECT_EQ(*TaskSplits("qnli"), (std::vector<Split>{Split::kDev}));
  EXPECT_EQ(*TaskLabelNames("sst2"), (std::vector<std::string>{"negative", "positive"}));
  EXPECT_EQ(LoadTask("mnli", "nowhere", Split::kTest).status().message(),
            "task mnli has no split 'test', expected dev");
  EXPECT_FALSE(TaskSplits("rte").ok());
}

/// Counts as shared/data/README.md gives them.
TEST(LoadTaskTest, ReadsTheRealPairs) {
  const auto directory = testing::SharedDirectory() / "data";
  EDGEBERT_REQUIRE_SHARED(directory);
  const std::map<std::string, std::vector<int>> expected = {
      {"qnli", {2702, 2761}}, {"qqp", {4871, 2729}}, {"mnli", {2681, 2353, 2435}}};
  for (const auto& [task, counts] : expected) {
    for (const auto& folder : {directory, directory / task}) {
      const auto dev = LoadTask(task, folder, Split::kDev);
      ASSERT_OK(dev);
      EXPECT_EQ(CountLabels(*dev, counts.size()), counts) << task;
      EXPECT_TRUE(std::all_of(dev->begin(), dev->end(), [](const auto& e) { return e.pair; }));
    }
  }
}

TEST(LoadTrainingTaskTest, ReadsAllOfTheRealData) {
  const auto directory = testing::SharedDirectory() / "data";
  EDGEBERT_REQUIRE_SHARED(directory);
  const std::map<std::string, std::vector<size_t>> rows_by_source = {
      {"sst2", {67349}},
      {"qnli", {42246, 2000}},
      {"qqp", {23496, 2000}},
      {"mnli", {10000, 3000, 2490, 9840, 9842, 9824, 8330, 1000, 2000}}};
  for (const auto& [task, rows] : rows_by_source) {
    const Result<TaskData> data = LoadTrainingTask(task, directory / task);
    ASSERT_OK(data);
    std::vector<size_t> read;
    for (const DataSource& source : data->sources) {
      read.push_back(source.examples);
      EXPECT_FALSE(source.licence.empty());
      EXPECT_FALSE(source.origin.empty());
      EXPECT_FALSE(source.file.empty());
    }
    EXPECT_EQ(read, rows) << task;
    EXPECT_EQ(data->examples.size() + data->repeated + data->shared,
              std::accumulate(rows.begin(), rows.end(), size_t{0}));
    for (const int count : CountLabels(data->examples, data->label_names.size())) {
      EXPECT_GT(count, 0) << task;
    }
  }
}

/// Lower case, letters and digits only; independent of the code under test.
std::string Bare(const std::string& text) {
  std::string bare;
  std::copy_if(text.begin(), text.end(), std::back_inserter(bare),
               [](unsigned char c) { return c < 0x80 && std::isalnum(c) != 0; });
  std::transform(bare.begin(), bare.end(), bare.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return bare;
}

TEST(LoadTrainingTaskTest, NoEvaluationExampleIsInTraining) {
  const auto directory = testing::SharedDirectory() / "data";
  EDGEBERT_REQUIRE_SHARED(directory);
  for (const std::string task : {"sst2", "qnli", "qqp", "mnli"}) {
    const Result<TaskData> data = LoadTrainingTask(task, directory);
    ASSERT_OK(data);
    std::set<std::pair<std::string, std::string>> training;
    for (const LabelledText& example : data->examples) {
      training.emplace(Bare(example.text), Bare(example.pair.value_or("")));
    }
    size_t shared = 0;
    const auto splits = TaskSplits(task);
    ASSERT_OK(splits);
    for (const Split split : *splits) {
      const auto evaluation = LoadTask(task, directory, split);
      ASSERT_OK(evaluation);
      for (const LabelledText& example : *evaluation) {
        const std::string text = Bare(example.text);
        const std::string pair = Bare(example.pair.value_or(""));
        const bool has_letters = !text.empty() && (!example.pair || !pair.empty());
        shared +=
            has_letters && (training.contains({text, pair}) || training.contains({pair, text}));
      }
    }
    EXPECT_EQ(shared, 0u) << task;
  }
}

TEST(LoadTrainingTaskTest, DropsWhatEvaluationHas) {
  const TemporaryDirectory directory;
  const auto write = [&](const char* file, std::string_view text) {
    ASSERT_OK(WriteFileAtomically(directory.path() / file, text));
  };
  const std::string evaluation =
      R"([{"sentence": "first sentence: How old?\nsecond sentence: What age?", "label": "True"}])";
  const std::string training =
      R"([{"sentence": "first sentence: HOW  OLD\nsecond sentence: what age ?", "label": "True"},)"
      R"({"sentence": "first sentence: What age\nsecond sentence: How old", "label": "True"},)"
      R"({"sentence": "first sentence: Why?\nsecond sentence: \"Is \"\"it\"\" so?\"", "label": "False"}])";
  write("olora_test.json", evaluation);
  write("olora_train.json", training);
  write("new_dev.tsv", "9\t1\t2\tdamaged 0\n1\t2\t3\tWhy\tIs it so\t0\n2\t3\t4\tWho?\tWhen?\t1\n");
  const Result<TaskData> data = LoadTrainingTask("qqp", directory.path());
  ASSERT_OK(data);
  EXPECT_EQ(data->repeated, 1u);
  EXPECT_EQ(data->shared, 2u);
  EXPECT_EQ(data->examples,
            (std::vector<LabelledText>{{"Why", "Is it so", 0}, {"Who?", "When?", 1}}));
}

}  // namespace
}  // namespace edgebert
