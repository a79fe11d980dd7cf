#include "edgebert/data/unlabelled_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "edgebert/base/file.h"
#include "edgebert/testing/testing.h"

namespace edgebert {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(SplitSentencesTest, EndsAtMarksBeforeABlankAtLinesAndAtBreaks) {
  EXPECT_THAT(SplitSentences("It cost 3.50 dollars. Really?! Yes\nA new line... here"),
              ElementsAre("It cost 3.50 dollars.", "Really?!", "Yes", "A new line...", "here"));
  EXPECT_THAT(SplitSentences("One<br /><br />two <br />\nthree."),
              ElementsAre("One", "two", "three."));
  EXPECT_THAT(SplitSentences(""), IsEmpty());
  EXPECT_THAT(SplitSentences(" \n<br />"), IsEmpty());
}

TEST(LoadUnlabelledSentencesTest, ChoosesTheSameDifferentSentences) {
  const testing::TemporaryDirectory directory;
  std::string text;
  for (int i = 0; i < 200; ++i) {
    text += "This is sentence " + std::to_string(i % 100) + ". Too short. ";
  }
  const std::filesystem::path path = directory.path() / "text.txt";
  ASSERT_OK(WriteFileAtomically(path, text));
  UnlabelledOptions options;
  options.sentences = 60;
  const auto chosen = LoadUnlabelledSentences(path, options);
  ASSERT_OK(chosen.status());
  std::set<std::string> different;
  for (const LabelledText& sentence : *chosen) {
    EXPECT_THAT(sentence.text, HasSubstr("This is sentence"));
    EXPECT_EQ(sentence.label, kUnlabelled);
    different.insert(sentence.text);
  }
  EXPECT_EQ(different.size(), 60U);
  options.sentences = 30;
  const auto fewer = LoadUnlabelledSentences(path, options);
  ASSERT_OK(fewer.status());
  EXPECT_TRUE(std::equal(fewer->begin(), fewer->end(), chosen->begin()));
}

TEST(LoadUnlabelledSentencesTest, SaysHowManyThereAre) {
  const testing::TemporaryDirectory directory;
  const std::filesystem::path path = directory.path() / "text.txt";
  ASSERT_OK(WriteFileAtomically(path, std::string("One sentence of five words.\nshort\n")));
  UnlabelledOptions options;
  options.sentences = 2;
  const Status status = LoadUnlabelledSentences(path, options).status();
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(), HasSubstr("1 different sentences of 4 to 40 words"));
}

TEST(LoadUnlabelledSentencesTest, ReadsTheReviews) {
  const std::filesystem::path path =
      testing::SharedDirectory() / "data" / "corpus" / "imdb_unsup_every4th.txt.xz";
  EDGEBERT_REQUIRE_SHARED(path);
  UnlabelledOptions options;
  options.sentences = 1000;
  const auto sentences = LoadUnlabelledSentences(path, options);
  ASSERT_OK(sentences.status());
  for (const LabelledText& sentence : *sentences) {
    EXPECT_THAT(sentence.text, ::testing::Not(HasSubstr("<br")));
  }
}

}  // namespace
}  // namespace edgebert
