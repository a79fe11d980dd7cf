#ifndef EDGEBERT_SYSTEMC_OVERLAPPED_ENVM_H_
#define EDGEBERT_SYSTEMC_OVERLAPPED_ENVM_H_

#include <array>
#include <cstdint>
#include <span>
#include <systemc>
#include <vector>

#include "edgebert/numeric/fixed_layer_norm.h"
#include "edgebert/systemc/clock.h"
#include "edgebert/systemc/lane_vector.h"

namespace edgebert::systemc::overlapped {

/// What lies in the embedding's memory: AF8 codes of words, words of positions and segments
/// (numeric/fixed_embedding.h), and the LayerNorm behind them.
struct EmbeddingTables {
  int width = 0;
  int word_bias = 0;               ///< AF8 exponent bias of the words.
  int unit_exponent = 0;           ///< Of positions, segments and their sum with words.
  std::vector<uint8_t> words;      ///< [vocabulary × width]
  std::vector<int32_t> positions;  ///< [max_positions × width]
  std::vector<int32_t> segments;   ///< [num_segments × width]
  FixedNormWeights norm;
};

/// The non-volatile memory of the embedding: one port, a vector of n elements a cycle.
class Envm {
 public:
  using Words = std::array<int32_t, kMaxLanes>;

  Envm(const Clock& clock, const EmbeddingTables& tables, int vector_size)
      : clock_(clock), tables_(tables), vector_size_(vector_size) {}

  const EmbeddingTables& tables() const { return tables_; }
  /// AF8 codes.
  Words ReadWord(int row, int vector) { return Read<uint8_t>(tables_.words, row, vector); }
  Words ReadPosition(int row, int vector) { return Read<int32_t>(tables_.positions, row, vector); }
  Words ReadSegment(int row, int vector) { return Read<int32_t>(tables_.segments, row, vector); }

 private:
  template <typename T>
  Words Read(const std::vector<T>& table, int row, int vector) {
    const uint64_t stamp = clock_.cycle() + 1;
    if (last_read_ == stamp) {
      SC_REPORT_ERROR("embedding memory", "a second read in a cycle");
    }
    last_read_ = stamp;
    Words words = {};
    for (int lane = 0; lane < vector_size_ && vector * vector_size_ + lane < tables_.width;
         ++lane) {
      words[static_cast<size_t>(lane)] =
          table[static_cast<size_t>(row) * static_cast<size_t>(tables_.width) +
                static_cast<size_t>(vector * vector_size_ + lane)];
    }
    return words;
  }

  const Clock& clock_;
  const EmbeddingTables& tables_;
  int vector_size_;
  uint64_t last_read_ = 0;  ///< Cycle plus 1.
};

}  // namespace edgebert::systemc::overlapped

#endif  // EDGEBERT_SYSTEMC_OVERLAPPED_ENVM_H_
