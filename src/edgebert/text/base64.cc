#include "edgebert/text/base64.h"

#include <cstdint>

namespace edgebert {
namespace {

constexpr std::string_view kDigits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The value of a base64 digit, or 64 for any other byte.
uint32_t DigitValue(char digit) {
  const size_t value = kDigits.find(digit);
  return value == std::string_view::npos ? 64 : static_cast<uint32_t>(value);
}

}  // namespace

std::optional<std::string> DecodeBase64(std::string_view text) {
  if (text.size() % 4 != 0) {
    return std::nullopt;
  }
  const size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  text.remove_suffix(padding);
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3 + 2);
  uint32_t bits = 0;
  int held = 0;
  for (const char digit : text) {
    const uint32_t value = DigitValue(digit);
    if (value > 63) {
      return std::nullopt;
    }
    bits = (bits << 6) | value;
    held += 6;
    if (held >= 8) {
      held -= 8;
      bytes.push_back(static_cast<char>((bits >> held) & 0xFFu));
    }
  }
  const bool left_over_bits_are_zero = (bits & ((1u << held) - 1u)) == 0;
  return left_over_bits_are_zero ? std::optional(bytes) : std::nullopt;
}

std::string EncodeBase64(std::string_view bytes) {
  std::string text;
  for (size_t first = 0; first < bytes.size(); first += 3) {
    const std::string_view group = bytes.substr(first, 3);
    uint32_t bits = 0;
    for (size_t i = 0; i < 3; ++i) {
      bits = (bits << 8) | (i < group.size() ? static_cast<uint8_t>(group[i]) : 0u);
    }
    for (size_t digit = 0; digit < 4; ++digit) {
      text.push_back(digit <= group.size() ? kDigits[(bits >> (18 - 6 * digit)) & 63u] : '=');
    }
  }
  return text;
}

}  // namespace edgebert
