#include "edgebert/text/vocabulary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "edgebert/base/file.h"
#include "edgebert/testing/testing.h"

namespace edgebert {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* kVocabulary = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n";

TEST(ParseVocabTxt, NumbersTheLines) {
  const auto data = ParseVocabTxt("[UNK]\r\n[SEP]\r\n[CLS]\n\u00e9\n[MASK]\n[PAD]",
                                  {.lower_case = false, .strip_accents = false});
  ASSERT_OK(data);
  EXPECT_THAT(data->pieces, ElementsAre("[UNK]", "[SEP]", "[CLS]", "\u00e9", "[MASK]", "[PAD]"));
  EXPECT_EQ(data->unknown_id, 0);
  EXPECT_EQ(data->sep_id, 1);
  EXPECT_EQ(data->cls_id, 2);
  EXPECT_EQ(data->mask_id, 4);
  EXPECT_EQ(data->pad_id, 5);
  EXPECT_FALSE(data->lower_case);
  EXPECT_FALSE(data->strip_accents);
  EXPECT_OK(ValidateTokenizerData(*data));
}

TEST(ParseVocabTxt, SaysWhichLineIsWrong) {
  const auto message = [](const std::string& text) {
    return ParseVocabTxt(text, {}).status().message();
  };
  EXPECT_THAT(message(""), HasSubstr("no line '[PAD]'"));
  EXPECT_THAT(message("[PAD]\n[UNK]\n[CLS]\n[SEP]\n"), HasSubstr("no line '[MASK]'"));
  EXPECT_THAT(message(std::string(kVocabulary) + "\na\n"),
              HasSubstr("line 6 of the vocabulary is"));
  EXPECT_THAT(message(std::string(kVocabulary) + "\n"), HasSubstr("line 6 of the vocabulary is"));
  EXPECT_THAT(message(std::string(kVocabulary) + "a\n[CLS]\n"),
              HasSubstr("line 7 of the vocabulary repeats '[CLS]' of line 3"));
  EXPECT_THAT(message(std::string(kVocabulary) + "ab\xff\n"), HasSubstr("not UTF-8 at its byte 2"));
  EXPECT_THAT(message(std::string(kVocabulary) + std::string(513, 'x')), HasSubstr("513 bytes"));
}

TEST(ParseVocabTxt, RefusesMoreThanTheLimit) {
  std::string text = kVocabulary;
  for (size_t i = 0; i < kMaxPieces - 4; ++i) {
    text += std::to_string(i) + "\n";
  }
  EXPECT_THAT(ParseVocabTxt(text, {}).status().message(), HasSubstr("more than 1048576 lines"));
}

json BertJson() {
  const auto text = ReadTextFile(
      std::string(EDGEBERT_SOURCE_DIR) + "/tests/golden/wordpiece_tokenizer.json", 1 << 20);
  return text.ok() ? json::parse(*text) : json();
}

json AlbertJson() {
  return json::parse(R"({
    "added_tokens": [{"id": 0, "content": "<pad>", "normalized": false},
                     {"id": 4, "content": "[MASK]", "lstrip": true, "normalized": false}],
    "normalizer": {"type": "Sequence", "normalizers": [
      {"type": "Replace", "pattern": {"String": "``"}, "content": "\""},
      {"type": "Replace", "pattern": {"String": "''"}, "content": "\""},
      {"type": "NFKD"}, {"type": "StripAccents"}, {"type": "Lowercase"},
      {"type": "Precompiled", "precompiled_charsmap": ""}]},
    "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
      {"type": "WhitespaceSplit"},
      {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "always", "split": true}]},
    "post_processor": {"type": "TemplateProcessing",
      "single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}},
                 {"Sequence": {"id": "A", "type_id": 0}},
                 {"SpecialToken": {"id": "[SEP]", "type_id": 0}}],
      "pair": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}},
               {"Sequence": {"id": "A", "type_id": 0}},
               {"SpecialToken": {"id": "[SEP]", "type_id": 0}},
               {"Sequence": {"id": "B", "type_id": 1}},
               {"SpecialToken": {"id": "[SEP]", "type_id": 1}}],
      "special_tokens": {"[CLS]": {"id": "[CLS]", "ids": [2], "tokens": ["[CLS]"]},
                         "[SEP]": {"id": "[SEP]", "ids": [3], "tokens": ["[SEP]"]}}},
    "model": {"type": "Unigram", "unk_id": 1, "byte_fallback": false, "vocab": [
      ["<pad>", 0.0], ["<unk>", 0.0], ["[CLS]", 0.0], ["[SEP]", 0.0], ["[MASK]", 0.0],
      ["\u2581", -2.5], ["a", -3]]}})");
}

