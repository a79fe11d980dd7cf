#include "edgebert/model/config_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

#include "edgebert/model/model_testing.h"
#include "edgebert/testing/testing.h"

namespace edgebert {
namespace {

using ::testing::HasSubstr;
using testing::MakeTestConfig;

std::string Valid() { return ConfigToJson(MakeTestConfig({.family = Family::kAlbert})); }

/// `Valid()` with the value of a key, up to the next comma or brace at its level, replaced.
std::string With(const std::string& key, const std::string& value) {
  std::string json = Valid();
  const size_t start = json.find("\"" + key + "\":") + key.size() + 3;
  const size_t end =
      json[start] == '[' ? json.find(']', start) + 1 : json.find_first_of(",}", start);
  return json.replace(start, end - start, value);
}

std::string MessageOf(const std::string& json) {
  const Result<ModelConfig> config = ParseConfigJson(json);
  return config.ok() ? "accepted" : config.status().message();
}

TEST(ConfigJsonTest, EveryConfigurationComesBack) {
  for (const Family family : {Family::kBert, Family::kAlbert}) {
    for (const bool off_ramps : {false, true}) {
      ModelConfig config = MakeTestConfig({.family = family, .off_ramps = off_ramps});
      for (const Activation activation :
           {Activation::kGelu, Activation::kGeluTanh, Activation::kRelu}) {
        config.activation = activation;
        const Result<ModelConfig> parsed = ParseConfigJson(ConfigToJson(config));
        ASSERT_OK(parsed);
        EXPECT_EQ(*parsed, config);
      }
    }
  }
}

TEST(ConfigJsonTest, EveryEpsilonComesBackToTheBit) {
  testing::Random random(7);
  ModelConfig config = MakeTestConfig({});
  for (int i = 0; i < 2000; ++i) {
    config.layer_norm_epsilon =
        std::ldexp(static_cast<float>(random() % (1 << 24)), -static_cast<int>(random() % 150));
    if (config.layer_norm_epsilon > 0.1f) {
      continue;
    }
    const Result<ModelConfig> parsed = ParseConfigJson(ConfigToJson(config));
    ASSERT_OK(parsed);
    ASSERT_EQ(parsed->layer_norm_epsilon, config.layer_norm_epsilon);
  }
}

TEST(ConfigJsonTest, LabelsMayHoldAnyCharacter) {
  ModelConfig config = MakeTestConfig({});
  config.labels = {std::string("nul \0 and \x01", 10), "quote \" back \\ line \n", "漢字 😀"};
  const Result<ModelConfig> parsed = ParseConfigJson(ConfigToJson(config));
  ASSERT_OK(parsed);
  EXPECT_EQ(parsed->labels, config.labels);
}

TEST(ConfigJsonTest, RefusesWhatIsNoObject) {
  for (const char* json : {"", " ", "[]", "1", "null", "\"x\"", "{", "{}}", "{} {}", "{\"a\":}",
                           "{'a':1}", "[{}]", "// comment\n{}", "\xEF\xBB\xBF"}) {
    EXPECT_THAT(MessageOf(json), HasSubstr("expected")) << json;
  }
  EXPECT_THAT(MessageOf(Valid() + "x"), HasSubstr("no JSON at byte"));
}

// The JSON parser takes NUL for the end of its input.
TEST(ConfigJsonTest, RefusesBytesHiddenBehindNul) {
  EXPECT_THAT(MessageOf(Valid() + std::string(1, '\0')), HasSubstr("is NUL"));
  EXPECT_THAT(MessageOf(Valid() + std::string("\0{}", 3)), HasSubstr("is NUL"));
  EXPECT_FALSE(IsJsonObject(std::string("{}\0", 3)));
}

TEST(ConfigJsonTest, RefusesKeysThatAreUnknownTwiceOrMissing) {
  std::string json = Valid();
  EXPECT_THAT(MessageOf(json.insert(1, "\"new\\u001b[2J\":1,")),
              HasSubstr(R"(the unknown key "new\u001b[2J")"));
  json = Valid();
  EXPECT_THAT(MessageOf(json.insert(1, "\"num_heads\":2,")),
              HasSubstr("the key \"num_heads\" twice"));
  json = Valid();
  json.replace(json.find("num_heads"), 9, "num_herds");
  EXPECT_THAT(MessageOf(json), HasSubstr("no key \"num_heads\""));
}

TEST(ConfigJsonTest, RefusesEachWrongType) {
  for (const char* value : {"1.5", "-1e3", "\"2\"", "null", "true", "[2]", "2147483648",
                            "-2147483648", "18446744073709551615", "99999999999999999999", "2.0"}) {
    EXPECT_THAT(MessageOf(With("num_heads", value)),
                HasSubstr("expected an integer of at most 31 bits"))
        << value;
  }
  EXPECT_THAT(MessageOf(With("layer_map", "[0,1.5,0]")), HasSubstr("\"layer_map\": 1.5"));
  EXPECT_THAT(MessageOf(With("layer_map", "3")), HasSubstr("expected a list"));
  EXPECT_THAT(MessageOf(With("labels", "[1,2]")), HasSubstr("expected a text"));
  EXPECT_THAT(MessageOf(With("family", "\"gpt\"")),
              HasSubstr("found \"family\": \"gpt\", expected one of bert, albert"));
  EXPECT_THAT(MessageOf(With("activation", "0")),
              HasSubstr("expected one of gelu, gelu_tanh, relu"));
  EXPECT_THAT(MessageOf(With("pooling", "[\"max\"]")), HasSubstr("expected one of cls, mean"));
  EXPECT_THAT(MessageOf(With("shared_off_ramp", "1")), HasSubstr("expected true or false"));
}

TEST(ConfigJsonTest, RefusesEpsilonsThatAreNoFiniteNumber) {
  for (const char* value : {"NaN", "nan", "Infinity", "1e999", "1e39", "-1e-9", "\"0\"", "null"}) {
    EXPECT_THAT(MessageOf(With("layer_norm_epsilon", value)), HasSubstr("expected")) << value;
  }
  EXPECT_EQ(MessageOf(With("layer_norm_epsilon", "0")), "accepted");
}

TEST(ConfigJsonTest, RefusesNestingBeforeItCosts) {
  EXPECT_THAT(MessageOf(With("layer_map", "[[0]]")), HasSubstr("a list outside"));
  EXPECT_THAT(MessageOf(With("layer_map", "[{}]")), HasSubstr("an object within"));
  EXPECT_THAT(MessageOf("{\"a\":" + std::string(1 << 20, '[')), HasSubstr("a list outside"));
  std::string objects;
  for (int i = 0; i < 100000; ++i) {
    objects += "{\"a\":";
  }
  EXPECT_THAT(MessageOf(objects), HasSubstr("an object within"));
}

TEST(ConfigJsonTest, MessagesStayShortAndPrintable) {
  const std::string message = MessageOf(With("family", "\"" + std::string(5000, 'x') + "\\n\""));
  EXPECT_LT(message.size(), 200u);
  EXPECT_EQ(message.find('\n'), std::string::npos);
}

TEST(ConfigJsonTest, KnowsObjects) {
  EXPECT_TRUE(IsJsonObject("{}"));
  EXPECT_TRUE(IsJsonObject(" {\"a\": [1, {\"b\": null}]}\n"));
  for (const char* text : {"", "[]", "1", "{", "{}{}", "{\"a\": \xFF}", "{\"a\": \"\xFF\"}"}) {
    EXPECT_FALSE(IsJsonObject(text)) << text;
  }
}

}  // namespace
}  // namespace edgebert
