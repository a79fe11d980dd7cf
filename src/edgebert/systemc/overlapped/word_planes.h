#ifndef EDGEBERT_SYSTEMC_OVERLAPPED_WORD_PLANES_H_
#define EDGEBERT_SYSTEMC_OVERLAPPED_WORD_PLANES_H_

#include <array>
#include <cstdint>

#include "edgebert/systemc/overlapped/buffer_pool.h"
#include "edgebert/systemc/overlapped/instructions.h"

// How vectors of words of more than eight bits lie in the buffers (tiler/timing_rules.h).

namespace edgebert::systemc::overlapped {

using WordLanes = std::array<int32_t, kMaxLanes>;

/// The pool and the auxiliary buffer, which is one bank.
struct Buffers {
  BufferPool& pool;
  BufferPool& auxiliary;
};

/// Updates: two planes of the pool, and four bits in the auxiliary buffer.
WordLanes ReadUpdates(Buffers buffers, const RegionAccess& planes, const RegionAccess& halves,
                      int64_t row, int64_t vector, int vector_size);
void WriteUpdates(Buffers buffers, const RegionAccess& planes, const RegionAccess& halves,
                  int64_t row, int64_t vector, int vector_size, const WordLanes& words);

/// Scores: two bytes each in the auxiliary buffer, and four bits in the pool.
WordLanes ReadScores(Buffers buffers, const RegionAccess& pairs, const RegionAccess& halves,
                     int64_t row, int64_t vector, int vector_size);
void WriteScores(Buffers buffers, const RegionAccess& pairs, const RegionAccess& halves,
                 int64_t row, int64_t vector, int vector_size, const WordLanes& words);

/// Logits: three planes of the pool.
WordLanes ReadLogits(BufferPool& pool, const RegionAccess& planes, int64_t vector, int vector_size);
void WriteLogits(BufferPool& pool, const RegionAccess& planes, int64_t vector, int vector_size,
                 const WordLanes& words);

/// The lowest bits of a word, with their sign.
inline int32_t SignExtended(uint32_t word, int bits) {
  const int unused = 32 - bits;
  return static_cast<int32_t>(word << unused) >> unused;
}

}  // namespace edgebert::systemc::overlapped

#endif  // EDGEBERT_SYSTEMC_OVERLAPPED_WORD_PLANES_H_
