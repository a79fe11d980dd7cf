#include "edgebert/data/xz.h"

#include <fmt/format.h>
#include <lzma.h>

#include <memory>
#include <vector>

namespace edgebert {
namespace {

constexpr uint64_t kMaxDecoderBytes = uint64_t{256}
                                      << 20;  // What the strongest preset needs, fourfold.

std::string_view Reason(lzma_ret code) {
  switch (code) {
    case LZMA_FORMAT_ERROR:
      return "no xz file";
    case LZMA_BUF_ERROR:
      return "the xz data is cut short";
    case LZMA_MEM_ERROR:
    case LZMA_MEMLIMIT_ERROR:
      return "unpacking takes too much memory";
    default:
      return "the xz data is damaged";
  }
}

}  // namespace

Result<std::string> UnpackXz(std::string_view bytes, uint64_t max_bytes, const std::string& name) {
  constexpr size_t kBlockBytes = size_t{1} << 16;
  lzma_stream stream = LZMA_STREAM_INIT;
  if (lzma_stream_decoder(&stream, kMaxDecoderBytes, LZMA_CONCATENATED) != LZMA_OK) {
    return Internal(fmt::format("{}: liblzma cannot start", name));
  }
  const std::unique_ptr<lzma_stream, void (*)(lzma_stream*)> closer(&stream, &lzma_end);
  stream.next_in = reinterpret_cast<const uint8_t*>(bytes.data());
  stream.avail_in = bytes.size();
  std::string text;
  std::vector<char> block(kBlockBytes);
  while (true) {
    stream.next_out = reinterpret_cast<uint8_t*>(block.data());
    stream.avail_out = block.size();
    const lzma_ret code = lzma_code(&stream, LZMA_FINISH);
    text.append(block.data(), block.size() - stream.avail_out);
    if (text.size() > max_bytes) {
      return DataLoss(fmt::format("{}: more than {} bytes unpacked", name, max_bytes));
    }
    if (code == LZMA_STREAM_END) {
      return text;
    }
    if (code != LZMA_OK) {
      return DataLoss(fmt::format("{}: {}", name, Reason(code)));
    }
  }
}

}  // namespace edgebert
