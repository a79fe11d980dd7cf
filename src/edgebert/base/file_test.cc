#include "edgebert/base/file.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "edgebert/testing/testing.h"

namespace edgebert {
namespace {

using testing::TemporaryDirectory;

size_t EntriesOf(const std::filesystem::path& directory) {
  return static_cast<size_t>(std::distance(std::filesystem::directory_iterator(directory), {}));
}

TEST(FileTest, WritesAndReadsBack) {
  const TemporaryDirectory directory;
  const auto path = directory.path() / "a.txt";
  ASSERT_OK(WriteFileAtomically(path, std::string_view("one")));
  ASSERT_OK(WriteFileAtomically(path, std::string_view("two")));
  EXPECT_EQ(ReadTextFile(path, 10).value(), "two");
  EXPECT_EQ(EntriesOf(directory.path()), 1u);
}

TEST(FileTest, WithoutCommitNothingChanges) {
  const TemporaryDirectory directory;
  const auto path = directory.path() / "a.txt";
  ASSERT_OK(WriteFileAtomically(path, std::string_view("old")));
  {
    Result<AtomicFile> file = AtomicFile::Create(path);
    ASSERT_OK(file);
    ASSERT_OK(file->Write(std::string_view("half of the new cont")));
    EXPECT_EQ(EntriesOf(directory.path()), 2u);
  }
  EXPECT_EQ(ReadTextFile(path, 10).value(), "old");
  EXPECT_EQ(EntriesOf(directory.path()), 1u);
}

TEST(FileTest, ALinkStaysALinkAndADeviceIsRefused) {
  const TemporaryDirectory directory;
  const auto target = directory.path() / "target";
  const auto link = directory.path() / "link";
  ASSERT_OK(WriteFileAtomically(target, std::string_view("old")));
  std::filesystem::create_symlink(target, link);
  ASSERT_OK(WriteFileAtomically(link, std::string_view("new")));
  EXPECT_TRUE(std::filesystem::is_symlink(link));
  EXPECT_EQ(ReadTextFile(target, 10).value(), "new");
  EXPECT_EQ(EntriesOf(directory.path()), 2u);
  EXPECT_NE(AtomicFile::Create("/dev/null").status().message().find("not a regular file"),
            std::string::npos);
}

TEST(FileTest, TwoWritersOfOnePathDoNotMix) {
  const TemporaryDirectory directory;
  const auto path = directory.path() / "a.txt";
  Result<AtomicFile> first = AtomicFile::Create(path);
  Result<AtomicFile> second = AtomicFile::Create(path);
  ASSERT_OK(first);
  ASSERT_OK(second);
  ASSERT_OK(first->Write(std::string_view("first")));
  ASSERT_OK(second->Write(std::string_view("second")));
  ASSERT_OK(first->Commit());
  EXPECT_EQ(ReadTextFile(path, 10).value(), "first");
  ASSERT_OK(second->Commit());
  EXPECT_EQ(ReadTextFile(path, 10).value(), "second");
}

TEST(FileTest, AnInterruptedProgramLeavesNoTemporaryFile) {
  const TemporaryDirectory directory;
  Result<AtomicFile> file = AtomicFile::Create(directory.path() / "a.txt");
  ASSERT_OK(file);
  EXPECT_EQ(EntriesOf(directory.path()), 1u);
  RemoveTemporaryFilesFromSignalHandler();
  EXPECT_EQ(EntriesOf(directory.path()), 0u);
}

TEST(FileTest, ErrorsNameThePath) {
  const TemporaryDirectory directory;
  const auto missing = directory.path() / "missing";
  EXPECT_EQ(ReadFile(missing, 10).status().code(), StatusCode::kNotFound);
  EXPECT_NE(ReadFile(missing, 10).status().message().find(missing.string()), std::string::npos);
  EXPECT_NE(ReadFile(directory.path(), 10).status().message().find("directory"), std::string::npos);
  EXPECT_FALSE(WriteFileAtomically(directory.path(), std::string_view("x")).ok());
  EXPECT_FALSE(WriteFileAtomically(missing / "x", std::string_view("x")).ok());
}

TEST(FileTest, RefusesFilesAboveTheLimit) {
  const TemporaryDirectory directory;
  const auto path = directory.path() / "a.txt";
  ASSERT_OK(WriteFileAtomically(path, std::string_view("0123456789")));
  EXPECT_TRUE(ReadFile(path, 10).ok());
  EXPECT_EQ(ReadFile(path, 9).status().code(), StatusCode::kInvalidArgument);
}

TEST(FileTest, AFileThatShrinksIsDataLoss) {
  const TemporaryDirectory directory;
  const auto path = directory.path() / "a.txt";
  ASSERT_OK(WriteFileAtomically(path, std::string_view("0123456789")));
  Result<InputFile> file = InputFile::Open(path);
  ASSERT_OK(file);
  std::filesystem::resize_file(path, 4);
  std::vector<uint8_t> buffer(10);
  const Status status = file->ReadAt(0, buffer);
  EXPECT_EQ(status.code(), StatusCode::kDataLoss);
  EXPECT_NE(status.message().find("ends at byte 4"), std::string::npos);
}

}  // namespace
}  // namespace edgebert
