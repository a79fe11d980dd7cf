#include "edgebert/model/checksum.h"

// The state is held by value, which needs its definition and the functions beside it.
#define XXH_INLINE_ALL
#include <xxhash.h>

namespace edgebert {

struct StreamingChecksum::State {
  XXH3_state_t xxh3;
};

uint64_t Checksum(std::span<const uint8_t> bytes) {
  return XXH3_64bits(bytes.data(), bytes.size());
}

StreamingChecksum::StreamingChecksum() : state_(std::make_unique<State>()) {
  XXH3_64bits_reset(&state_->xxh3);
}

StreamingChecksum::~StreamingChecksum() = default;

void StreamingChecksum::Update(std::span<const uint8_t> bytes) {
  XXH3_64bits_update(&state_->xxh3, bytes.data(), bytes.size());
}

uint64_t StreamingChecksum::value() const { return XXH3_64bits_digest(&state_->xxh3); }

}  // namespace edgebert
