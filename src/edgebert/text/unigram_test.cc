#include "edgebert/text/unigram.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sentencepiece_processor.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "edgebert/base/file.h"
#include "edgebert/testing/testing.h"
#include "edgebert/text/sentencepiece_test_model.h"
#include "edgebert/text/vocabulary.h"

namespace edgebert {
namespace {

using ::edgebert::testing::PieceField;
using ::edgebert::testing::TinyModel;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr size_t kAll = std::numeric_limits<size_t>::max();

std::span<const uint8_t> Bytes(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

TokenizerData TinyData() {
  return ParseSentencePieceModel(Bytes(TinyModel().Bytes()), true, true).value();
}

/// The five special pieces, then `pieces` from id 5 on.
TokenizerData DataOf(const std::vector<std::pair<std::string, float>>& pieces) {
  TokenizerData data;
  data.kind = TokenizerKind::kUnigram;
  data.pieces = {"<pad>", "<unk>", "[CLS]", "[SEP]", "[MASK]"};
  data.scores = {0, 0, 0, 0, 0};
  data.types.assign(5, PieceType::kControl);
  data.types[1] = PieceType::kUnknown;
  data.unknown_id = 1;
  data.cls_id = 2;
  data.sep_id = 3;
  data.mask_id = 4;
  for (const auto& [piece, score] : pieces) {
    data.pieces.push_back(piece);
    data.scores.push_back(score);
    data.types.push_back(PieceType::kNormal);
  }
  return data;
}

std::vector<int32_t> SegmentIds(const TokenizerData& data, std::string_view segment) {
  const Result<UnigramModel> model = UnigramModel::Create(data);
  EXPECT_OK(model);
  std::vector<int32_t> ids;
  model->AppendSegmentIds(segment, ids);
  return ids;
}

/// The ids of all of `text`, special tokens that it spells out included.
std::vector<int32_t> Ids(const TokenizerData& data, std::string_view text) {
  const Result<std::unique_ptr<const Tokenizer>> tokenizer = Tokenizer::Create(data);
  EXPECT_OK(tokenizer);
  const Result<Encoding> encoding = (*tokenizer)->Encode(text, std::nullopt, kAll);
  EXPECT_OK(encoding);
  return {encoding->ids.begin() + 1, encoding->ids.end() - 1};
}

TEST(UnigramModelTest, TakesTheLargestSumOfScores) {
  const TokenizerData data = DataOf({{"a", -1}, {"b", -1}, {"ab", -3}, {"abc", -2.5f}, {"c", -1}});
  EXPECT_THAT(SegmentIds(data, "ab"), ElementsAre(5, 6));
  EXPECT_THAT(SegmentIds(data, "abc"), ElementsAre(8));
  EXPECT_THAT(SegmentIds(data, ""), IsEmpty());
}

TEST(UnigramModelTest, OfEqualSumsTheLongestLastPieceWins) {
  EXPECT_THAT(SegmentIds(DataOf({{"a", -1}, {"b", -1}, {"ab", -2}}), "ab"), ElementsAre(7));
  EXPECT_THAT(SegmentIds(DataOf({{"a", -1}, {"b", -1}, {"c", -1}, {"ab", -1}, {"bc", -1}}), "abc"),
              ElementsAre(5, 9));
}

TEST(UnigramModelTest, UnknownCharactersCostTenBelowTheWorstAndJoin) {
  const TokenizerData data = DataOf({{"a", -2}, {"b", -3}});
  EXPECT_THAT(SegmentIds(data, "xyza\xE4\xBD\xA0zb"), ElementsAre(1, 5, 1, 6));
  // The worst score is -5: an unknown x costs 15, and "b" makes up for it or does not.
  EXPECT_THAT(SegmentIds(DataOf({{"b", 9.75f}, {"xb", -5}}), "xb"), ElementsAre(6));
  EXPECT_THAT(SegmentIds(DataOf({{"b", 10.25f}, {"xb", -5}}), "xb"), ElementsAre(1, 5));
}

TEST(UnigramModelTest, JoinedUnknownCharactersMaySpellAPiece) {
  // Two unknown characters score 2 * (30 - 10) = 40 and beat the piece they spell.
  TokenizerData data = DataOf({{"xy", 30}, {"c", 31}});
  data.scores[0] = data.scores[1] = data.scores[2] = data.scores[3] = data.scores[4] = 30;
  EXPECT_THAT(SegmentIds(data, "xy"), ElementsAre(5));
  EXPECT_THAT(SegmentIds(data, "xyx"), ElementsAre(1));
}

TEST(UnigramModelTest, FindsWhatAnExhaustiveSearchFinds) {
  testing::Random random(11);
  for (int round = 0; round < 60; ++round) {
    std::map<std::string, float> pieces;
    for (int i = 0; i < 12; ++i) {
      std::string piece(1 + random() % 3, ' ');
      for (char& c : piece) {
        c = static_cast<char>('a' + random() % 3);
      }
      pieces[piece] = -static_cast<float>(1 + random() % 100000) / 7919.0f;
    }
    const TokenizerData data = DataOf({pieces.begin(), pieces.end()});
    const float worst = *std::min_element(data.scores.begin(), data.scores.end());
    for (int i = 0; i < 20; ++i) {
      std::string text(1 + random() % 9, ' ');
      for (char& c : text) {
        c = static_cast<char>('a' + random() % 3);
      }
      const std::function<double(size_t)> best = [&](size_t begin) {
        if (begin == text.size()) {
          return 0.0;
        }
        double sum = -std::numeric_limits<double>::infinity();
        if (pieces.count(text.substr(begin, 1)) == 0) {
          sum = worst - 10.0 + best(begin + 1);
        }
        for (size_t length = 1; begin + length <= text.size(); ++length) {
          if (const auto found = pieces.find(text.substr(begin, length)); found != pieces.end()) {
            sum = std::max(sum, double{found->second} + best(begin + length));
          }
        }
        return sum;
      };
      // Walk along the ids; an unknown one covers as many characters as the rest allows.
      const std::vector<int32_t> ids = SegmentIds(data, text);
      const std::function<double(size_t, size_t)> score = [&](size_t index, size_t begin) {
        if (index == ids.size()) {
          return begin == text.size() ? 0.0 : -std::numeric_limits<double>::infinity();
        }
        const auto id = static_cast<size_t>(ids[index]);
        if (ids[index] != data.unknown_id) {
          const std::string& piece = data.pieces[id];
          return text.compare(begin, piece.size(), piece) == 0
                     ? double{data.scores[id]} + score(index + 1, begin + piece.size())
                     : -std::numeric_limits<double>::infinity();
        }
        double sum = -std::numeric_limits<double>::infinity();
        double cost = 0.0;
        for (size_t end = begin; end < text.size() && pieces.count(text.substr(end, 1)) == 0;) {
          cost += worst - 10.0;
          sum = std::max(sum, cost + score(index + 1, ++end));
        }
        return sum;
      };
      EXPECT_NEAR(score(0, 0), best(0), 1e-9) << text;
    }
  }
}

TEST(UnigramModelTest, WordsStartAtWhiteSpace) {
  const TokenizerData data = TinyData();
  EXPECT_THAT(Ids(data, "ab"), ElementsAre(7));
  EXPECT_THAT(Ids(data, "  AB \t\n a\xE3\x80\x80\xEF\xBC\xA2 "), ElementsAre(7, 6, 8, 13));
  EXPECT_THAT(Ids(data, ""), IsEmpty());
  EXPECT_THAT(Ids(data, " \t\x07\xC2\xA0"), IsEmpty());
  EXPECT_THAT(Ids(data,
                  "a\xE2\x96\x81"
                  "b"),
              ElementsAre(6, 8, 13));  // A ▁ in the text, too.
  EXPECT_THAT(Ids(data,
                  "\xE2\x96\x81\xE2\x96\x81"
                  "b"),
              ElementsAre(6, 13));
}

TEST(UnigramModelTest, NoPieceReachesIntoTheNextWord) {
  const TokenizerData data = DataOf({{"\xE2\x96\x81", -1},
                                     {"a", -1},
                                     {"b", -1},
                                     {"a\xE2\x96\x81"
                                      "b",
                                      -1}});
  EXPECT_THAT(Ids(data,
                  "a\xE2\x96\x81"
                  "b"),
              ElementsAre(5, 6, 5, 7));
}

TEST(UnigramModelTest, SpecialTokensAreCutOutOfTheText) {
  const TokenizerData data = TinyData();
  EXPECT_THAT(Ids(data, "ab[MASK]ab [SEP]<pad><unk>[CLS]"), ElementsAre(7, 4, 7, 3, 0, 1, 2));
  EXPECT_THAT(Ids(data, "[mask]"), ElementsAre(6, 1, 8, 1));  // Only as written.
}

TEST(UnigramModelTest, ControlAndUserDefinedPiecesAreLikeAnyOther) {
  EXPECT_THAT(Ids(TinyData(), "a.b"), ElementsAre(6, 8, 5, 9));
  TokenizerData data = DataOf({{"\xE2\x96\x81", -1}, {"<s>", -1}, {"b", -1}});
  data.types[6] = PieceType::kControl;
  EXPECT_THAT(Ids(data, "<s>b"), ElementsAre(5, 6, 7));
}

TEST(UnigramModelTest, ACommaPartsFromItsDigit) {
  EXPECT_THAT(Ids(TinyData(), "9,"), ElementsAre(6, 11, 12));
}

TEST(UnigramModelTest, NulIsAnUnknownCharacter) {
  EXPECT_THAT(Ids(TinyData(), std::string_view("a\0\0b", 4)), ElementsAre(6, 8, 1, 9));
}

TEST(UnigramModelTest, StopsBeforeAWordOnceItHasEnough) {
  const Result<UnigramModel> model = UnigramModel::Create(TinyData());
  ASSERT_OK(model);
  const auto ids = [&](size_t max_ids) {
    std::vector<int32_t> result = {42};
    model->AppendIds("ab a.b ab", max_ids, result);
    return result;
  };
  EXPECT_THAT(ids(0), ElementsAre(42));
  EXPECT_THAT(ids(1), ElementsAre(42, 7));
  for (size_t max_ids = 2; max_ids <= 5; ++max_ids) {
    EXPECT_THAT(ids(max_ids), ElementsAre(42, 7, 6, 8, 5, 9)) << max_ids;
  }
  for (const size_t max_ids : {size_t{6}, size_t{7}, kAll}) {
    EXPECT_THAT(ids(max_ids), ElementsAre(42, 7, 6, 8, 5, 9, 7)) << max_ids;
  }
}

TEST(UnigramModelTest, LongTextWithoutSpaceTakesLinearTime) {
  const TokenizerData data = TinyData();
  for (const std::string part : {"a", "x", ".", "\xCC\x81", "[MASK]", "\xE2\x96\x81", "''"}) {
    std::string text;
    while (text.size() < 100000) {
      text += part;
    }
    const auto start = std::chrono::steady_clock::now();
    Ids(data, text);
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(1)) << part;
  }
}

TEST(UnigramModelTest, SegmentsAsTheSentencePieceLibrary) {
  testing::Random random(17);
  size_t compared = 0;
  for (int round = 0; round < 40; ++round) {
    TinyModel model;
    model.normalizer = "";
    std::map<std::string, float> pieces;
    for (int i = 0; i < 40; ++i) {
      std::string piece(1 + random() % 4, ' ');
      for (char& c : piece) {
        c = static_cast<char>('p' + random() % 5);
      }
      pieces[random() % 3 == 0 ? "\xE2\x96\x81" + piece : piece] =
          -static_cast<float>(1 + random() % 1000) / 64.0f;  // Sums are exact, ties happen.
    }
    for (const auto& [piece, score] : pieces) {
      model.pieces += PieceField(piece, score);
    }
    sentencepiece::SentencePieceProcessor oracle;
    ASSERT_TRUE(oracle.LoadFromSerializedProto(model.Bytes()).ok());
    Result<TokenizerData> data = ParseSentencePieceModel(Bytes(model.Bytes()), true, true);
    ASSERT_OK(data);
    data->scores[10] = -5;  // Of "9,": as published it is less, and the worst score matters.
    const Result<UnigramModel> unigram = UnigramModel::Create(*data);
    ASSERT_OK(unigram);
    for (int i = 0; i < 100; ++i) {
      std::string text;
      for (size_t length = 1 + random() % 30; text.size() < length;) {
        text.push_back(" pqrstpqrstz"[random() % 12]);
      }
      std::vector<int> expected;
      ASSERT_TRUE(oracle.Encode(text, &expected).ok());
      std::vector<int32_t> ids;
      unigram->AppendIds(text, kAll, ids);
      EXPECT_EQ(ids, std::vector<int32_t>(expected.begin(), expected.end())) << text;
      ++compared;
    }
  }
  EXPECT_EQ(compared, 4000u);
}

class AlbertTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto path = testing::SharedDirectory() / "models/albert-base-v2-tokenizer/spiece.model";
    EDGEBERT_REQUIRE_SHARED(path);
    Result<std::vector<uint8_t>> bytes = ReadFile(path, 1u << 20);
    ASSERT_OK(bytes);
    bytes_ = std::move(bytes).value();
  }

