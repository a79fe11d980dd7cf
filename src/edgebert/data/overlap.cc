#include "edgebert/data/overlap.h"

#include <unordered_set>
#include <utility>

namespace edgebert {
namespace {

/// The normalized texts with a byte between that none of them holds.
std::string Key(std::string_view text, std::string_view pair) {
  return NormalizedText(text) + '\0' + NormalizedText(pair);
}

std::string Key(const LabelledText& example) {
  return Key(example.text, example.pair.value_or(""));
}

}  // namespace

std::string NormalizedText(std::string_view text) {
  std::string normalized;
  for (const char c : text) {
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
      normalized += c;
    } else if (c >= 'A' && c <= 'Z') {
      normalized += static_cast<char>(c - 'A' + 'a');
    }
  }
  return normalized.empty() ? std::string(text) : normalized;
}

size_t DropShared(std::span<const LabelledText> others, std::vector<LabelledText>& examples) {
  std::unordered_set<std::string> keys;
  for (const LabelledText& other : others) {
    keys.insert(Key(other));
    if (other.pair) {
      keys.insert(Key(*other.pair, other.text));
    }
  }
  return std::erase_if(examples,
                       [&](const LabelledText& example) { return keys.contains(Key(example)); });
}

size_t DropRepeated(std::vector<LabelledText>& examples) {
  std::unordered_set<std::string> keys;
  return std::erase_if(
      examples, [&](const LabelledText& example) { return !keys.insert(Key(example)).second; });
}

}  // namespace edgebert
