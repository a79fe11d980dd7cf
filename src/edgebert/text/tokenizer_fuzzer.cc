// Encodes any bytes as a text and a pair, and checks what Encode() promises.
// Input: one byte for options, one for the maximum of tokens, then text and pair around a 0xFF
// byte.

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string_view>

#include "edgebert/text/tokenizer.h"
#include "edgebert/text/vocabulary.h"

namespace {

using edgebert::Tokenizer;

constexpr std::string_view kVocabulary =
    "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\nb\nab\n##a\n##b\n##ab\n##abc\n.\n'\ni\n##i\n##\u0307\n"
    "\u4e2d\n\u00e9\n##\u00e9\ne\n##e\n\u302e\n##\u302e\n\U0001f600\n";

std::unique_ptr<const Tokenizer> MakeTokenizer(bool lower_case, bool strip_accents, bool chinese) {
  auto data = edgebert::ParseVocabTxt(kVocabulary, {.lower_case = lower_case,
                                                    .strip_accents = strip_accents,
                                                    .split_chinese_characters = chinese});
  if (!data.ok()) {
    std::abort();
  }
  auto tokenizer = Tokenizer::Create(*std::move(data));
  return tokenizer.ok() ? *std::move(tokenizer) : nullptr;
}

void Check(bool holds) {
  if (!holds) {
    std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) {
    return 0;
  }
  static const std::unique_ptr<const Tokenizer> kTokenizers[] = {
      MakeTokenizer(true, true, true), MakeTokenizer(false, false, true),
      MakeTokenizer(true, false, false), MakeTokenizer(false, true, true)};
  const Tokenizer& tokenizer = *kTokenizers[data[0] % 4];
  const size_t max_tokens = data[1];
  const std::string_view input(reinterpret_cast<const char*>(data) + 2, size - 2);
  const size_t border = input.find('\xff');
  const std::string_view text = input.substr(0, border);
  std::optional<std::string_view> pair;
  if (border != std::string_view::npos) {
    pair = input.substr(border + 1);
  }

  const auto encoding = tokenizer.Encode(text, pair, max_tokens);
  if (!encoding.ok()) {
    return 0;
  }
  Check(encoding->ids.size() <= max_tokens);
  Check(encoding->ids.size() == encoding->segment_ids.size());
  Check(encoding->ids.front() == tokenizer.data().cls_id);
  Check(encoding->ids.back() == tokenizer.data().sep_id);
  Check(encoding->segment_ids.back() == (pair ? 1 : 0));
  for (const int32_t id : encoding->ids) {
    Check(id >= 0 && static_cast<size_t>(id) < tokenizer.data().pieces.size());
  }
  // Truncation takes away tokens, it never changes those that stay.
  const auto whole = tokenizer.Encode(text, std::nullopt, size * 8 + 8);
  Check(whole.ok() && !whole->truncated);
  for (size_t i = 0; i + 1 < encoding->ids.size() && encoding->segment_ids[i + 1] == 0; ++i) {
    Check(encoding->ids[i] == whole->ids[i]);
  }
  return 0;
}