  std::vector<int32_t> Ids(std::string_view text, bool strip_accents = true) {
    const Result<TokenizerData> data = ParseSentencePieceModel(bytes_, true, strip_accents);
    EXPECT_OK(data);
    return ::edgebert::Ids(*data, text);
  }

  std::vector<uint8_t> bytes_;
};

// The first two are the ids of the model's README (accents kept), all others of `tokenizers` 0.23.
TEST_F(AlbertTest, IdsAreThoseOfHuggingFace) {
  EXPECT_THAT(Ids("This is a test"), ElementsAre(48, 25, 21, 1289));
  EXPECT_THAT(Ids("I was born in 92000, and this is fals\xC3\xA9.", false),
              ElementsAre(31, 23, 386, 19, 561, 3050, 15, 17, 48, 25, 8256, 18, 1, 9));
  EXPECT_THAT(Ids("I was born in 92000, and this is fals\xC3\xA9."),
              ElementsAre(31, 23, 386, 19, 561, 3050, 15, 17, 48, 25, 4997, 9));
}

TEST_F(AlbertTest, HostileTextGivesTheIdsOfHuggingFace) {
  const std::pair<std::string, std::vector<int32_t>> cases[] = {
      {"Well-known \xE2\x80\x9Cquotes\xE2\x80\x9D (e.g. 1999, 3.5%) cost \xC2\xA3"
       "5\xE2\x80\xA6",
       {134,  8,  2929, 13, 1,    8970, 3231, 1,  13, 5,   62, 9, 263, 9,
        1247, 15, 203,  9,  1933, 6,    1516, 13, 11, 264, 9,  9, 9}},
      {"``It's 9,'' he said.\t[MASK] <unk>x",
       {13, 7, 242, 22, 18, 561, 15, 7, 24, 87, 9, 4, 1, 993}},
      {"\xC7\x84 \xC4\xB0stanbul \xEF\xAC\x81ne \xEF\xBC\x91\xEF\xBC\x92\xEF\xBC\x93 \xE2\x84\xA1 "
       "\xC3\x85",
       {13, 11064, 10617, 1123, 390, 240, 6757, 21}},
      {"\xE0\xA4\xA8\xE0\xA4\xAE\xE0\xA4\xB8\xE0\xA5\x8D\xE0\xA4\xA4\xE0\xA5\x87 "
       "\xE4\xBD\xA0\xE5\xA5\xBD \xEC\x95\x88\xEB\x85\x95 \xD7\xA9\xD6\xB8\xD7\x81\xD7\x9C",
       {13, 1, 13, 1, 13, 1, 13, 1}},
      {std::string("\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x91\xA7 ok\xE2\x80\x8B\xC2\xADok\r\n\0z",
                   25),
       {13, 1, 13, 1, 5854, 13, 1, 3085, 13, 1, 380}},
  };
  for (const auto& [text, ids] : cases) {
    EXPECT_EQ(Ids(text), ids) << text;
  }
}

