#include "edgebert/model/sha256.h"

#include <fmt/format.h>
#include <openssl/evp.h>

namespace edgebert {

struct StreamingSha256::State {
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context{EVP_MD_CTX_new(),
                                                                  &EVP_MD_CTX_free};
  bool ok = false;
};

std::string Sha256Text(const Sha256Digest& digest) {
  return fmt::format("{:02x}", fmt::join(digest, ""));
}

StreamingSha256::StreamingSha256() : state_(std::make_unique<State>()) {
  state_->ok = state_->context != nullptr &&
               EVP_DigestInit_ex(state_->context.get(), EVP_sha256(), nullptr) == 1;
}

StreamingSha256::~StreamingSha256() = default;

void StreamingSha256::Update(std::span<const uint8_t> bytes) {
  state_->ok =
      state_->ok && EVP_DigestUpdate(state_->context.get(), bytes.data(), bytes.size()) == 1;
}

Result<Sha256Digest> StreamingSha256::Finish() {
  Sha256Digest digest{};
  if (!state_->ok || EVP_DigestFinal_ex(state_->context.get(), digest.data(), nullptr) != 1) {
    return Internal("SHA-256: the OpenSSL library refuses to compute it");
  }
  state_->ok = false;
  return digest;
}

Result<Sha256Digest> Sha256(std::span<const uint8_t> bytes) {
  StreamingSha256 hash;
  hash.Update(bytes);
  return hash.Finish();
}

}  // namespace edgebert
