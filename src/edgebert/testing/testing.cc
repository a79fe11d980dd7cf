#include "edgebert/testing/testing.h"

#include <cstdlib>
#include <string>

namespace edgebert::testing {

std::filesystem::path SharedDirectory() {
  if (const char* directory = std::getenv("EDGEBERT_SHARED_DIR")) {
    return directory;
  }
  return std::filesystem::path(EDGEBERT_SOURCE_DIR) / ".." / "shared";
}

TemporaryDirectory::TemporaryDirectory() {
  std::string pattern = (std::filesystem::temp_directory_path() / "edgebert-XXXXXX").string();
  const char* created = ::mkdtemp(pattern.data());
  path_ = created != nullptr ? created : "/nonexistent";
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace edgebert::testing
