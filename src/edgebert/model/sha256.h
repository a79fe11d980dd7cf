#ifndef EDGEBERT_MODEL_SHA256_H_
#define EDGEBERT_MODEL_SHA256_H_

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "edgebert/base/status.h"

namespace edgebert {

using Sha256Digest = std::array<uint8_t, 32>;

/// 64 lower-case hexadecimal digits, as `sha256sum` prints them.
std::string Sha256Text(const Sha256Digest& digest);

/// The SHA-256 (FIPS 180-4) of bytes that come in parts.
class StreamingSha256 {
 public:
  StreamingSha256();
  ~StreamingSha256();
  StreamingSha256(const StreamingSha256&) = delete;
  StreamingSha256& operator=(const StreamingSha256&) = delete;

  void Update(std::span<const uint8_t> bytes);

  /// Of all bytes; to be called once. Fails only where the cryptographic library does: it may be
  /// out of memory, or configured without SHA-256.
  Result<Sha256Digest> Finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

Result<Sha256Digest> Sha256(std::span<const uint8_t> bytes);

}  // namespace edgebert

#endif  // EDGEBERT_MODEL_SHA256_H_
