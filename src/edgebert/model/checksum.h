#ifndef EDGEBERT_MODEL_CHECKSUM_H_
#define EDGEBERT_MODEL_CHECKSUM_H_

#include <cstdint>
#include <memory>
#include <span>

namespace edgebert {

/// XXH3-64 with seed 0: the same value on every machine.
uint64_t Checksum(std::span<const uint8_t> bytes);

/// The checksum of bytes that come in parts.
class StreamingChecksum {
 public:
  StreamingChecksum();
  ~StreamingChecksum();
  StreamingChecksum(const StreamingChecksum&) = delete;
  StreamingChecksum& operator=(const StreamingChecksum&) = delete;

  void Update(std::span<const uint8_t> bytes);
  /// Checksum() of all bytes so far.
  uint64_t value() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace edgebert

#endif  // EDGEBERT_MODEL_CHECKSUM_H_
