#include "edgebert/model/section_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "edgebert/base/checked_math.h"

namespace edgebert {

std::string SectionReader::Where(size_t position) const {
  return fmt::format("{}, offset {}", part_, file_offset_ + position);
}

Status SectionReader::Error(size_t position, std::string_view found,
                            std::string_view expected) const {
  return DataLoss(fmt::format("{}: found {}, expected {}", Where(position), found, expected));
}

Status SectionReader::Require(uint64_t count, std::string_view what) const {
  if (count > remaining()) {
    return Error(position(), fmt::format("{} bytes", remaining()),
                 fmt::format("{} bytes of {}", count, what));
  }
  return OkStatus();
}

Status SectionReader::RequireEntries(uint64_t count, uint64_t maximum, uint64_t bytes_each,
                                     std::string_view what) const {
  if (count > maximum) {
    return Error(position(), fmt::format("a count of {} {}", count, what),
                 fmt::format("at most {}", maximum));
  }
  const std::optional<uint64_t> bytes = CheckedMultiply(count, bytes_each);
  if (!bytes || *bytes > remaining()) {
    return Error(position(), fmt::format("{} bytes", remaining()),
                 fmt::format("{} {} of at least {} bytes each", count, what, bytes_each));
  }
  return OkStatus();
}

Status SectionReader::RequireEnd() const {
  if (remaining() != 0) {
    return Error(position(), fmt::format("{} more bytes", remaining()), "the end");
  }
  return OkStatus();
}

Status SectionReader::ReadZeros(size_t count) {
  EDGEBERT_RETURN_IF_ERROR(Require(count, "zeros"));
  const size_t start = position();
  const std::span<const uint8_t> bytes = reader_.ReadBytes(count);
  const auto bad = std::find_if(bytes.begin(), bytes.end(), [](uint8_t byte) { return byte != 0; });
  if (bad != bytes.end()) {
    return Error(start + static_cast<size_t>(bad - bytes.begin()), fmt::format("the byte {}", *bad),
                 "zero");
  }
  return OkStatus();
}

}  // namespace edgebert
