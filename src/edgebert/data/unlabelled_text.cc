#include "edgebert/data/unlabelled_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "edgebert/base/file.h"
#include "edgebert/data/gzip.h"
#include "edgebert/data/overlap.h"
#include "edgebert/data/xz.h"
#include "edgebert/model/checksum.h"

namespace edgebert {
namespace {

constexpr uint64_t kMaxPackedBytes = uint64_t{1} << 30;
constexpr uint64_t kMaxTextBytes = uint64_t{1} << 31;
constexpr std::string_view kBlanks = " \t\r\n\f\v";
constexpr std::string_view kLineBreak = "<br />";

std::string_view Trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(kBlanks);
  return first == std::string_view::npos
             ? std::string_view()
             : text.substr(first, text.find_last_not_of(kBlanks) + 1 - first);
}

size_t CountWords(std::string_view text) {
  size_t words = 0;
  bool in_word = false;
  for (const char c : text) {
    const bool is_blank = kBlanks.find(c) != std::string_view::npos;
    words += static_cast<size_t>(!is_blank && !in_word);
    in_word = !is_blank;
  }
  return words;
}

uint64_t TextHash(std::string_view text) {
  return Checksum({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
}

Result<std::string> ReadText(const std::filesystem::path& path) {
  EDGEBERT_ASSIGN_OR_RETURN(std::string bytes, ReadTextFile(path, kMaxPackedBytes));
  if (path.extension() == ".gz") {
    return Gunzip(bytes, kMaxTextBytes, path.string());
  }
  if (path.extension() == ".xz") {
    return UnpackXz(bytes, kMaxTextBytes, path.string());
  }
  return bytes;
}

}  // namespace

std::vector<std::string_view> SplitSentences(std::string_view text) {
  std::vector<std::string_view> sentences;
  const auto add = [&](std::string_view sentence) {
    if (const std::string_view trimmed = Trimmed(sentence); !trimmed.empty()) {
      sentences.push_back(trimmed);
    }
  };
  size_t begin = 0;
  for (size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '\n') {
      add(text.substr(begin, at - begin));
      begin = at + 1;
    } else if (text.substr(at).starts_with(kLineBreak)) {
      add(text.substr(begin, at - begin));
      at += kLineBreak.size() - 1;
      begin = at + 1;
    } else if ((c == '.' || c == '!' || c == '?') && at + 1 < text.size() &&
               kBlanks.find(text[at + 1]) != std::string_view::npos) {
      add(text.substr(begin, at + 1 - begin));
      begin = at + 1;
    }
  }
  add(text.substr(std::min(begin, text.size())));
  return sentences;
}

Result<std::vector<LabelledText>> LoadUnlabelledSentences(const std::filesystem::path& path,
                                                          const UnlabelledOptions& options) {
  EDGEBERT_ASSIGN_OR_RETURN(const std::string text, ReadText(path));
  std::vector<std::pair<uint64_t, std::string_view>> candidates;
  for (const std::string_view sentence : SplitSentences(text)) {
    const size_t words = CountWords(sentence);
    if (words >= options.min_words && words <= options.max_words) {
      candidates.emplace_back(TextHash(NormalizedText(sentence)), sentence);
    }
  }
  std::sort(candidates.begin(), candidates.end());
  const auto same_hash = [](const auto& a, const auto& b) { return a.first == b.first; };
  candidates.erase(std::unique(candidates.begin(), candidates.end(), same_hash), candidates.end());
  if (candidates.size() < options.sentences) {
    return InvalidArgument(
        fmt::format("{}: {} different sentences of {} to {} words, {} are asked for", path.string(),
                    candidates.size(), options.min_words, options.max_words, options.sentences));
  }
  std::vector<LabelledText> sentences;
  sentences.reserve(options.sentences);
  for (size_t i = 0; i < options.sentences; ++i) {
    sentences.push_back({std::string(candidates[i].second), std::nullopt, kUnlabelled});
  }
  return sentences;
}

}  // namespace edgebert
