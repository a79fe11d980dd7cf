#ifndef EDGEBERT_TESTING_TESTING_H_
#define EDGEBERT_TESTING_TESTING_H_

#include <filesystem>
#include <random>

#include "edgebert/base/status.h"

namespace edgebert::testing {

/// Where data and checkpoints that are not part of the repository lie: $EDGEBERT_SHARED_DIR, or
/// `../shared` beside the repository. Tests that need them skip, visibly, where it is absent.
std::filesystem::path SharedDirectory();

/// A new directory that is removed with everything in it.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// A generator with a fixed seed: property tests are random in shape, not from run to run.
using Random = std::mt19937_64;

}  // namespace edgebert::testing

#define EXPECT_OK(expression) \
  EXPECT_TRUE((expression).ok()) << ::edgebert::testing::StatusMessage(expression)
#define ASSERT_OK(expression) \
  ASSERT_TRUE((expression).ok()) << ::edgebert::testing::StatusMessage(expression)

/// Skips the rest of a test, saying so, when the path is not there.
#define EDGEBERT_REQUIRE_SHARED(path)                                             \
  if (!std::filesystem::exists(path)) {                                           \
    GTEST_SKIP() << (path).string() << " is absent: this test needs shared data"; \
  }                                                                               \
  static_assert(true)

namespace edgebert::testing {

inline std::string StatusMessage(const Status& status) { return status.message(); }
template <typename T>
std::string StatusMessage(const Result<T>& result) {
  return result.status().message();
}

}  // namespace edgebert::testing

#endif  // EDGEBERT_TESTING_TESTING_H_
