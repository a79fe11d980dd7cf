#ifndef EDGEBERT_TEXT_TRUNCATION_H_
#define EDGEBERT_TEXT_TRUNCATION_H_

#include <cstddef>

namespace edgebert {

/// How many tokens of a text and of its pair are kept.
struct KeptTokens {
  size_t text = 0;
  size_t pair = 0;
};

/// The "longest first" rule of Hugging Face's `tokenizers`: at most `max_tokens` of the two are
/// kept; the longer one is shortened first, and then both to halves. An odd token goes to the
/// longer one, or to the pair when both have the same length.
KeptTokens TruncateLongestFirst(size_t text, size_t pair, size_t max_tokens);

}  // namespace edgebert

#endif  // EDGEBERT_TEXT_TRUNCATION_H_
