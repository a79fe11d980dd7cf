#ifndef EDGEBERT_TEXT_NORMALIZATION_MAP_H_
#define EDGEBERT_TEXT_NORMALIZATION_MAP_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "edgebert/base/status.h"

namespace edgebert {

/// SentencePiece's precompiled character map: which strings of a text are replaced by which.
///
/// Bytes: a uint32 with the size of the trie in bytes, the trie (a Darts-clone double array of
/// uint32 units), then the replacements, each ended by a NUL; a leaf of the trie holds the byte
/// offset of its replacement. Little-endian. Without any byte the map changes nothing.
///
/// Every unit that can be reached from the root is checked when the map is read: children stay
/// inside the array, leaves point at the start of a UTF-8 character of the replacements.
class NormalizationMap {
 public:
  static Result<NormalizationMap> Parse(std::string_view bytes);

  /// `text` (valid UTF-8) with replacements made, as Hugging Face's `Precompiled` makes them: a
  /// grapheme of fewer than six bytes is replaced whole by what its shortest prefix in the map
  /// stands for; of any other grapheme each character is looked up alone.
  std::string Apply(std::string_view text) const;

 private:
  NormalizationMap() = default;

  Status CheckTrie() const;
  Status CheckLeaf(size_t base) const;
  std::optional<std::string_view> Replacement(std::string_view chunk) const;
  void AppendGrapheme(std::string_view grapheme, std::string& text) const;

  std::vector<uint32_t> units_;
  std::string replacements_;
};

}  // namespace edgebert

#endif  // EDGEBERT_TEXT_NORMALIZATION_MAP_H_