TEST_F(AlbertTest, SegmentsNormalizedTextAsTheSentencePieceLibrary) {
  sentencepiece::SentencePieceProcessor oracle;
  const std::string serialized(bytes_.begin(), bytes_.end());
  ASSERT_TRUE(oracle.LoadFromSerializedProto(serialized).ok());
  const Result<TokenizerData> data = ParseSentencePieceModel(bytes_, true, true);
  ASSERT_OK(data);
  const Result<UnigramModel> model = UnigramModel::Create(*data);
  ASSERT_OK(model);
  testing::Random random(23);
  for (int i = 0; i < 2000; ++i) {
    std::string text;
    for (int words = 0; words < 8; ++words) {
      const std::string& piece = data->pieces[13 + random() % (data->pieces.size() - 13)];
      text += (piece.starts_with("\xE2\x96\x81") ? " " + piece.substr(3) : piece);
    }
    if (text.find(',') != std::string::npos) {
      continue;  // As published, a comma parts from a digit; the library does not know that.
    }
    std::vector<int> expected;
    ASSERT_TRUE(oracle.Encode(text, &expected).ok());
    std::vector<int32_t> ids;
    model->AppendIds(text, kAll, ids);
    EXPECT_EQ(ids, std::vector<int32_t>(expected.begin(), expected.end())) << text;
  }
}

}  // namespace
}  // namespace edgebert
