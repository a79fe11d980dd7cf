#include "edgebert/data/held_out.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>
#include <string>

#include "edgebert/data/dataset.h"
#include "edgebert/data/task_sources.h"
#include "edgebert/model/model_file.h"
#include "edgebert/testing/testing.h"
#include "edgebert/testing/text_model.h"

namespace edgebert {
namespace {

using ::testing::HasSubstr;

/// " word word ", so that finding it as a string is finding its words in a row.
std::string Padded(const std::string& text) {
  std::istringstream stream(text);
  std::string padded = " ";
  for (std::string word; stream >> word;) {
    padded += word + " ";
  }
  return padded;
}

bool AreNested(const LabelledText& a, const LabelledText& b) {
  const std::string x = Padded(a.text);
  const std::string y = Padded(b.text);
  return x.find(y) != std::string::npos || y.find(x) != std::string::npos;
}

Result<int> CountWords(const LabelledText& example) {
  const std::string padded = Padded(example.text);
  return static_cast<int>(std::count(padded.begin(), padded.end(), ' ')) - 1;
}

/// Sentences and random phrases of them, as SST-2 has them.
std::vector<LabelledText> NestedRows(uint64_t seed) {
  testing::Random random(seed);
  std::vector<LabelledText> rows;
  for (int sentence = 0; sentence < 60; ++sentence) {
    std::vector<std::string> words(4 + random() % 12);
    for (std::string& word : words) {
      word = std::string(1, static_cast<char>('a' + random() % 26)) + std::to_string(random() % 4);
    }
    for (int phrase = 0; phrase < 6; ++phrase) {
      const size_t begin = phrase == 0 ? 0 : random() % words.size();
      const size_t end = phrase == 0 ? words.size() : begin + 1 + random() % (words.size() - begin);
      LabelledText row;
      for (size_t i = begin; i < end; ++i) {
        row.text += words[i] + " ";
      }
      rows.push_back(row);
    }
  }
  std::shuffle(rows.begin(), rows.end(), random);
  return rows;
}

constexpr NestedHoldOutOptions kSmall = {
    .rows = 20, .long_rows = 8, .long_tokens = 8, .min_words = 3};

TEST(HoldOutNestedTest, TrainingHasNoRowThatIsNestedWithAHeldOutOne) {
  for (uint64_t seed = 0; seed < 30; ++seed) {
    const std::vector<LabelledText> rows = NestedRows(seed);
    const auto split = HoldOutNested(rows, &CountWords, kSmall);
    ASSERT_OK(split);
    EXPECT_EQ(split->held_out.size(), kSmall.rows);
    std::vector<size_t> unrelated;
    for (size_t row = 0; row < rows.size(); ++row) {
      if (std::none_of(split->held_out.begin(), split->held_out.end(),
                       [&](size_t held_out) { return AreNested(rows[row], rows[held_out]); })) {
        unrelated.push_back(row);
      }
    }
    EXPECT_EQ(split->training, unrelated) << "all that may stay do, and nothing else";
    int long_rows = 0;
    for (const size_t row : split->held_out) {
      const int words = *CountWords(rows[row]);
      EXPECT_GE(words, kSmall.min_words);
      long_rows += words >= kSmall.long_tokens ? 1 : 0;
    }
    EXPECT_EQ(long_rows, static_cast<int>(kSmall.long_rows));
  }
}

TEST(HoldOutNestedTest, DoesNotDependOnTheOrderOfRows) {
  const auto texts = [](std::vector<LabelledText> rows) {
    const auto split = HoldOutNested(rows, &CountWords, kSmall);
    EXPECT_OK(split);
    std::vector<std::string> held_out;
    for (const size_t row : split->held_out) {
      held_out.push_back(rows[row].text);
    }
    std::sort(held_out.begin(), held_out.end());
    return held_out;
  };
  std::vector<LabelledText> rows = {};
  for (const LabelledText& row : NestedRows(5)) {
    if (std::find(rows.begin(), rows.end(), row) == rows.end()) {
      rows.push_back(row);
    }
  }
  const auto expected = texts(rows);
  std::reverse(rows.begin(), rows.end());
  EXPECT_EQ(texts(rows), expected);
}

TEST(HoldOutNestedTest, SaysWhenThereIsTooLittle) {
  EXPECT_THAT(HoldOutNested(NestedRows(1), &CountWords).status().message(),
              HasSubstr("expected 2000 and 3000 to hold out"));
  EXPECT_THAT(
      HoldOutNested(NestedRows(1), &CountWords, {.rows = 1, .long_rows = 2}).status().message(),
      HasSubstr("2 long rows, expected at most all 1"));
  const std::vector<LabelledText> same(3, {"a b c d", std::nullopt, 0});
  EXPECT_THAT(HoldOutNested(same, &CountWords, {.rows = 1, .long_rows = 0}).status().message(),
              HasSubstr("none is left to train on"));
}

TEST(HoldOutNestedTest, PassesOnErrorsOfTheCount) {
  const auto fails = [](const LabelledText&) -> Result<int> { return InvalidArgument("no UTF-8"); };
  EXPECT_EQ(HoldOutNested(NestedRows(1), fails, kSmall).status().message(), "no UTF-8");
}

TEST(HoldOutTest, FollowsItsOptions) {
  const auto tokenizer = Tokenizer::Create(testing::TextModel(false, 1).tokenizer);
  ASSERT_OK(tokenizer);
  const std::vector<LabelledText> rows = NestedRows(3);
  // Each word is one (unknown) token, and two tokens stand around them.
  const auto tokens = [](const LabelledText& row) -> Result<int> { return *CountWords(row) + 2; };
  const auto nested = HoldOut(rows, {true, 20, 8, 10}, **tokenizer);
  ASSERT_OK(nested);
  const auto expected =
      HoldOutNested(rows, tokens, {.rows = 20, .long_rows = 8, .long_tokens = 10});
  EXPECT_EQ(nested->held_out, expected->held_out);
  EXPECT_EQ(nested->training, expected->training);
  const auto hashed = HoldOut(rows, {.rows = 20}, **tokenizer);
  ASSERT_OK(hashed);
  EXPECT_EQ(hashed->held_out, HoldOutHashed(rows, 20)->held_out);
  EXPECT_NE(hashed->held_out, nested->held_out);
}

TEST(HoldOutNestedTest, SplitsTheRealSst2) {
  const auto directory = testing::SharedDirectory() / "data";
  EDGEBERT_REQUIRE_SHARED(directory);
  const auto model =
      ReadModelFile(std::filesystem::path(EDGEBERT_SOURCE_DIR) / "models" / "sst2.ebm");
  ASSERT_OK(model);
  const auto tokenizer = Tokenizer::Create(model->tokenizer);
  ASSERT_OK(tokenizer);
  const auto data = LoadTrainingTask("sst2", directory);
  ASSERT_OK(data);
  const auto count = [&](const LabelledText& example) -> Result<int> {
    EDGEBERT_ASSIGN_OR_RETURN(const Encoding encoding,
                              (*tokenizer)->Encode(example.text, std::nullopt, 512));
    return static_cast<int>(encoding.ids.size());
  };
  const auto task = FindTask("sst2");
  ASSERT_OK(task);
  const auto split = HoldOut(data->examples, (*task)->held_out, **tokenizer);
  ASSERT_OK(split);
  EXPECT_EQ(split->held_out.size(), 5000u);
  int long_rows = 0;
  for (const size_t row : split->held_out) {
    long_rows += *count(data->examples[row]) >= 16 ? 1 : 0;
  }
  EXPECT_EQ(long_rows, 2000);
  EXPECT_GT(split->training.size(), 52'000u);
}

TEST(HoldOutHashedTest, TrainingSharesNoTextWithHeldOutRows) {
  testing::Random random(11);
  std::vector<LabelledText> rows;
  for (int i = 0; i < 2000; ++i) {
    rows.push_back({"Question " + std::to_string(random() % 700) + "?",
                    "Sentence " + std::to_string(random() % 1500), 0});
  }
  const auto split = HoldOutHashed(rows, 100);
  ASSERT_OK(split);
  EXPECT_EQ(split->held_out.size(), 100u);
  std::vector<size_t> apart;
  for (size_t row = 0; row < rows.size(); ++row) {
    if (std::none_of(split->held_out.begin(), split->held_out.end(), [&](size_t held_out) {
          return rows[row].text == rows[held_out].text || rows[row].pair == rows[held_out].pair;
        })) {
      apart.push_back(row);
    }
  }
  EXPECT_EQ(split->training, apart);
  EXPECT_GT(apart.size(), 1000u);
}

TEST(HoldOutHashedTest, ComparesTextsOfBothSidesNormalized) {
  const std::vector<LabelledText> rows = {
      {"Who?", "Where?", 0}, {"where", "when", 0}, {"why", "WHO", 0}, {"how", "what", 0}};
  for (size_t held_out = 1; held_out <= 2; ++held_out) {
    const auto split = HoldOutHashed(rows, held_out);
    ASSERT_OK(split);
    for (const size_t row : split->training) {
      EXPECT_TRUE(std::find(split->held_out.begin(), split->held_out.end(), row) ==
                  split->held_out.end());
      EXPECT_TRUE(row == 3 || split->held_out == std::vector<size_t>{3} || row != 0);
    }
  }
  EXPECT_THAT(HoldOutHashed(rows, 4).status().message(), HasSubstr("none is left to train on"));
}

}  // namespace
}  // namespace edgebert
