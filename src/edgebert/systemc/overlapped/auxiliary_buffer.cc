#include "edgebert/systemc/overlapped/auxiliary_buffer.h"

#include <fmt/format.h>

#include <algorithm>

#include "edgebert/systemc/simulation.h"

namespace edgebert::systemc::overlapped {

AuxiliaryBuffer::AuxiliaryBuffer(const char* name, const Clock& clock, int64_t bytes,
                                 int vector_size)
    : sc_core::sc_prim_channel(name),
      clock_(clock),
      vector_size_(vector_size),
      words_(static_cast<size_t>(bytes / 2)) {}

size_t AuxiliaryBuffer::Place(int64_t row, int64_t vector) const {
  const int64_t first = (row * row_vectors_ + vector) * vector_size_;
  if (first < 0 || first + vector_size_ > static_cast<int64_t>(words_.size())) {
    SC_REPORT_ERROR("auxiliary buffer",
                    fmt::format("vector {} of row {} is outside {}", vector, row, name()).c_str());
  }
  return static_cast<size_t>(first);
}

void AuxiliaryBuffer::TakePort(uint64_t& last, const char* what) {
  const uint64_t stamp = clock_.cycle() + 1;
  if (last == stamp) {
    SC_REPORT_ERROR(
        "auxiliary buffer",
        fmt::format("a second {} of {} in cycle {}", what, name(), clock_.cycle()).c_str());
  }
  last = stamp;
}

ScoreWords AuxiliaryBuffer::ReadScores(int64_t row, int64_t vector) {
  TakePort(last_read_, "read");
  ScoreWords words = {};
  std::copy_n(words_.begin() + static_cast<std::ptrdiff_t>(Place(row, vector)), vector_size_,
              words.begin());
  return words;
}

Lanes AuxiliaryBuffer::ReadProbabilities(int64_t row, int64_t vector) {
  const ScoreWords words = ReadScores(row, vector);
  Lanes codes = {};
  std::transform(words.begin(), words.end(), codes.begin(),
                 [](int16_t word) { return static_cast<uint8_t>(word); });
  return codes;
}

void AuxiliaryBuffer::WriteScores(int64_t row, int64_t vector, const ScoreWords& words) {
  TakePort(last_write_, "write");
  pending_.push_back({Place(row, vector), words});
  request_update();
}

void AuxiliaryBuffer::WriteProbabilities(int64_t row, int64_t vector, const Lanes& codes) {
  ScoreWords words = {};
  std::copy(codes.begin(), codes.end(), words.begin());
  WriteScores(row, vector, words);
}

void AuxiliaryBuffer::FlipBit(int64_t row, int64_t vector, int lane, int bit) {
  int16_t& word = words_[Place(row, vector) + static_cast<size_t>(lane)];
  word = static_cast<int16_t>(word ^ (1 << bit));
}

void AuxiliaryBuffer::update() {
  for (const PendingWrite& write : pending_) {
    std::copy_n(write.words.begin(), vector_size_,
                words_.begin() + static_cast<std::ptrdiff_t>(write.first));
  }
  pending_.clear();
  NoteMovement();
}

}  // namespace edgebert::systemc::overlapped
