// Whatever happens to the bytes of a file, the answer is an error that says so: never a crash, and
// never another model.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "edgebert/base/file.h"
#include "edgebert/model/model_file.h"
#include "edgebert/model/model_file_testing.h"
#include "edgebert/model/model_reader.h"
#include "edgebert/model/model_testing.h"
#include "edgebert/testing/testing.h"

namespace edgebert {
namespace {

using ::testing::AllOf;
using testing::Assemble;
using testing::Disassemble;
using ::testing::HasSubstr;
using testing::MakeTestModel;
using testing::Put;
using testing::RawSection;
using testing::RepairChecksums;
using ::testing::StartsWith;
using testing::TemporaryDirectory;

std::vector<uint8_t> SmallFile() {
  return *SerializeModel(MakeTestModel({.family = Family::kAlbert, .af8 = true}));
}

bool IsClear(const std::string& message) {
  return message.starts_with("test.ebm: ") && message.find("expected") != std::string::npos &&
         message.find('\n') == std::string::npos;
}

TEST(ModelFileDamageTest, TheSmallFileIsSmall) { EXPECT_LT(SmallFile().size(), 8192u); }

TEST(ModelFileDamageTest, ReassemblyIsTheSameFile) {
  EXPECT_EQ(Assemble(Disassemble(SmallFile())), SmallFile());
}

TEST(ModelFileDamageTest, TruncationAtEveryByteIsAnError) {
  const std::vector<uint8_t> file = SmallFile();
  for (size_t size = 0; size < file.size(); ++size) {
    const Result<Model> parsed = ParseModel(std::span(file).first(size), "test.ebm");
    ASSERT_EQ(parsed.status().code(), StatusCode::kDataLoss) << size;
    ASSERT_PRED1(IsClear, parsed.status().message()) << size;
  }
}

TEST(ModelFileDamageTest, TruncationThatTheHeaderKnowsOfIsAnError) {
  const std::vector<uint8_t> file = SmallFile();
  for (size_t size = 64; size < file.size(); ++size) {
    std::vector<uint8_t> shorter(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(size));
    Put(shorter, 16, uint64_t{size});
    RepairChecksums(shorter);
    const Result<Model> parsed = ParseModel(shorter, "test.ebm");
    ASSERT_FALSE(parsed.ok()) << size;
    ASSERT_PRED1(IsClear, parsed.status().message()) << size;
  }
}

TEST(ModelFileDamageTest, EveryFlippedBitIsAnError) {
  std::vector<uint8_t> file = SmallFile();
  for (size_t bit = 0; bit < 8 * file.size(); ++bit) {
    file[bit / 8] ^= static_cast<uint8_t>(1u << (bit % 8));
    const Result<Model> parsed = ParseModel(file, "test.ebm");
    ASSERT_FALSE(parsed.ok()) << "bit " << bit;
    ASSERT_PRED1(IsClear, parsed.status().message()) << "bit " << bit;
    file[bit / 8] ^= static_cast<uint8_t>(1u << (bit % 8));
  }
}

// Behind checksums that hold, a flipped bit may make another valid model, such as another weight.
// Then that model must be one that can be written and read.
TEST(ModelFileDamageTest, EveryFlippedBitBehindRepairedChecksumsIsAnErrorOrAModel) {
  const std::vector<uint8_t> file = SmallFile();
  size_t refused = 0;
  for (size_t bit = 0; bit < 8 * file.size(); ++bit) {
    std::vector<uint8_t> flipped = file;
    flipped[bit / 8] ^= static_cast<uint8_t>(1u << (bit % 8));
    RepairChecksums(flipped);
    if (flipped == file) {
      continue;  // The bit was one of a checksum.
    }
    const Result<Model> parsed = ParseModel(flipped, "test.ebm");
    if (!parsed.ok()) {
      ++refused;
      ASSERT_TRUE(parsed.status().message().starts_with("test.ebm: ")) << "bit " << bit;
      continue;
    }
    const Result<std::vector<uint8_t>> again = SerializeModel(*parsed);
    ASSERT_OK(again);
    const Result<Model> reparsed = ParseModel(*again, "test.ebm");
    ASSERT_OK(reparsed);
    ASSERT_EQ(*reparsed, *parsed) << "bit " << bit;
  }
  EXPECT_GT(refused, file.size());
}

TEST(ModelFileDamageTest, AppendedBytesAreAnError) {
  for (const size_t count : std::vector<size_t>{1, 63, 64, 4096}) {
    std::vector<uint8_t> file = SmallFile();
    file.resize(file.size() + count);
    EXPECT_THAT(ParseModel(file, "test.ebm").status().message(), HasSubstr("the file's own size"));
    Put(file, 16, uint64_t{file.size()});
    RepairChecksums(file);
    EXPECT_THAT(ParseModel(file, "test.ebm").status().message(),
                HasSubstr("bytes after the last section"));
  }
}

TEST(ModelFileDamageTest, PaddingThatIsNotZeroIsAnError) {
  const std::vector<uint8_t> file = SmallFile();
  size_t padded = 0;
  for (size_t record = 0; record < testing::Get<uint32_t>(file, 12); ++record) {
    const auto offset = testing::Get<uint64_t>(file, 64 + 32 * record + 8);
    const auto before = record == 0 ? 64 + 32 * size_t{testing::Get<uint32_t>(file, 12)}
                                    : testing::Get<uint64_t>(file, 64 + 32 * record - 24) +
                                          testing::Get<uint64_t>(file, 64 + 32 * record - 16);
    for (size_t at = before; at < offset; ++at, ++padded) {
      std::vector<uint8_t> damaged = file;
      damaged[at] = 7;
      EXPECT_THAT(ParseModel(damaged, "test.ebm").status().message(),
                  HasSubstr("padding, offset " + std::to_string(at) + ": found the byte 7"));
    }
  }
  EXPECT_GT(padded, 0u);
}

TEST(ModelFileDamageTest, PaddingBetweenPayloadsThatIsNotZeroIsAnError) {
  std::vector<RawSection> sections = Disassemble(SmallFile());
  const auto tensors = testing::DecodeDirectory(sections[2].bytes);
  const size_t at = tensors[0].offset + tensors[0].length;
  ASSERT_LT(at, tensors[1].offset);
  sections[3].bytes[at] = 7;
  EXPECT_THAT(ParseModel(Assemble(sections), "test.ebm").status().message(), HasSubstr("padding"));
}

TEST(ModelFileDamageTest, TruncatedFilesAreErrors) {
  const TemporaryDirectory directory;
  const std::filesystem::path path = directory.path() / "test.ebm";
  ASSERT_OK(WriteModelFile(MakeTestModel({}), path));
  for (uintmax_t size = std::filesystem::file_size(path); size > 200;) {
    size -= 197;
    std::filesystem::resize_file(path, size);
    const Result<Model> read = ReadModelFile(path);
    ASSERT_EQ(read.status().code(), StatusCode::kDataLoss);
    EXPECT_THAT(read.status().message(), StartsWith(path.string() + ": header, offset 16"));
  }
}

TEST(ModelFileDamageTest, MissingFilesAndDirectoriesAreErrorsThatNameThem) {
  const TemporaryDirectory directory;
  const std::filesystem::path missing = directory.path() / "missing.ebm";
  EXPECT_EQ(ReadModelFile(missing).status().code(), StatusCode::kNotFound);
  EXPECT_THAT(ReadModelFile(missing).status().message(), StartsWith(missing.string() + ": "));
  EXPECT_EQ(InspectModelFile(missing).status().code(), StatusCode::kNotFound);
  EXPECT_THAT(ReadModelFile(directory.path()).status().message(), HasSubstr("a directory"));
}

TEST(ModelFileDamageTest, AFileOfAnotherKindIsCalledSo) {
  const std::string text =
      R"({"this is": "some other file, and longer than the header is"})" + std::string(64, ' ');
  const Status status =
      ParseModel(std::span(reinterpret_cast<const uint8_t*>(text.data()), text.size()), "test.ebm")
          .status();
  EXPECT_THAT(status.message(), AllOf(HasSubstr("an EdgeBERT model file"), HasSubstr("7b 22")));
}

/// A source that ends earlier than it said, from the n-th read on, as a file does that another
/// program shortens.
class ShrinkingSource : public MemorySource {
 public:
  ShrinkingSource(std::span<const uint8_t> bytes, int whole_reads)
      : MemorySource(bytes), reads_left_(whole_reads) {}

