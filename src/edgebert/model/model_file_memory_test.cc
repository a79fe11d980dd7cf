// How much memory reading takes, counted by replacing the allocation functions of this program.

#include <gtest/gtest.h>
#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <new>
#include <vector>

#include "edgebert/base/file.h"
#include "edgebert/model/model_file.h"
#include "edgebert/model/model_file_testing.h"
#include "edgebert/model/model_testing.h"
#include "edgebert/testing/testing.h"

// The sanitizers replace the same functions; their builds leave this out.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define EDGEBERT_COUNT_ALLOCATIONS 0
#else
#define EDGEBERT_COUNT_ALLOCATIONS 1
#endif

namespace {

std::atomic<size_t> live_bytes{0};
std::atomic<size_t> peak_bytes{0};

}  // namespace

#if EDGEBERT_COUNT_ALLOCATIONS

// Out of line, or GCC sees free() paired with new.
[[gnu::noinline]] void* operator new(size_t size) {
  void* memory = std::malloc(size);
  if (memory == nullptr) {
    throw std::bad_alloc();
  }
  const size_t live = live_bytes += ::malloc_usable_size(memory);
  size_t peak = peak_bytes;
  while (live > peak && !peak_bytes.compare_exchange_weak(peak, live)) {
  }
  return memory;
}

[[gnu::noinline]] void operator delete(void* memory) noexcept {
  live_bytes -= ::malloc_usable_size(memory);
  std::free(memory);
}

[[gnu::noinline]] void operator delete(void* memory, size_t) noexcept { operator delete(memory); }

#endif

namespace edgebert {
namespace {

using testing::Assemble;
using testing::Disassemble;
using testing::MakeTestModel;
using testing::Put;
using testing::RawSection;
using testing::RepairChecksums;
using testing::TemporaryDirectory;

#define EDGEBERT_REQUIRE_COUNTING()                                      \
  if (!EDGEBERT_COUNT_ALLOCATIONS) {                                     \
    GTEST_SKIP() << "the sanitizer of this build has its own allocator"; \
  }                                                                      \
  static_assert(true)

/// The most memory that `function` holds at once, in bytes.
template <typename Function>
size_t PeakOf(const Function& function) {
  const size_t before = live_bytes;
  peak_bytes = before;
  function();
  return peak_bytes - before;
}

TEST(ModelFileMemoryTest, ATinyFileThatClaimsMuchCostsLittle) {
  EDGEBERT_REQUIRE_COUNTING();
  const std::vector<RawSection> sections =
      Disassemble(*SerializeModel(MakeTestModel({.family = Family::kAlbert, .af8 = true})));
  std::vector<std::vector<uint8_t>> files;

  // A kilobyte whose sections each claim 2^40 bytes.
  for (size_t record = 0; record < sections.size(); ++record) {
    std::vector<uint8_t> file = Assemble(sections);
    file.resize(1024);
    Put(file, 16, uint64_t{file.size()});
    Put(file, 64 + 32 * record + 16, uint64_t{1} << 40);
    RepairChecksums(file);
    files.push_back(std::move(file));
  }
  // Every 32-bit field of every section claims the greatest number.
  for (size_t index = 0; index < sections.size(); ++index) {
    for (size_t at = 0; index != 3 && at + 4 <= sections[index].bytes.size(); at += 4) {
      std::vector<RawSection> damaged = sections;
      Put(damaged[index].bytes, at, uint32_t{0xFFFFFFFF});
      files.push_back(Assemble(damaged));
      Put(damaged[index].bytes, at, uint32_t{1 << 16});
      files.push_back(Assemble(damaged));
    }
  }
  for (size_t index = 0; index < files.size(); ++index) {
    const size_t peak = PeakOf([&] { static_cast<void>(ParseModel(files[index], "test.ebm")); });
    ASSERT_LT(peak, 64u << 10) << "file " << index;
  }
}

TEST(ModelFileMemoryTest, ReadingHoldsLittleMoreThanTheFile) {
  EDGEBERT_REQUIRE_COUNTING();
  const TemporaryDirectory directory;
  const std::filesystem::path path = directory.path() / "test.ebm";
  for (const bool af8 : {false, true}) {
    ASSERT_OK(WriteModelFile(MakeTestModel({.af8 = af8, .hidden_size = 256}), path));
    const size_t size = std::filesystem::file_size(path);
    ASSERT_GT(size, 500'000u);
    const size_t peak = PeakOf([&] { EXPECT_OK(ReadModelFile(path)); });
    EXPECT_LT(peak, size + size / 10);
  }
}

TEST(ModelFileMemoryTest, WritingHoldsLittleMoreThanTheModel) {
  EDGEBERT_REQUIRE_COUNTING();
  const TemporaryDirectory directory;
  const std::filesystem::path path = directory.path() / "test.ebm";
  const Model model = MakeTestModel({.hidden_size = 256});
  const size_t peak = PeakOf([&] { EXPECT_OK(WriteModelFile(model, path)); });
  EXPECT_LT(peak, 100'000u);
}

}  // namespace
}  // namespace edgebert
