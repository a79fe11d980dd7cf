#ifndef EDGEBERT_TEXT_WORDPIECE_H_
#define EDGEBERT_TEXT_WORDPIECE_H_

#include <memory>

#include "edgebert/base/status.h"
#include "edgebert/text/tokenizer.h"

namespace edgebert {

/// BERT's tokenizer. `data` is of kind kWordPiece and has passed ValidateTokenizerData().
Result<std::unique_ptr<const Tokenizer>> CreateWordPieceTokenizer(TokenizerData data);

}  // namespace edgebert

#endif  // EDGEBERT_TEXT_WORDPIECE_H_
