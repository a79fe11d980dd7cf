// Counts allocations by replacing the allocation functions of this program.

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "edgebert/engine/encoder.h"
#include "edgebert/testing/random_model.h"
#include "edgebert/testing/testing.h"

// The sanitizers replace the same functions; their builds leave this out.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define EDGEBERT_COUNT_ALLOCATIONS 0
#else
#define EDGEBERT_COUNT_ALLOCATIONS 1
#endif

namespace {

std::atomic<size_t> allocations{0};

}  // namespace

#if EDGEBERT_COUNT_ALLOCATIONS

// Out of line, or GCC sees free() paired with new.
[[gnu::noinline]] void* operator new(size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size)) {
    return memory;
  }
  throw std::bad_alloc();
}

[[gnu::noinline]] void* operator new(size_t size, std::align_val_t alignment) {
  ++allocations;
  const auto align = static_cast<size_t>(alignment);
  if (void* memory = std::aligned_alloc(align, (size + align - 1) / align * align)) {
    return memory;
  }
  throw std::bad_alloc();
}

[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, size_t) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::align_val_t) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, size_t, std::align_val_t) noexcept {
  std::free(memory);
}

#endif

namespace edgebert {
namespace {

TEST(AllocationTest, NothingIsAllocatedAfterTheFirstSentenceOfALength) {
  if (EDGEBERT_COUNT_ALLOCATIONS == 0) {
    GTEST_SKIP() << "a sanitizer counts allocations itself";
  }
  const Model model = testing::RandomModel(testing::RandomModelConfig(), true, 1);
  for (const WeightStorage storage : {WeightStorage::kCodes, WeightStorage::kInt16}) {
    for (const int threads : {1, 2}) {
      EncoderSession session(Encoder::Create(model, Arithmetic::kHost, storage).value(), threads);
      EntropyExitRule never(0.0);
      EncoderResult result;
      const std::vector<int32_t> ids(32, 7);
      const std::vector<int32_t> segments(32, 0);
      const auto run = [&](size_t tokens) {
        return session.RunInto(std::span(ids).first(tokens), std::span(segments).first(tokens),
                               never, result);
      };
      for (const size_t tokens : {32u, 5u, 17u}) {
        ASSERT_OK(run(tokens));
      }
      const size_t before = allocations;
      for (const size_t tokens : {5u, 17u, 32u, 5u}) {
        ASSERT_OK(run(tokens));
      }
      EXPECT_EQ(allocations - before, 0u);
    }
  }
  EXPECT_GT(allocations, 0u);
}

}  // namespace
}  // namespace edgebert