TEST(ParseTokenizerJson, ReadsBerts) {
  json root = BertJson();
  const auto data = ParseTokenizerJson(root.dump());
  ASSERT_OK(data);
  EXPECT_EQ(data->kind, TokenizerKind::kWordPiece);
  EXPECT_EQ(data->pieces[5], "the");
  EXPECT_EQ(data->pad_id, 0);
  EXPECT_EQ(data->unknown_id, 1);
  EXPECT_EQ(data->cls_id, 2);
  EXPECT_EQ(data->sep_id, 3);
  EXPECT_EQ(data->mask_id, 4);
  EXPECT_EQ(data->max_word_characters, 100);
  EXPECT_TRUE(data->lower_case);
  EXPECT_TRUE(data->strip_accents);  // Null follows lowercase.
  EXPECT_OK(Tokenizer::Create(*data));

  root["normalizer"]["lowercase"] = false;
  EXPECT_FALSE(ParseTokenizerJson(root.dump())->strip_accents);
  root["normalizer"]["strip_accents"] = true;
  EXPECT_TRUE(ParseTokenizerJson(root.dump())->strip_accents);
  root["normalizer"]["handle_chinese_chars"] = false;
  EXPECT_FALSE(ParseTokenizerJson(root.dump())->split_chinese_characters);
  root["post_processor"] = AlbertJson()["post_processor"];
  EXPECT_EQ(ParseTokenizerJson(root.dump())->cls_id, 2);
}

TEST(ParseTokenizerJson, ReadsAlberts) {
  json root = AlbertJson();
  // Base64 of a map without rules: 256 empty units and one empty replacement.
  root[json::json_pointer("/normalizer/normalizers/5/precompiled_charsmap")] =
      "AAQA" + std::string(1368, 'A');
  const auto data = ParseTokenizerJson(root.dump());
  ASSERT_OK(data);
  EXPECT_EQ(data->kind, TokenizerKind::kUnigram);
  EXPECT_THAT(data->scores, ElementsAre(0, 0, 0, 0, 0, -2.5f, -3.0f));
  EXPECT_THAT(data->types,
              ElementsAre(PieceType::kControl, PieceType::kUnknown, PieceType::kControl,
                          PieceType::kControl, PieceType::kControl, PieceType::kNormal,
                          PieceType::kNormal));
  EXPECT_EQ(data->normalization_map, std::string("\0\4\0\0", 4) + std::string(1025, '\0'));
  EXPECT_TRUE(data->lower_case);
  EXPECT_TRUE(data->strip_accents);
  EXPECT_EQ(data->mask_id, 4);

  json& steps = root["normalizer"]["normalizers"];
  steps = {steps[0], steps[1]};
  const auto plain = ParseTokenizerJson(root.dump());
  ASSERT_OK(plain);
  EXPECT_FALSE(plain->lower_case);
  EXPECT_FALSE(plain->strip_accents);
  EXPECT_EQ(plain->normalization_map, "");
}

/// Sets what lies at `pointer` to the JSON text `value` and expects an error that says `message`.
void ExpectRefused(json root, const char* pointer, const char* value, const char* message) {
  root[json::json_pointer(pointer)] = json::parse(value);
  const auto data = ParseTokenizerJson(root.dump());
  EXPECT_FALSE(data.ok()) << pointer;
  EXPECT_THAT(data.status().message(), HasSubstr(message)) << pointer << " " << value;
}

TEST(ParseTokenizerJson, RefusesOtherPipelinesByName) {
  const json bert = BertJson();
  const json albert = AlbertJson();
  ExpectRefused(bert, "/model/type", R"("BPE")", "model 'BPE'");
  ExpectRefused(bert, "/model", "null", "model null without a type");
  ExpectRefused(bert, "/normalizer", R"({"type": "NFC"})", "normalizer 'NFC'");
  ExpectRefused(bert, "/normalizer/clean_text", "false", "clean_text");
  ExpectRefused(bert, "/pre_tokenizer/type", R"("ByteLevel")", "pre_tokenizer 'ByteLevel'");
  ExpectRefused(bert, "/post_processor/type", R"("RobertaProcessing")",
                "post_processor 'RobertaProcessing'");
  ExpectRefused(bert, "/post_processor", "null", "post_processor null");
  ExpectRefused(bert, "/added_tokens/0/id", "99999", "'[PAD]' of tokenizer.json is not in its");
  ExpectRefused(bert, "/added_tokens/0", R"({"id": 5, "content": "the"})",
                "'the' of tokenizer.json is none of");
  ExpectRefused(bert, "/added_tokens/0/single_word", "true", "single word");
  ExpectRefused(bert, "/added_tokens/0/normalized", "true", "normalized text");
  ExpectRefused(albert, "/normalizer/normalizers/0/content", R"("x")", "normalizer 'Replace'");
  ExpectRefused(albert, "/normalizer/normalizers/2/type", R"("NFC")", "normalizer 'NFC'");
  ExpectRefused(albert, "/normalizer/normalizers/3/type", R"("Lowercase")", "StripAccents");
  ExpectRefused(albert, "/normalizer/normalizers/6", R"({"type": "Strip"})", "normalizer 'Strip'");
  ExpectRefused(albert, "/pre_tokenizer", R"({"type": "Metaspace"})", "pre_tokenizer 'Metaspace'");
  ExpectRefused(albert, "/pre_tokenizer/pretokenizers/1/prepend_scheme", R"("first")", "Metaspace");
  ExpectRefused(albert, "/pre_tokenizer/pretokenizers/1/split", "false", "Metaspace");
  ExpectRefused(albert, "/model/byte_fallback", "true", "byte_fallback");
  ExpectRefused(albert, "/post_processor/single/2/SpecialToken/id", R"("x")", "TemplateProcessing");
  ExpectRefused(albert, "/post_processor/pair/4/SpecialToken/type_id", "0", "TemplateProcessing");
}

