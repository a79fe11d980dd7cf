// Reads any bytes as a SentencePiece model; what loads must tokenize and give ids of its pieces.

#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <utility>

#include "edgebert/text/tokenizer.h"
#include "edgebert/text/vocabulary.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  constexpr std::string_view kText =
      "a\tab  ``b'' 9,000. \xC3\x89\xCC\x81 [MASK]<unk>\r\n\xE3\x80\x80\xEF\xBC\xA1\x07 "
      "\xE2\x96\x81\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x91\xA7 \xEA\xB0\x80\xE4\xBD\xA0";
  const bool is_folded = size % 2 == 0;
  auto data = edgebert::ParseSentencePieceModel({bytes, size}, is_folded, is_folded);
  if (!data.ok()) {
    return 0;
  }
  const auto tokenizer = edgebert::Tokenizer::Create(*std::move(data));
  if (!tokenizer.ok()) {
    std::abort();  // What the parser lets through, the tokenizer takes.
  }
  const auto encoding = (*tokenizer)->Encode(kText, std::nullopt, kText.size() * 2 + 2);
  if (!encoding.ok() || encoding->truncated) {
    std::abort();
  }
  for (const int32_t id : encoding->ids) {
    if (id < 0 || static_cast<size_t>(id) >= (*tokenizer)->data().pieces.size()) {
      std::abort();
    }
  }
  return 0;
}