  Status ReadAt(uint64_t offset, std::span<uint8_t> destination) const override {
    return reads_left_-- > 0 ? MemorySource::ReadAt(offset, destination)
                             : DataLoss("ends, expected more");
  }

  bool exhausted() const { return reads_left_ < 0; }

 private:
  mutable int reads_left_;
};

TEST(ModelFileDamageTest, AFileThatShrinksWhileItIsReadIsAnErrorAtEveryRead) {
  const std::vector<uint8_t> file = SmallFile();
  int reads = 0;
  for (;; ++reads) {
    const ShrinkingSource source(file, reads);
    const Result<ModelFileContent> model = ReadModelFileContent(source, "test.ebm");
    if (!source.exhausted()) {
      EXPECT_OK(model);
      break;
    }
    ASSERT_EQ(model.status().code(), StatusCode::kDataLoss) << reads;
    ASSERT_PRED1(IsClear, model.status().message());
  }
  EXPECT_GT(reads, 20);
}

TEST(ModelFileDamageTest, AnOpenFileThatShrinksIsAnErrorWithoutItsPathTwice) {
  const TemporaryDirectory directory;
  const std::filesystem::path path = directory.path() / "test.ebm";
  ASSERT_OK(WriteModelFile(MakeTestModel({}), path));
  Result<InputFile> file = InputFile::Open(path);
  ASSERT_OK(file);
  const FileSource source(std::move(*file));
  std::filesystem::resize_file(path, 1000);
  const Result<ModelFileContent> model = ReadModelFileContent(source, path.string());
  EXPECT_EQ(model.status().code(), StatusCode::kDataLoss);
  EXPECT_THAT(model.status().message(), StartsWith(path.string() + ": ends at byte 1000"));
}

}  // namespace
}  // namespace edgebert