TEST(ParseTokenizerJson, RefusesDamagedFiles) {
  const json bert = BertJson();
  const json albert = AlbertJson();
  for (const char* text :
       {"", "{", "[]", "1e999", "{\"model\": \"\\ud800\"}", "nul", "\xff", "{}"}) {
    EXPECT_FALSE(ParseTokenizerJson(text).ok()) << text;
  }
  EXPECT_THAT(ParseTokenizerJson(bert.dump() + std::string("\0{}", 3)).status().message(),
              HasSubstr(" is NUL"));
  ExpectRefused(bert, "/model/vocab", "[]", "model.vocab");
  ExpectRefused(bert, "/model/vocab", "{}", "model.vocab");
  ExpectRefused(bert, "/model/vocab/the", "99999", "the id of piece 'the'");
  ExpectRefused(bert, "/model/vocab/the", "-1", "the id of piece 'the'");
  ExpectRefused(bert, "/model/vocab/the", "1.5", "the id of piece 'the'");
  ExpectRefused(bert, "/model/vocab/the", "18446744073709551615", "the id of piece 'the'");
  ExpectRefused(bert, "/model/vocab/the", "6", "id 6 of tokenizer.json stands for");
  ExpectRefused(bert, "/model/max_input_chars_per_word", "4294967296", "max_input_chars_per_word");
  ExpectRefused(bert, "/model/unk_token", "7", "unk_token");
  ExpectRefused(bert, "/model/unk_token", R"("none")", "has no 'none'");
  ExpectRefused(bert, "/normalizer/lowercase", "1", "lowercase");
  ExpectRefused(bert, "/post_processor/cls", R"(["[CLS]", 3])", "another id");
  ExpectRefused(bert, "/post_processor/sep", "[]", "BertProcessing");
  ExpectRefused(bert, "/added_tokens", "7", "added_tokens");
  ExpectRefused(albert, "/model/vocab", "{}", "model.vocab");
  ExpectRefused(albert, "/model/vocab/3", R"(["[SEP]"])", "entry 3");
  ExpectRefused(albert, "/model/vocab/3", R"(["[SEP]", "0"])", "entry 3");
  ExpectRefused(albert, "/model/vocab/3", R"(["[SEP]", 1e300])", "entry 3");
  ExpectRefused(albert, "/model/vocab/3", R"([null, 0])", "entry 3");
  ExpectRefused(albert, "/model/vocab/6", R"(["<pad>", 0])", "occurs twice");
  ExpectRefused(albert, "/model/unk_id", "7", "unk_id");
  ExpectRefused(albert, "/model/unk_id", "null", "unk_id");
  ExpectRefused(albert, "/normalizer/normalizers/5/precompiled_charsmap", R"("A")", "base64");
  ExpectRefused(albert, "/normalizer/normalizers/5/precompiled_charsmap", R"("AAECAw==")",
                "normalization map");
  ExpectRefused(albert, "/normalizer/normalizers/5/precompiled_charsmap", "7", "base64");
  ExpectRefused(albert, "/post_processor/special_tokens", "null", "another id");
}

TEST(ParseTokenizerJson, SurvivesAnyValueInAnyPlace) {
  const char* kValues[] = {"null", "true", "-1",   "1e300",         "\"x\"",
                           "[]",   "{}",   "[[]]", "{\"type\": []}"};
  for (const json& root : {BertJson(), AlbertJson()}) {
    const json flat = root.flatten();
    for (const auto& [pointer, old] : flat.items()) {
      for (json::json_pointer place(pointer); !place.empty(); place.pop_back()) {
        for (const char* value : kValues) {
          json changed = root;
          changed[place] = json::parse(value);
          const auto data = ParseTokenizerJson(changed.dump());
          EXPECT_TRUE(!data.ok() || ValidateTokenizerData(*data).ok()) << pointer;
        }
      }
      if (pointer.starts_with("/model/vocab/")) {
        break;  // The others are all alike.
      }
    }
  }
}

TEST(ParseTokenizerJson, SurvivesDeepNesting) {
  const std::string deep(1 << 20, '[');
  EXPECT_FALSE(ParseTokenizerJson(deep).ok());
  EXPECT_FALSE(ParseTokenizerJson(deep + std::string(1 << 20, ']')).ok());
  EXPECT_FALSE(ParseTokenizerJson("{\"model\":" + deep + std::string(1 << 20, ']') + "}").ok());
}

}  // namespace
}  // namespace edgebert
