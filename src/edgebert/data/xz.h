#ifndef EDGEBERT_DATA_XZ_H_
#define EDGEBERT_DATA_XZ_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "edgebert/base/status.h"

namespace edgebert {

/// Unpacks an .xz file of at most `max_bytes` unpacked; damage, a checksum that does not fit and
/// data cut short are errors. `name` stands for the file.
Result<std::string> UnpackXz(std::string_view bytes, uint64_t max_bytes, const std::string& name);

}  // namespace edgebert

#endif  // EDGEBERT_DATA_XZ_H_
