#ifndef EDGEBERT_TEXT_ENCODE_TEXT_H_
#define EDGEBERT_TEXT_ENCODE_TEXT_H_

#include <cstddef>
#include <optional>
#include <string_view>

#include "edgebert/base/status.h"
#include "edgebert/text/tokenizer.h"

namespace edgebert {

/// The fewest tokens that a text or pair can be cut to: [CLS] a [SEP] b, with nothing left of b but
/// its [SEP].
inline constexpr int kFewestTokens = 4;

/// Splits a text or pair into at most `max_tokens` tokens, refusing what cannot be classified: a
/// text that is empty, holds NUL or is not UTF-8.
Result<Encoding> EncodeText(const Tokenizer& tokenizer, std::string_view text,
                            std::optional<std::string_view> pair, size_t max_tokens);

}  // namespace edgebert

#endif  // EDGEBERT_TEXT_ENCODE_TEXT_H_
