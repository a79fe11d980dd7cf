#ifndef EDGEBERT_TILER_TIMING_RULES_H_
#define EDGEBERT_TILER_TIMING_RULES_H_

#include <cstdint>

namespace edgebert {

// Cycles that the accelerator's units take besides a vector a cycle; docs/accelerator.md explains
// them. Whoever executes a tile program, in closed form or cycle by cycle, follows the same ones.

/// From a streamed vector to its sums.
inline constexpr int64_t kMacDepth = 2;
/// From an emitted vector to its place in the buffer: bias, rounding, function, encoder.
inline constexpr int64_t kEmitDepth = 4;
/// From the last vector of a special function to its place in the buffer.
inline constexpr int64_t kSfuDepth = 4;
/// Per row, between the passes of softmax: logarithm of the sum.
inline constexpr int64_t kSoftmaxLatency = 8;
/// Per row, between moments and normalisation: reciprocal root.
inline constexpr int64_t kNormLatency = 8;
inline constexpr int64_t kEntropyLatency = 16;
/// From the entropy to what the sequencer makes of it.
inline constexpr int64_t kDecisionCycles = 4;

/// Passes of the special function unit over a row's vectors.
inline constexpr int64_t kSoftmaxPasses = 3;
inline constexpr int64_t kEntropyPasses = 3;
inline constexpr int64_t kEmbeddingTables = 3;

// Bytes of an element that is not AF8. Updates before a residual addition and attention scores have
// four bits more: those of scores lie in the pool, those of updates in the auxiliary buffer, each
// while the other has no use for it.
inline constexpr int kUpdateBytes = 2;
inline constexpr int kScoreBytes = 2;
inline constexpr int kLogitBytes = 3;
inline constexpr int kUpdateBits = 8 * kUpdateBytes + 4;
inline constexpr int kScoreWordBits = 8 * kScoreBytes + 4;
/// In the embedding's memory; an element of a word has 8.
inline constexpr int kPositionBits = 20;

/// Of a vector of n, in bytes.
constexpr int64_t HalvesBytes(int64_t n) { return n / 2; }

/// Bytes of an entry of a matrix product's bias, and of a LayerNorm's gain or bias, in DRAM.
inline constexpr int kParameterBytes = 4;

}  // namespace edgebert

#endif  // EDGEBERT_TILER_TIMING_RULES_H_
