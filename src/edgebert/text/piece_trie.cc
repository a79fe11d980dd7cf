#include "edgebert/text/piece_trie.h"

#include <fmt/format.h>

namespace edgebert {

Result<PieceTrie> PieceTrie::Build(std::vector<Entry> entries) {
  std::sort(entries.begin(), entries.end(),
            [](const Entry& a, const Entry& b) { return a.piece < b.piece; });
  for (size_t i = 0; i < entries.size(); ++i) {
    if (entries[i].piece.empty()) {
      return DataLoss(fmt::format("piece {} is empty", entries[i].id));
    }
    if (i > 0 && entries[i].piece == entries[i - 1].piece) {
      return DataLoss(fmt::format("pieces {} and {} are both '{}'",
                                  std::min(entries[i - 1].id, entries[i].id),
                                  std::max(entries[i - 1].id, entries[i].id), entries[i].piece));
    }
  }
  // Level by level: the entries of a node are the neighbours [begin, end) with a common prefix of
  // `depth` bytes, and the children of a node follow each other.
  struct Span {
    size_t begin;
    size_t end;
    size_t depth;
  };
  PieceTrie trie;
  std::vector<Span> spans = {{0, entries.size(), 0}};
  trie.nodes_.emplace_back();
  trie.labels_.push_back(0);
  for (size_t node = 0; node < spans.size(); ++node) {
    auto [begin, end, depth] = spans[node];
    if (begin < end && entries[begin].piece.size() == depth) {
      trie.nodes_[node].id = entries[begin].id;
      ++begin;
    }
    trie.nodes_[node].first_child = static_cast<uint32_t>(trie.nodes_.size());
    while (begin < end) {
      const char label = entries[begin].piece[depth];
      size_t child_end = begin + 1;
      while (child_end < end && entries[child_end].piece[depth] == label) {
        ++child_end;
      }
      spans.push_back({begin, child_end, depth + 1});
      trie.nodes_.emplace_back();
      trie.labels_.push_back(static_cast<uint8_t>(label));
      ++trie.nodes_[node].child_count;
      begin = child_end;
    }
  }
  const Node& root = trie.nodes_[kRoot];
  for (uint32_t child = root.first_child; child < root.first_child + root.child_count; ++child) {
    trie.root_children_[trie.labels_[child]] = child;
  }
  return trie;
}

std::optional<int32_t> PieceTrie::Find(std::string_view text) const {
  std::optional<int32_t> found;
  ForEachPrefix(text, [&](size_t length, int32_t id) {
    if (length == text.size()) {
      found = id;
    }
  });
  return found;
}

}  // namespace edgebert
