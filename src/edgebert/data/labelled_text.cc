#include "edgebert/data/labelled_text.h"

#include <array>
#include <bit>
#include <string_view>

#include "edgebert/model/checksum.h"

namespace edgebert {
namespace {

template <typename T>
void Update(StreamingChecksum& checksum, T value) {
  checksum.Update(std::bit_cast<std::array<uint8_t, sizeof(T)>>(value));
}

/// With its length, so that what ends one text cannot begin the next.
void Update(StreamingChecksum& checksum, std::string_view text) {
  Update(checksum, uint64_t{text.size()});
  checksum.Update({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
}

}  // namespace

uint64_t FingerprintOf(std::span<const LabelledText> examples) {
  StreamingChecksum checksum;
  for (const LabelledText& example : examples) {
    Update(checksum, std::string_view(example.text));
    Update(checksum, std::string_view(example.pair.value_or("")));
    Update(checksum, int32_t{example.label});
  }
  return checksum.value();
}

}  // namespace edgebert
