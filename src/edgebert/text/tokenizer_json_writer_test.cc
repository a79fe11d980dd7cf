#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "edgebert/testing/testing.h"
#include "edgebert/text/base64.h"
#include "edgebert/text/vocabulary.h"

namespace edgebert {
namespace {

using ::testing::HasSubstr;

TokenizerData SmallTokenizer(TokenizerKind kind) {
  TokenizerData data;
  data.kind = kind;
  const bool unigram = kind == TokenizerKind::kUnigram;
  data.pieces = {
      unigram ? "<pad>" : "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a\"\\", "##b", "ü", "漢"};
  data.unknown_id = 1;
  data.cls_id = 2;
  data.sep_id = 3;
  data.mask_id = 4;
  if (unigram) {
    for (size_t id = 0; id < data.pieces.size(); ++id) {
      data.scores.push_back(-0.3f * static_cast<float>(id));
      data.types.push_back(id == 1  ? PieceType::kUnknown
                           : id < 5 ? PieceType::kControl
                                    : PieceType::kNormal);
    }
  }
  return data;
}

TEST(TokenizerJsonWriterTest, IsReadBackAsTheSameTokenizer) {
  for (const TokenizerKind kind : {TokenizerKind::kWordPiece, TokenizerKind::kUnigram}) {
    for (int flags = 0; flags < 8; ++flags) {
      TokenizerData data = SmallTokenizer(kind);
      data.lower_case = (flags & 1) != 0;
      data.strip_accents = (flags & 2) != 0;
      if (kind == TokenizerKind::kWordPiece) {
        data.split_chinese_characters = (flags & 4) != 0;
        data.max_word_characters = 7;
        data.continuation_prefix = "@@";
      }
      const auto text = WriteTokenizerJson(data);
      ASSERT_OK(text);
      const auto read = ParseTokenizerJson(*text);
      ASSERT_OK(read);
      EXPECT_EQ(*read, data);
    }
  }
}

TEST(TokenizerJsonWriterTest, RefusesWhatTheFormatHasNoPlaceFor) {
  TokenizerData data = SmallTokenizer(TokenizerKind::kWordPiece);
  data.pieces[0] = "<nothing>";
  const auto text = WriteTokenizerJson(data);
  ASSERT_FALSE(text.ok());
  EXPECT_THAT(text.status().message(), HasSubstr("cannot hold this tokenizer"));
  EXPECT_THAT(text.status().message(), HasSubstr("[PAD]"));
}

TEST(EncodeBase64Test, GivesTheExamplesOfRfc4648AndIsDecodedAgain) {
  EXPECT_EQ(EncodeBase64(""), "");
  EXPECT_EQ(EncodeBase64("f"), "Zg==");
  EXPECT_EQ(EncodeBase64("fo"), "Zm8=");
  EXPECT_EQ(EncodeBase64("foo"), "Zm9v");
  EXPECT_EQ(EncodeBase64("foob"), "Zm9vYg==");
  EXPECT_EQ(EncodeBase64("fooba"), "Zm9vYmE=");
  EXPECT_EQ(EncodeBase64("foobar"), "Zm9vYmFy");
  std::string all;
  for (int byte = 0; byte < 256; ++byte) {
    all.push_back(static_cast<char>(byte));
  }
  EXPECT_EQ(DecodeBase64(EncodeBase64(all)), all);
}

}  // namespace
}  // namespace edgebert
