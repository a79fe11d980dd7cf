#ifndef EDGEBERT_DATA_GZIP_H_
#define EDGEBERT_DATA_GZIP_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "edgebert/base/status.h"

namespace edgebert {

/// Unpacks a gzip file (RFC 1952, one member or several) of at most `max_bytes` unpacked; damage, a
/// checksum that does not fit and text cut short are errors. `name` stands for the file.
Result<std::string> Gunzip(std::string_view bytes, uint64_t max_bytes, const std::string& name);

}  // namespace edgebert

#endif  // EDGEBERT_DATA_GZIP_H_
