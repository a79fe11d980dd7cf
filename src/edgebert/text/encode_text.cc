#include "edgebert/text/encode_text.h"

#include <fmt/format.h>

namespace edgebert {
namespace {

Status CheckText(std::string_view text, std::string_view what) {
  if (text.empty()) {
    return InvalidArgument(fmt::format("{} is empty: give at least one word", what));
  }
  if (const size_t position = text.find('\0'); position != std::string_view::npos) {
    return InvalidArgument(
        fmt::format("{} holds a NUL byte at offset {}: remove it, or convert the text to UTF-8",
                    what, position));
  }
  return OkStatus();
}

}  // namespace

Result<Encoding> EncodeText(const Tokenizer& tokenizer, std::string_view text,
                            std::optional<std::string_view> pair, size_t max_tokens) {
  EDGEBERT_RETURN_IF_ERROR(CheckText(text, "the text"));
  if (pair) {
    EDGEBERT_RETURN_IF_ERROR(CheckText(*pair, "the second text"));
  }
  EDGEBERT_ASSIGN_OR_RETURN(Encoding encoding, tokenizer.Encode(text, pair, max_tokens));
  const size_t special = pair ? 3 : 2;
  if (encoding.ids.size() <= special) {
    return InvalidArgument("the text holds nothing but blanks or control characters");
  }
  return encoding;
}

}  // namespace edgebert
