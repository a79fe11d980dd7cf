#ifndef EDGEBERT_MODEL_TOKENIZER_SECTION_H_
#define EDGEBERT_MODEL_TOKENIZER_SECTION_H_

#include <cstdint>
#include <vector>

#include "edgebert/base/status.h"
#include "edgebert/model/section_reader.h"
#include "edgebert/text/tokenizer.h"

namespace edgebert {

/// The largest tokenizer section: all that the limits of text/tokenizer.h allow.
inline constexpr uint64_t kMaxTokenizerSectionBytes =
    uint64_t{kMaxPieces} * (kMaxPieceBytes + 8) + kMaxNormalizationMapBytes + 4096;

/// The bytes of the section for valid `data`.
std::vector<uint8_t> EncodeTokenizerSection(const TokenizerData& data);

/// Checks all counts, lengths and enumerations; ValidateTokenizerData() follows.
Result<TokenizerData> ReadTokenizerSection(SectionReader reader);

}  // namespace edgebert

#endif  // EDGEBERT_MODEL_TOKENIZER_SECTION_H_
