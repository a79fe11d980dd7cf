#include "edgebert/data/gzip.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <memory>
#include <vector>

namespace edgebert {

Result<std::string> Gunzip(std::string_view bytes, uint64_t max_bytes, const std::string& name) {
  constexpr int kGzipOnly = 16 + MAX_WBITS;
  constexpr size_t kBlockBytes = size_t{1} << 16;
  constexpr size_t kMaxInputBytes = size_t{1} << 30;  // zlib counts in 32 bits.
  if (bytes.size() > kMaxInputBytes) {
    return DataLoss(
        fmt::format("{}: {} bytes, expected at most {}", name, bytes.size(), kMaxInputBytes));
  }
  z_stream stream{};
  if (inflateInit2(&stream, kGzipOnly) != Z_OK) {
    return Internal(fmt::format("{}: zlib cannot start", name));
  }
  const std::unique_ptr<z_stream, int (*)(z_stream*)> closer(&stream, &inflateEnd);
  // zlib reads its input and does not change it.
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  std::string text;
  std::vector<char> block(kBlockBytes);
  while (true) {
    stream.next_out = reinterpret_cast<Bytef*>(block.data());
    stream.avail_out = static_cast<uInt>(block.size());
    const int code = inflate(&stream, Z_NO_FLUSH);
    text.append(block.data(), block.size() - stream.avail_out);
    if (text.size() > max_bytes) {
      return DataLoss(fmt::format("{}: more than {} bytes unpacked", name, max_bytes));
    }
    if (code == Z_STREAM_END) {
      if (stream.avail_in == 0) {
        return text;
      }
      inflateReset(&stream);
    } else if (code == Z_BUF_ERROR) {
      return DataLoss(fmt::format("{}: the gzip data is cut short", name));
    } else if (code != Z_OK) {
      return DataLoss(fmt::format("{}: no gzip file, or a damaged one ({})", name,
                                  stream.msg == nullptr ? "zlib gives no reason" : stream.msg));
    }
  }
}

}  // namespace edgebert
