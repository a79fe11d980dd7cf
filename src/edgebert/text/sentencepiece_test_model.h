#ifndef EDGEBERT_TEXT_SENTENCEPIECE_TEST_MODEL_H_
#define EDGEBERT_TEXT_SENTENCEPIECE_TEST_MODEL_H_

#include <bit>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "edgebert/text/tokenizer.h"

/// Small SentencePiece models for the tests, written by an encoder of their own.
namespace edgebert::testing {

inline void AppendVarint(uint64_t value, std::string& bytes) {
  for (; value >= 0x80; value >>= 7) {
    bytes.push_back(static_cast<char>(0x80 | (value & 0x7F)));
  }
  bytes.push_back(static_cast<char>(value));
}

inline std::string VarintField(uint32_t number, uint64_t value) {
  std::string bytes;
  AppendVarint(number << 3, bytes);
  AppendVarint(value, bytes);
  return bytes;
}

inline std::string BytesField(uint32_t number, const std::string& content) {
  std::string bytes;
  AppendVarint((number << 3) | 2, bytes);
  AppendVarint(content.size(), bytes);
  return bytes + content;
}

inline std::string FloatField(uint32_t number, float value) {
  std::string bytes;
  AppendVarint((number << 3) | 5, bytes);
  for (unsigned shift = 0; shift < 32; shift += 8) {
    bytes.push_back(static_cast<char>(std::bit_cast<uint32_t>(value) >> shift));
  }
  return bytes;
}

inline std::string PieceField(const std::string& text, float score,
                              PieceType type = PieceType::kNormal) {
  return BytesField(
      1, BytesField(1, text) + FloatField(2, score) + VarintField(3, static_cast<uint64_t>(type)));
}

/// What a character map replaces.
using Rules = std::map<std::string, std::string>;

/// A character map (see NormalizationMap) for `rules`, with the smallest free bases first.
class MapBuilder {
 public:
  explicit MapBuilder(const Rules& rules) : units_(256), used_(256) {
    used_[0] = true;
    std::vector<std::pair<std::string, size_t>> nodes = {{"", 0}};
    for (size_t i = 0; i < nodes.size(); ++i) {
      const auto [prefix, position] = nodes[i];
      std::set<uint8_t> labels;
      bool is_key = false;
      for (const auto& [key, replacement] : rules) {
        if (key == prefix) {
          is_key = true;
          labels.insert(0);
        } else if (key.starts_with(prefix)) {
          labels.insert(static_cast<uint8_t>(key[prefix.size()]));
        }
      }
      const size_t base = FreeBase(labels);
      units_[position] |= static_cast<uint32_t>(base ^ position) << 10;
      for (const uint8_t label : labels) {
        used_[base ^ label] = true;
        if (label != 0) {
          units_[base ^ label] = label;
          nodes.emplace_back(prefix + static_cast<char>(label), base ^ label);
        }
      }
      if (is_key) {
        units_[position] |= 1u << 8;
        units_[base] = (1u << 31) | static_cast<uint32_t>(replacements_.size());
        replacements_ += rules.at(prefix) + '\0';
      }
    }
  }

  std::vector<uint32_t>& units() { return units_; }
  std::string& replacements() { return replacements_; }

  std::string Bytes() const {
    std::string bytes;
    AppendUint32(static_cast<uint32_t>(units_.size() * 4), bytes);
    for (const uint32_t unit : units_) {
      AppendUint32(unit, bytes);
    }
    return bytes + replacements_;
  }

 private:
  static void AppendUint32(uint32_t value, std::string& bytes) {
    for (unsigned shift = 0; shift < 32; shift += 8) {
      bytes.push_back(static_cast<char>(value >> shift));
    }
  }

  /// A base is in use by one node at most, as label 0 of it is never free twice.
  size_t FreeBase(const std::set<uint8_t>& labels) {
    for (size_t base = 1;; ++base) {
      if ((base | 0xFF) >= units_.size()) {
        units_.resize(units_.size() + 256);
        used_.resize(units_.size());
      }
      bool is_free = bases_.count(base) == 0;
      for (const uint8_t label : labels) {
        is_free = is_free && !used_[base ^ label];
      }
      if (is_free) {
        bases_.insert(base);
        return base;
      }
    }
  }

  std::vector<uint32_t> units_;
  std::vector<bool> used_;
  std::set<size_t> bases_;
  std::string replacements_;
};

/// What ALBERT's map does, in small.
inline std::string TinyMap() {
  return MapBuilder(Rules{{"\t", " "}, {"\xE3\x80\x80", " "}, {"\xEF\xBC\xA1", "A"}, {"\x07", ""}})
      .Bytes();
}

/// The parts of a SentencePiece model file; each can be put in the place of what is there.
struct TinyModel {
  std::string pieces =
      PieceField("<pad>", 0, PieceType::kControl) + PieceField("<unk>", 0, PieceType::kUnknown) +
      PieceField("[CLS]", 0, PieceType::kControl) + PieceField("[SEP]", 0, PieceType::kControl) +
      PieceField("[MASK]", 0, PieceType::kControl) +
      PieceField(".", 0, PieceType::kUserDefined) +  // 5
      PieceField("\xE2\x96\x81", -2) +               // 6
      PieceField(
          "\xE2\x96\x81"
          "ab",
          -3) +  // 7
      PieceField("a", -4) +
      PieceField("b", -4.5f) +                      // 8, 9
      PieceField("9,", -5) + PieceField("9", -6) +  // 10, 11
      PieceField(",", -6.5f) +                      // 12
      PieceField(
          "\xE2\x96\x81"
          "b",
          -6.25f);  // 13
  std::string trainer = VarintField(3, 1) + VarintField(40, 1);
  std::string normalizer = BytesField(1, "tiny") + BytesField(2, TinyMap());

  std::string Bytes() const { return pieces + BytesField(2, trainer) + BytesField(3, normalizer); }
};

}  // namespace edgebert::testing

#endif  // EDGEBERT_TEXT_SENTENCEPIECE_TEST_MODEL_H_
