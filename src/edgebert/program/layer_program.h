#ifndef EDGEBERT_PROGRAM_LAYER_PROGRAM_H_
#define EDGEBERT_PROGRAM_LAYER_PROGRAM_H_

#include <cstdint>
#include <variant>
#include <vector>

#include "edgebert/model/config.h"

namespace edgebert {

/// The matrices that token vectors are multiplied with.
enum class MatrixRole : uint8_t {
  kEmbeddingProjection,
  kQuery,
  kKey,
  kValue,
  kAttentionOutput,
  kFeedForwardUp,
  kFeedForwardDown,
  kOffRampPooler,
  kOffRampClassifier,
};

enum class NormRole : uint8_t { kEmbedding, kAttention, kFeedForward };

/// The arrays that operations read and write; each is [rows × width] as its writer says.
enum class Slot : uint8_t {
  kEmbedded,  ///< Sum of the table rows, normalised, before a projection.
  kLayerInput,
  kQuery,
  kKey,
  kValue,
  kContext,
  kAttentionUpdate,  ///< Output projection, before the residual addition.
  kAttentionOutput,
  kHidden,
  kFeedForwardUpdate,
  kLayerOutput,
  kPooled,
  kOffRampHidden,
  kLogits,
};
inline constexpr int kNumSlots = 14;

/// What follows a matrix product element by element.
enum class ElementFunction : uint8_t { kNone, kActivation, kTanh };

/// Sums the rows of the word, position and segment tables of each token and normalises the sum.
struct EmbeddingLookup {
  int tokens;
  int width;
  Slot output;
};

/// output = function(input · matrixᵀ + bias); [rows × inputs] to [rows × outputs].
struct Linear {
  MatrixRole matrix;
  Slot input;
  Slot output;
  int rows;
  int inputs;
  int outputs;
  ElementFunction function;
};

/// A head that takes part, and how far it sees: keys at distance < span from the query.
struct HeadSpan {
  int head;
  int span;
};

/// context = softmax(query · keyᵀ / √head_size, within the span) · value, head by head. The head at
/// position i of `heads` owns columns [i · head_size, (i + 1) · head_size) of all four arrays.
struct Attention {
  int tokens;
  int head_size;
  std::vector<HeadSpan> heads;
};

/// output = LayerNorm(update + residual); [rows × width].
struct AddNorm {
  NormRole norm;
  Slot update;
  Slot residual;
  Slot output;
  int rows;
  int width;
};

/// Concatenates the poolings of the layer output's rows into one vector.
struct Pool {
  int tokens;
  int width;
  std::vector<Pooling> poolings;
};

/// Entropy of the logits, compared with the exit threshold.
struct EntropyCheck {
  int classes;
};

using Operation = std::variant<EmbeddingLookup, Linear, Attention, AddNorm, Pool, EntropyCheck>;

/// What the embedding computes for a sentence, before layer 1.
struct EmbeddingProgram {
  int tokens;
  std::vector<Operation> operations;
};

/// What one encoder layer computes for a sentence, and the off-ramp after it (empty where the layer
/// has none). Independent of who executes it: engine, cost model and accelerator take the same one.
/// Heads with span 0 are absent, and the projections around them are narrower by as much.
struct LayerProgram {
  int layer;           ///< From 1.
  int distinct_layer;  ///< From 0: whose weights it uses.
  int tokens;
  std::vector<Operation> encoder;
  std::vector<Operation> off_ramp;
};

/// `config` must be valid and 1 ≤ tokens ≤ config.max_positions.
EmbeddingProgram BuildEmbeddingProgram(const ModelConfig& config, int tokens);
LayerProgram BuildLayerProgram(const ModelConfig& config, int layer, int tokens);

/// The heads of a distinct layer that take part, with spans cut to `tokens`.
std::vector<HeadSpan> ActiveHeads(const ModelConfig& config, int distinct_layer, int tokens);

/// Keys [first, end).
struct KeyRange {
  int first;
  int end;
};

/// The keys at distance < span (≥ 1) from `query` among `tokens` tokens.
KeyRange KeysInSpan(int query, int span, int tokens);

/// The number of (query, key) pairs at distance < span among `tokens` tokens.
int64_t AttendedPairs(int tokens, int span);

/// Multiply-accumulates of an operation or of a list of them; only pairs within spans count.
int64_t MultiplyAccumulates(const Operation& operation);
int64_t MultiplyAccumulates(const std::vector<Operation>& operations);

}  // namespace edgebert

#endif  // EDGEBERT_PROGRAM_LAYER_PROGRAM_H_
