#include "edgebert/base/text.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <utility>

namespace edgebert {
namespace {

/// Insertions, deletions, substitutions and swaps of neighbours that turn `a` into `b`.
size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> before_last;
  std::vector<size_t> last(b.size() + 1);
  std::iota(last.begin(), last.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    std::vector<size_t> row(b.size() + 1, i);
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t substituted = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, substituted});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before_last[j - 2] + 1);
      }
    }
    before_last = std::exchange(last, std::move(row));
  }
  return last[b.size()];
}

}  // namespace

std::optional<size_t> FindInvalidUtf8(std::string_view text) {
  size_t i = 0;
  while (i < text.size()) {
    const auto byte = [&](size_t k) { return static_cast<uint8_t>(text[k]); };
    const uint8_t first = byte(i);
    if (first < 0x80) {
      ++i;
      continue;
    }
    size_t length = 0;
    uint32_t minimum = 0;
    uint32_t code_point = 0;
    if ((first & 0xE0) == 0xC0) {
      length = 2, minimum = 0x80, code_point = first & 0x1Fu;
    } else if ((first & 0xF0) == 0xE0) {
      length = 3, minimum = 0x800, code_point = first & 0x0Fu;
    } else if ((first & 0xF8) == 0xF0) {
      length = 4, minimum = 0x10000, code_point = first & 0x07u;
    } else {
      return i;
    }
    if (text.size() - i < length) {
      return i;
    }
    for (size_t k = i + 1; k < i + length; ++k) {
      if ((byte(k) & 0xC0) != 0x80) {
        return i;
      }
      code_point = (code_point << 6) | (byte(k) & 0x3Fu);
    }
    const bool surrogate = code_point >= 0xD800 && code_point <= 0xDFFF;
    if (code_point < minimum || code_point > 0x10FFFF || surrogate) {
      return i;
    }
    i += length;
  }
  return std::nullopt;
}

Status CheckJsonHasNoNul(std::string_view json) {
  const size_t nul = json.find('\0');
  if (nul == std::string_view::npos) {
    return OkStatus();
  }
  return DataLoss("byte " + std::to_string(nul) + " is NUL, which JSON does not have");
}

std::optional<std::string> NearestName(std::string_view word,
                                       std::span<const std::string> candidates) {
  std::optional<std::string> nearest;
  size_t best = std::max<size_t>(1, word.size() / 3) + 1;
  for (const std::string& candidate : candidates) {
    const size_t distance = EditDistance(word, candidate);
    if (distance < best) {
      best = distance;
      nearest = candidate;
    }
  }
  return nearest;
}

std::string DidYouMean(std::string_view word, std::span<const std::string> candidates) {
  const std::optional<std::string> nearest = NearestName(word, candidates);
  return nearest ? ", did you mean '" + *nearest + "'?" : "";
}

Result<double> ParseFiniteNumber(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) {
    return InvalidArgument("'" + std::string(text) + "' is not a finite number");
  }
  return value;
}

std::string EscapeMarkup(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      default:
        escaped += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
    }
  }
  return escaped;
}

std::string CsvField(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
    return std::string(text);
  }
  std::string field = "\"";
  for (const char c : text) {
    field += c;
    if (c == '"') {
      field += c;
    }
  }
  return field + '"';
}

}  // namespace edgebert
