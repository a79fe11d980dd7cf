#ifndef EDGEBERT_TEXT_BERT_UNICODE_TABLES_H_
#define EDGEBERT_TEXT_BERT_UNICODE_TABLES_H_

#include <cstdint>
#include <span>

namespace edgebert::bert_unicode {

/// Neighbouring code points, both ends included.
struct CodePointRange {
  char32_t first;
  char32_t last;
};

/// Neighbouring code points that share a canonical combining class.
struct CombiningRange {
  char32_t first;
  char32_t last;
  uint8_t combining_class;
};

/// Tables in ascending order, without overlap. Generated: see tools/make_bert_unicode_tables.py.
extern const std::span<const CodePointRange> kRemoved;
extern const std::span<const CodePointRange> kNonspacingMark;
extern const std::span<const CodePointRange> kPunctuation;
extern const std::span<const CombiningRange> kReordered;

}  // namespace edgebert::bert_unicode

#endif  // EDGEBERT_TEXT_BERT_UNICODE_TABLES_H_
