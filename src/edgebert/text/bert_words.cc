#include "edgebert/text/bert_words.h"

#include <algorithm>

#include "edgebert/text/bert_unicode.h"
#include "edgebert/text/unicode.h"

namespace edgebert {

bool BertWordReader::Next(std::string& word) {
  word.clear();
  characters_ = 0;
  char32_t code_point = 0;
  while (ReadNormalized(code_point)) {
    if (code_point == ' ') {
      if (characters_ > 0) {
        return true;
      }
      continue;
    }
    const bool punctuation = bert_unicode::IsPunctuation(code_point);
    if (punctuation && characters_ > 0) {
      --next_;  // The next call returns it.
      return true;
    }
    AppendUtf8(code_point, word);
    ++characters_;
    if (punctuation) {
      return true;
    }
  }
  return characters_ > 0;
}

bool BertWordReader::ReadNormalized(char32_t& code_point) {
  if (next_ == normalized_.size()) {
    Refill();
    if (normalized_.empty()) {
      return false;
    }
  }
  code_point = normalized_[next_++];
  return true;
}

void BertWordReader::Refill() {
  normalized_.clear();
  next_ = 0;
  // While marks wait, the next character may still have to move before them.
  while (offset_ < text_.size() && (normalized_.empty() || !marks_.empty())) {
    const char32_t code_point = DecodeUtf8(text_, offset_);
    if (bert_unicode::IsWhitespace(code_point)) {
      Normalize(' ');
    } else if (bert_unicode::IsRemoved(code_point)) {
      continue;
    } else if (options_.split_chinese_characters && bert_unicode::IsChinese(code_point)) {
      Normalize(' ');
      Normalize(code_point);
      Normalize(' ');
    } else {
      Normalize(code_point);
    }
  }
  FlushMarks();
}

void BertWordReader::Normalize(char32_t code_point) {
  if (!options_.strip_accents) {
    Emit(code_point);
    return;
  }
  if (code_point < 0x80) {
    FlushMarks();
    Emit(code_point);
    return;
  }
  decomposition_.clear();
  bert_unicode::AppendDecomposition(code_point, decomposition_);
  for (const char32_t part : decomposition_) {
    const uint8_t combining_class = bert_unicode::CombiningClass(part);
    if (combining_class == 0) {
      FlushMarks();
    }
    // Accents are dropped at once: the others keep their order without them.
    if (bert_unicode::IsNonspacingMark(part)) {
      continue;
    }
    if (combining_class == 0) {
      Emit(part);
    } else {
      marks_.emplace_back(combining_class, part);
    }
  }
}

void BertWordReader::FlushMarks() {
  if (marks_.empty()) {
    return;
  }
  std::stable_sort(marks_.begin(), marks_.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  for (const auto& [combining_class, mark] : marks_) {
    Emit(mark);
  }
  marks_.clear();
}

void BertWordReader::Emit(char32_t code_point) {
  const LowerCase written = options_.lower_case ? ToLowerCase(code_point) : LowerCase{code_point};
  normalized_.push_back(written.first);
  if (written.second != 0) {
    normalized_.push_back(written.second);
  }
}

}  // namespace edgebert
