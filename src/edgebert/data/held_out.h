#ifndef EDGEBERT_DATA_HELD_OUT_H_
#define EDGEBERT_DATA_HELD_OUT_H_

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "edgebert/base/status.h"
#include "edgebert/data/labelled_text.h"
#include "edgebert/text/tokenizer.h"

namespace edgebert {

/// Examples set apart from training, for thresholds, rules and early stopping. Indices of examples,
/// ascending; those in neither are too near to a held-out one to train on.
struct HeldOut {
  std::vector<size_t> held_out;
  std::vector<size_t> training;
};

struct NestedHoldOutOptions {
  size_t rows = 5000;
  size_t long_rows = 2000;  ///< How many of `rows` have at least `long_tokens` tokens.
  int long_tokens = 16;
  int min_words = 4;  ///< Shorter rows are not held out: nearly every row contains one.
};

/// Holds out rows of data whose rows are phrases of one another (SST-2: the phrases of a sentence
/// are rows too). A row belongs to the longest row that contains it as contiguous words; whole
/// families are taken in the order of a hash of their longest row until they have enough long and
/// enough other rows, of which those with the least hashes are held out. Training keeps no row that
/// contains a held-out row or is contained in one.
///
/// `count_tokens` gives the tokens of a row, special ones included. The same rows give the same
/// split on every machine. An error when there are too few rows.
Result<HeldOut> HoldOutNested(std::span<const LabelledText> examples,
                              const std::function<Result<int>(const LabelledText&)>& count_tokens,
                              const NestedHoldOutOptions& options = {});

/// Holds out the `rows` examples with the least hashes. Training keeps no example that has a text
/// in common with a held-out one, as either of its texts (compared by NormalizedText). An error
/// when nothing would be left to train on.
Result<HeldOut> HoldOutHashed(std::span<const LabelledText> examples, size_t rows = 2000);

/// How examples of a task are held out.
struct HoldOutOptions {
  bool nested = false;  ///< Whether rows are phrases of one another: HoldOutNested().
  size_t rows = 2000;
  size_t long_rows = 0;  ///< Of them with at least `long_tokens` tokens; nested data only.
  int long_tokens = 16;
};

/// Holds out as `options` say, with the tokens of `tokenizer`.
Result<HeldOut> HoldOut(std::span<const LabelledText> examples, const HoldOutOptions& options,
                        const Tokenizer& tokenizer);

}  // namespace edgebert

#endif  // EDGEBERT_DATA_HELD_OUT_H_
