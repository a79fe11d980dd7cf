// Any bytes: as they are, and with their checksums and size put right, so that mutations reach what
// lies behind those. What is accepted must survive being written and read again.

#include <cstdint>
#include <cstdlib>
#include <vector>

#include "edgebert/model/model_file.h"
#include "edgebert/model/model_file_testing.h"

namespace {

void Try(const std::vector<uint8_t>& bytes) {
  const edgebert::Result<edgebert::Model> model = edgebert::ParseModel(bytes, "fuzz");
  if (!model.ok()) {
    return;
  }
  const edgebert::Result<std::vector<uint8_t>> again = edgebert::SerializeModel(*model);
  if (!again.ok()) {
    std::abort();
  }
  const edgebert::Result<edgebert::Model> reread = edgebert::ParseModel(*again, "fuzz");
  if (!reread.ok() || !(*reread == *model)) {
    std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::vector<uint8_t> bytes(data, data + size);
  Try(bytes);
  if (size >= 24) {
    edgebert::testing::Put(bytes, 16, uint64_t{size});
  }
  edgebert::testing::RepairChecksums(bytes);
  Try(bytes);
  return 0;
}
