#ifndef EDGEBERT_TEXT_BASE64_H_
#define EDGEBERT_TEXT_BASE64_H_

#include <optional>
#include <string>
#include <string_view>

namespace edgebert {

/// Decodes padded base64 (RFC 4648, "+" and "/"); nothing when `text` is anything else.
std::optional<std::string> DecodeBase64(std::string_view text);

/// The padded base64 of `bytes`.
std::string EncodeBase64(std::string_view bytes);

}  // namespace edgebert

#endif  // EDGEBERT_TEXT_BASE64_H_
