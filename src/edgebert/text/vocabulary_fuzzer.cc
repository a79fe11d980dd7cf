// Reads any bytes as vocab.txt and as tokenizer.json; what is accepted makes a tokenizer that
// works.

#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "edgebert/text/tokenizer.h"
#include "edgebert/text/vocabulary.h"

namespace {

void Use(edgebert::Result<edgebert::TokenizerData> data) {
  if (!data.ok()) {
    if (data.status().message().empty()) {
      std::abort();
    }
    return;
  }
  const auto tokenizer = edgebert::Tokenizer::Create(*std::move(data));
  if (!tokenizer.ok() ||
      !(*tokenizer)->Encode("A text, [MASK] \u00e9\u4e2d", "its pair", 12).ok()) {
    std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  Use(edgebert::ParseVocabTxt(text, {}));
  Use(edgebert::ParseTokenizerJson(text));
  return 0;
}
