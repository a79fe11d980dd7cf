#include "edgebert/data/task_formats.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "edgebert/testing/testing.h"

namespace edgebert::task_formats {
namespace {

using ::testing::HasSubstr;
using Examples = std::vector<LabelledText>;

const Labels kLabels = {{"no", 0}, {"yes", 1}, {"-", kNoGoldLabel}};

TEST(TaskFormatsTest, TsvWithAndWithoutPairsAndGoldLabels) {
  EXPECT_EQ(
      *ParseTsvExamples("sentence\tlabel\n a b \tyes\nc\t-\nd\tno\n", TsvLayout{}, kLabels, "f"),
      (Examples{{"a b", std::nullopt, 1}, {"d", std::nullopt, 0}}));
  const TsvLayout pairs = {.columns = {"label", "a", "b"}, .text = "a", .pair = "b"};
  EXPECT_EQ(*ParseTsvExamples("yes\ta\tb\n", pairs, kLabels, "f"), (Examples{{"a", "b", 1}}));
  EXPECT_EQ(ParseTsvExamples("yes\ta\tb\nno\t \tb\n", pairs, kLabels, "f").status().message(),
            "f:2: an empty text, expected one to classify");
  EXPECT_EQ(ParseTsvExamples("maybe\ta\tb\n", pairs, kLabels, "f").status().message(),
            "f:1: unknown label 'maybe', expected no or yes");
  EXPECT_EQ(ParseTsvExamples("text\tlabel\na\tyes\n", TsvLayout{}, kLabels, "f").status().message(),
            "f:1: no column 'sentence', the header has: text, label");
  EXPECT_EQ(ParseTsvExamples("yes\ta\n", pairs, kLabels, "f").status().message(),
            "f:1: 2 columns, expected 3: label, a, b");
}

TEST(TaskFormatsTest, QqpPassesOverADamagedFirstLineOnly) {
  const std::string row = "1\t2\t3\tWho?\t\"Is \"\"x\"\" so?\"\tno\n";
  const Examples expected = {{"Who?", "Is \"x\" so?", 0}};
  EXPECT_EQ(*ParseQqpTsv(row, kLabels, "f"), expected);
  EXPECT_EQ(*ParseQqpTsv("1\t2\t3\tdamaged\tline no\n" + row, kLabels, "f"), expected);
  EXPECT_THAT(ParseQqpTsv(row + "1\t2\t3\tx\ty no\n", kLabels, "f").status().message(),
              HasSubstr("f:2: 5 tab-separated columns"));
  EXPECT_THAT(ParseQqpTsv("damaged\n" + row + "x\n", kLabels, "f").status().message(),
              HasSubstr("f:3: 1 tab-separated columns"));
}

TEST(TaskFormatsTest, QuotesThatAreNotACsvFieldStay) {
  const auto first = [](const std::string& question) {
    return ParseQqpTsv("1\t2\t3\t" + question + "\tx\tno\n", kLabels, "f")->front().text;
  };
  EXPECT_EQ(first("\"a\" or \"b\""), "\"a\" or \"b\"");
  EXPECT_EQ(first("\"a"), "\"a");
  EXPECT_EQ(first("\"\"\"a\"\"\""), "\"a\"");
  EXPECT_EQ(first("\"\""), "\"\"");
}

TEST(TaskFormatsTest, OLoraJson) {
  const auto parse = [](std::string_view json) {
    return ParseOLoraJson(json, "sentence 1: ", "sentence 2: ", kLabels, "f");
  };
  EXPECT_EQ(*parse(R"([{"sentence": "sentence 1: a\nb\nsentence 2: c", "label": "yes"},
                       {"sentence": "sentence 1: d\nsentence 2: e", "label": "-"}])"),
            (Examples{{"a\nb", "c", 1}}));
  EXPECT_EQ(parse("{}").status().message(), "f: is no JSON list, expected a list of objects");
  EXPECT_EQ(parse("[1").status().message(), "f: is no JSON list, expected a list of objects");
  EXPECT_EQ(parse("[1]").status().message(), "f: entry 1 has no string 'sentence'");
  EXPECT_EQ(parse(R"([{"sentence": "x", "label": 1}])").status().message(),
            "f: entry 1 has no string 'label'");
  EXPECT_THAT(parse(R"([{"sentence": "sentence 1: x", "label": "yes"}])").status().message(),
              HasSubstr("f: entry 1: the text is not of the form"));
  EXPECT_THAT(
      parse(R"([{"sentence": "sentence 1: a\nsentence 2: b", "label": "x"}])").status().message(),
      HasSubstr("f: entry 1: unknown label 'x'"));
  EXPECT_THAT(parse(std::string("[\0]", 3)).status().message(), HasSubstr("NUL"));
}

TEST(TaskFormatsTest, GrimoireJson) {
  const auto parse = [](std::string_view json) { return ParseGrimoireJson(json, kLabels, "f"); };
  EXPECT_EQ(*parse(R"([{"ans_label": "no", "ans_text": "False",
                        "text": "Who?\nquestion: It was True or False? True or False?"}])"),
            (Examples{{"Who?", "It was True or False?", 0}}));
  EXPECT_THAT(
      parse(R"([{"ans_label": "no", "text": "Who?\nquestion: It was"}])").status().message(),
      HasSubstr("is not of the form"));
}

TEST(TaskFormatsTest, TemplateCsvPutsFullStopsBack) {
  const auto parse = [](const std::string& question) {
    return ParseTemplateCsv("Question,Answer,Origin\n\"" + question + "\",yes,mnli\n", kLabels,
                            "f");
  };
  const std::string end = "\"\" represent entailment, contradiction, or neutrality?";
  EXPECT_EQ(
      *parse("For the statement, \"\"He said \"\"no\"\" \n x \"\", does the hypothesis \"\"Why?" +
             end),
      (Examples{{"He said \"no\" \n x.", "Why?", 1}}));
  // Greedy: the last place that divides.
  EXPECT_EQ(
      parse(
          "For the statement, \"\"a\"\", does the hypothesis \"\"b\"\", does the hypothesis \"\"c" +
          end)
          ->front()
          .pair,
      "c.");
  EXPECT_THAT(parse("For the statement, \"\"a" + end).status().message(),
              HasSubstr("f:2: the text is not of the form"));
}

TEST(TaskFormatsTest, AlignedLines) {
  EXPECT_EQ(*ParseAlignedLines("a .\nb .\n", "c .\nd .\n", "yes\n-\n", kLabels, "f"),
            (Examples{{"a .", "c .", 1}}));
  EXPECT_EQ(ParseAlignedLines("a\n", "b\n", "yes\nno\n", kLabels, "f").status().message(),
            "f: 1, 1 and 2 lines, expected as many in each of the files");
  EXPECT_EQ(ParseAlignedLines("a\n\xFF\n", "b\nb\n", "yes\nno\n", kLabels, "f").status().message(),
            "f:2: not valid UTF-8");
}

TEST(TaskFormatsTest, PennSigns) {
  EXPECT_EQ(RestorePennSigns("`` x '' -lrb- y -rrb- - it 's"), "\" x \" ( y ) - it 's");
}

}  // namespace
}  // namespace edgebert::task_formats
