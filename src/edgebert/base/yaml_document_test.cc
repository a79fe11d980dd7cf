#include "edgebert/base/yaml_document.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <string>

#include "edgebert/base/file.h"
#include "edgebert/testing/testing.h"

namespace edgebert {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr uint64_t kMaxBytes = 64 * 1024;

Result<YamlValue> Parse(std::string_view yaml) {
  return ParseYaml(yaml, "t.yaml", "the test file", kMaxBytes);
}

std::string ErrorOf(std::string_view yaml) {
  const Result<YamlValue> document = Parse(yaml);
  EXPECT_EQ(document.status().code(), StatusCode::kInvalidArgument) << yaml.substr(0, 100);
  return document.status().message();
}

TEST(YamlDocumentTest, ReadsEveryKind) {
  const Result<YamlValue> document = Parse(
      "# heading\nname: a test\nrate: 2.5e-3\ncount: 12\non: true\nlist:\n  - 1\n  - [x, y]\n"
      "inner: {deep: {text: \"quoted: text\"}}\n");
  ASSERT_OK(document);
  const auto section = document->Section({"name", "rate", "count", "on", "list", "inner"});
  ASSERT_OK(section);
  EXPECT_EQ(*section->at("name").Text(), "a test");
  EXPECT_EQ(*section->at("rate").Number(), 2.5e-3);
  EXPECT_EQ(*section->at("count").Integer(0, 20), 12);
  EXPECT_TRUE(*section->at("on").Bool());
  EXPECT_EQ(section->at("count").line(), 4);
  const auto list = section->at("list").Sequence();
  ASSERT_OK(list);
  ASSERT_EQ(list->size(), 2u);
  EXPECT_TRUE((*list)[0].IsText());
  EXPECT_TRUE((*list)[1].IsSequence());
  EXPECT_EQ((*list)[1].what(), "list[1]");
  const auto inner = section->at("inner").Section({"deep"});
  ASSERT_OK(inner);
  EXPECT_TRUE(inner->at("deep").IsMap());
  const auto deep = inner->at("deep").Section({"text"});
  ASSERT_OK(deep);
  EXPECT_EQ(*deep->at("text").Text(), "quoted: text");
  EXPECT_EQ(deep->at("text").what(), "inner.deep.text");
}

TEST(YamlDocumentTest, ValuesOutliveTheDocument) {
  const Result<std::vector<YamlValue>> items = Parse("[first, second]")->Sequence();
  ASSERT_OK(items);
  EXPECT_EQ(*(*items)[1].Text(), "second");
}

TEST(YamlDocumentTest, AbsentOptionalKeysLeaveTheirDefault) {
  const auto document = Parse("steps: 7\nname: x\n");
  ASSERT_OK(document);
  const auto section = document->Section({"steps"}, {"name", "rate", "on", "seed"});
  ASSERT_OK(section);
  int steps = 1;
  double rate = 0.25;
  bool on = true;
  int64_t seed = 9;
  std::string name = "default";
  EXPECT_OK(section->Read("steps", 1, 10, steps));
  EXPECT_OK(section->Read("rate", 0, 1, rate));
  EXPECT_OK(section->Read("on", on));
  EXPECT_OK(section->Read("seed", int64_t{0}, int64_t{10}, seed));
  EXPECT_OK(section->Read("name", name));
  EXPECT_EQ(steps, 7);
  EXPECT_EQ(rate, 0.25);
  EXPECT_TRUE(on);
  EXPECT_EQ(seed, 9);
  EXPECT_EQ(name, "x");
  EXPECT_FALSE(section->Has("rate"));
  EXPECT_THAT(section->Read("steps", 1, 5, steps).message(),
              StartsWith("t.yaml:1: steps is 7, expected 1 to 5"));
}

TEST(YamlDocumentTest, SectionsNameWhatIsWrongWithTheirKeys) {
  const auto document = Parse("alpha: 1\nbeta: 2\nbeta: 3\n");
  ASSERT_OK(document);
  EXPECT_THAT(document->Section({"alpha", "beta"}).status().message(),
              StartsWith("t.yaml:3: key 'beta' stands twice in the test file"));
  EXPECT_THAT(document->OpenSection().status().message(), HasSubstr("stands twice"));
  EXPECT_THAT(document->Section({"alpho", "beta"}).status().message(),
              AllOf(StartsWith("t.yaml:1: unknown key 'alpha' in the test file"),
                    HasSubstr("did you mean 'alpho'?")));
  const auto single = Parse("\n\nalpha: 1\n");
  ASSERT_OK(single);
  EXPECT_THAT(single->Section({"alpha", "beta"}).status().message(),
              StartsWith("t.yaml:3: key 'beta' is missing in the test file"));
  EXPECT_THAT(Parse("text")->Section({"alpha"}, {"beta"}).status().message(),
              HasSubstr("must be a map with the keys alpha, beta"));
  const auto open = Parse("b: 1\na: 2\n")->OpenSection();
  ASSERT_OK(open);
  ASSERT_EQ(open->entries().size(), 2u);
  EXPECT_EQ(open->entries()[0].first, "b");
}

TEST(YamlDocumentTest, ValuesOfTheWrongKindAreErrorsWithTheirLine) {
  const auto section = Parse("a: [1]\nb: much\nc: 3.5\nd: ~\ne: 99999999999999999999\nf: {}\n")
                           ->Section({"a", "b", "c", "d", "e", "f"});
  ASSERT_OK(section);
  EXPECT_THAT(section->at("a").Number().status().message(),
              StartsWith("t.yaml:1: a must be a number"));
  EXPECT_THAT(section->at("b").Number().status().message(), StartsWith("t.yaml:2: b: "));
  EXPECT_THAT(section->at("b").Bool().status().message(), HasSubstr("true or false"));
  EXPECT_THAT(section->at("c").Integer(0, 9).status().message(), HasSubstr("whole number"));
  EXPECT_THAT(section->at("c").Number(4, 5).status().message(),
              StartsWith("t.yaml:3: c is 3.5, expected 4 to 5"));
  EXPECT_THAT(section->at("d").Text().status().message(), StartsWith("t.yaml:4: d must be text"));
  EXPECT_THAT(section->at("e").Integer(0, 9).status().message(), HasSubstr("expected 0 to 9"));
  EXPECT_THAT(section->at("f").Sequence().status().message(), HasSubstr("must be a list"));
  EXPECT_THAT(section->at("a").Sequence(2).status().message(),
              HasSubstr("has 1 items, expected at least 2"));
  EXPECT_THAT(section->at("a").Sequence(0, 0).status().message(), HasSubstr("expected 0"));
  constexpr std::array<std::string_view, 2> kNames = {"little", "muck"};
  EXPECT_THAT(section->at("b").OneOf(kNames).status().message(),
              AllOf(HasSubstr("expected one of little, muck"), HasSubstr("did you mean 'muck'?")));
  EXPECT_EQ(*Parse("muck")->OneOf(kNames), 1u);
}

TEST(YamlDocumentTest, NumbersAreFinite) {
  for (const std::string_view number : {".nan", "nan", ".inf", "inf", "1e999", "\"\"", "0x10"}) {
    EXPECT_FALSE(Parse("[" + std::string(number) + "]")->Sequence()->front().Number().ok())
        << number;
  }
}

TEST(YamlDocumentTest, AliasesStandForWhatTheyName) {
  const auto section = Parse("a: &x {k: 1}\nb: *x\n")->Section({"a", "b"});
  ASSERT_OK(section);
  EXPECT_EQ(*section->at("b").Section({"k"})->at("k").Number(), 1);
  EXPECT_THAT(ErrorOf("a: 1\nb: &x [*x]\n"), StartsWith("t.yaml:2: an alias stands within"));
  EXPECT_THAT(ErrorOf("b: *unknown\n"), StartsWith("t.yaml:1: "));
  // Sixty levels of two: a reader that copied what an alias names would not come back.
  std::string bomb = "a0: &a0 [x, x]\n";
  for (int level = 1; level < 60; ++level) {
    const std::string below = "*a" + std::to_string(level - 1);
    bomb += "a" + std::to_string(level) + ": &a" + std::to_string(level) + " [" + below + ", " +
            below + "]\n";
  }
  EXPECT_OK(Parse(bomb));
}

TEST(YamlDocumentTest, WhatIsNotOneDocumentIsAnError) {
  EXPECT_THAT(ErrorOf(""), StartsWith("t.yaml:1: expected one YAML document, found none"));
  EXPECT_THAT(ErrorOf("# only a comment\n"), HasSubstr("found none"));
  EXPECT_THAT(ErrorOf("a: 1\n---\nb: 2\n"), HasSubstr("found more"));
  EXPECT_THAT(ErrorOf("---\n---\n"), HasSubstr("found more"));
  EXPECT_THAT(ErrorOf("a: [1, 2"), HasSubstr("not valid YAML"));
  // YAML::LoadAll() of yaml-cpp 0.7 does not come back from this.
  EXPECT_THAT(ErrorOf(", unit:`"), HasSubstr("found more"));
  EXPECT_THAT(ErrorOf("a: 1\nb: \xff\n"), StartsWith("t.yaml:2: not valid UTF-8"));
  EXPECT_THAT(ErrorOf(std::string("a: 1\n\nb: \0\n", 10)), StartsWith("t.yaml:3: a NUL byte"));
  EXPECT_THAT(ErrorOf(std::string(60'000, '[')), StartsWith("t.yaml:1: "));
  EXPECT_THAT(ErrorOf(std::string(kMaxBytes + 1, '#')), HasSubstr("at most 65536 bytes"));
  EXPECT_THAT(Parse("? [a, b]\n: 1\n")->Section({"a"}).status().message(),
              HasSubstr("not plain text"));
}

TEST(YamlDocumentTest, FilesAreCalledByTheirPath) {
  const testing::TemporaryDirectory directory;
  const auto path = directory.path() / "some.yaml";
  ASSERT_OK(WriteFileAtomically(path, "a: 1\nb: 2\n"));
  const auto document = LoadYaml(path, "the test file", kMaxBytes);
  ASSERT_OK(document);
  EXPECT_THAT(document->Section({"a"}).status().message(), StartsWith(path.string() + ":2: "));
  EXPECT_EQ(LoadYaml(directory.path() / "none.yaml", "it", kMaxBytes).status().code(),
            StatusCode::kNotFound);
  EXPECT_FALSE(LoadYaml(path, "it", 3).ok());
}

}  // namespace
}  // namespace edgebert
