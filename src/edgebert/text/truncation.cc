#include "edgebert/text/truncation.h"

#include <algorithm>

namespace edgebert {

KeptTokens TruncateLongestFirst(size_t text, size_t pair, size_t max_tokens) {
  const size_t shorter = std::min(text, pair);
  const size_t longer = std::max(text, pair);
  if (longer <= max_tokens && shorter <= max_tokens - longer) {
    return {text, pair};
  }
  const size_t half = max_tokens / 2;
  const size_t kept_shorter = std::min(shorter, half);
  const size_t kept_longer = max_tokens - kept_shorter;
  return text > pair ? KeptTokens{kept_longer, kept_shorter}
                     : KeptTokens{kept_shorter, kept_longer};
}

}  // namespace edgebert
