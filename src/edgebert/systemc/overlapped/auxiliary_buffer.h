#ifndef EDGEBERT_SYSTEMC_OVERLAPPED_AUXILIARY_BUFFER_H_
#define EDGEBERT_SYSTEMC_OVERLAPPED_AUXILIARY_BUFFER_H_

#include <array>
#include <cstdint>
#include <systemc>
#include <vector>

#include "edgebert/systemc/clock.h"
#include "edgebert/systemc/overlapped/vector_coding.h"

namespace edgebert::systemc::overlapped {

using ScoreWords = std::array<int16_t, kMaxLanes>;

/// The buffer of one head's scores, n words of 16 bits a vector, which probabilities replace: AF8
/// codes in the lower bytes. One read and one write port, as the pool's banks.
class AuxiliaryBuffer : public sc_core::sc_prim_channel {
 public:
  AuxiliaryBuffer(const char* name, const Clock& clock, int64_t bytes, int vector_size);

  /// `row_vectors` vectors a row from now on.
  void SetRowVectors(int64_t row_vectors) { row_vectors_ = row_vectors; }

  ScoreWords ReadScores(int64_t row, int64_t vector);
  Lanes ReadProbabilities(int64_t row, int64_t vector);
  void WriteScores(int64_t row, int64_t vector, const ScoreWords& words);
  void WriteProbabilities(int64_t row, int64_t vector, const Lanes& codes);

  /// Changes one bit, as a defect would, without a port.
  void FlipBit(int64_t row, int64_t vector, int lane, int bit);

 protected:
  void update() override;

 private:
  struct PendingWrite {
    size_t first;
    ScoreWords words;
  };

  size_t Place(int64_t row, int64_t vector) const;
  void TakePort(uint64_t& last, const char* what);

  const Clock& clock_;
  int vector_size_;
  int64_t row_vectors_ = 0;
  std::vector<int16_t> words_;
  std::vector<PendingWrite> pending_;
  uint64_t last_read_ = 0;  ///< Cycle plus 1.
  uint64_t last_write_ = 0;
};

}  // namespace edgebert::systemc::overlapped

#endif  // EDGEBERT_SYSTEMC_OVERLAPPED_AUXILIARY_BUFFER_H_
