#ifndef EDGEBERT_TEXT_PIECE_TRIE_H_
#define EDGEBERT_TEXT_PIECE_TRIE_H_

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "edgebert/base/status.h"

namespace edgebert {

/// Finds the pieces that a text starts with. Built once, without recursion; holds a node for each
/// distinct prefix and nothing of the pieces themselves.
class PieceTrie {
 public:
  struct Entry {
    std::string_view piece;
    int32_t id;
  };

  /// Refuses pieces that are empty or equal.
  static Result<PieceTrie> Build(std::vector<Entry> entries);

  /// Calls `visit(length, id)` for each piece that `text` starts with, the shortest first.
  template <typename Visit>
  void ForEachPrefix(std::string_view text, Visit visit) const {
    uint32_t node = kRoot;
    for (size_t length = 0; length < text.size();) {
      node = Child(node, static_cast<uint8_t>(text[length]));
      if (node == kRoot) {
        return;
      }
      ++length;
      if (nodes_[node].id >= 0) {
        visit(length, nodes_[node].id);
      }
    }
  }

  /// The id of the piece that is all of `text`.
  std::optional<int32_t> Find(std::string_view text) const;

 private:
  static constexpr uint32_t kRoot = 0;  // As nobody's child it also stands for "none".

  struct Node {
    uint32_t first_child = 0;
    uint16_t child_count = 0;
    int32_t id = -1;
  };

  uint32_t Child(uint32_t node, uint8_t label) const {
    if (node == kRoot) {
      return root_children_[label];
    }
    const uint8_t* first = labels_.data() + nodes_[node].first_child;
    const uint8_t* last = first + nodes_[node].child_count;
    const uint8_t* found = std::lower_bound(first, last, label);
    return found == last || *found != label ? kRoot : static_cast<uint32_t>(found - labels_.data());
  }

  std::vector<Node> nodes_;
  std::vector<uint8_t> labels_;  // The byte that leads to each node.
  std::array<uint32_t, 256> root_children_{};
};

}  // namespace edgebert

#endif  // EDGEBERT_TEXT_PIECE_TRIE_H_
