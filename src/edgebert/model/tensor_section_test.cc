#include "edgebert/model/tensor_section.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "edgebert/model/model_file_testing.h"
#include "edgebert/model/model_testing.h"
#include "edgebert/testing/testing.h"

namespace edgebert {
namespace {

using testing::DecodeDirectory;
using testing::EncodeDirectory;
using ::testing::HasSubstr;
using testing::MakeTestModel;
using testing::RawTensor;

std::vector<Tensor> TestTensors() { return MakeTestModel({.af8 = true}).tensors; }

std::vector<RawTensor> TestRecords() {
  return DecodeDirectory(EncodeTensorDirectory(TestTensors()));
}

std::string MessageOf(const std::vector<RawTensor>& records, uint64_t data_bytes) {
  const std::vector<uint8_t> bytes = EncodeDirectory(records);
  const auto directory = ReadTensorDirectory(SectionReader("part", 1000, bytes), data_bytes);
  return directory.ok() ? "accepted" : directory.status().message();
}

TEST(TensorSectionTest, TheDirectoryComesBack) {
  const std::vector<Tensor> tensors = TestTensors();
  const std::vector<uint8_t> bytes = EncodeTensorDirectory(tensors);
  const auto records =
      ReadTensorDirectory(SectionReader("part", 0, bytes), TensorDataBytes(tensors));
  ASSERT_OK(records);
  ASSERT_EQ(records->size(), tensors.size());
  uint64_t end = 0;
  for (size_t i = 0; i < tensors.size(); ++i) {
    const TensorRecord& record = (*records)[i];
    EXPECT_EQ(record.tensor.name, tensors[i].name);
    EXPECT_EQ(record.tensor.shape, tensors[i].shape);
    EXPECT_EQ(record.tensor.encoding, tensors[i].encoding);
    EXPECT_EQ(record.tensor.exponent_bias, tensors[i].exponent_bias);
    EXPECT_EQ(record.length, tensors[i].payload.size());
    EXPECT_EQ(record.offset % 64, 0u);
    EXPECT_LT(record.offset - end, 64u);
    end = record.offset + record.length;
  }
  EXPECT_EQ(end, TensorDataBytes(tensors));
}

TEST(TensorSectionTest, NamesAreUniquePrintableAndAscending) {
  const uint64_t data_bytes = TensorDataBytes(TestTensors());
  ASSERT_EQ(MessageOf(TestRecords(), data_bytes), "accepted");
  for (const char* name : {"a b", "line\n", "\x7F", "gr\xC3\xB6\xC3\x9F", "\xFF"}) {
    std::vector<RawTensor> records = TestRecords();
    records[0].name = name;
    EXPECT_THAT(MessageOf(records, data_bytes), HasSubstr("expected printable ASCII"));
  }
  std::vector<RawTensor> records = TestRecords();
  records[1].name = records[0].name;
  EXPECT_THAT(MessageOf(records, data_bytes), HasSubstr("expected ascending names, each once"));
  records[1].name = "a";
  EXPECT_THAT(MessageOf(records, data_bytes), HasSubstr("expected ascending names, each once"));
  records[0].name = std::string(129, 'a');
  EXPECT_THAT(MessageOf(records, data_bytes), HasSubstr("a tensor name of 129 bytes"));
}

TEST(TensorSectionTest, ExponentBiasesAreInRange) {
  const uint64_t data_bytes = TensorDataBytes(TestTensors());
  for (size_t index = 0; index < TestRecords().size(); ++index) {
    std::vector<RawTensor> records = TestRecords();
    const bool is_float = records[index].encoding == 0;
    records[index].exponent_bias = is_float ? int8_t{1} : int8_t{32};
    EXPECT_THAT(MessageOf(records, data_bytes),
                HasSubstr(is_float ? "expected 0 for float32" : "expected -32 to 31"));
    records[index].exponent_bias = is_float ? int8_t{-1} : int8_t{-33};
    EXPECT_THAT(MessageOf(records, data_bytes), HasSubstr("exponent bias"));
  }
}

TEST(TensorSectionTest, PayloadsFillTheDataWithoutGapsOrOverlaps) {
  const uint64_t data_bytes = TensorDataBytes(TestTensors());
  for (const int64_t shift : std::vector<int64_t>{-64, -1, 1, 64}) {
    std::vector<RawTensor> records = TestRecords();
    records[5].offset += static_cast<uint64_t>(shift);
    EXPECT_THAT(MessageOf(records, data_bytes), HasSubstr("payload offset"));
  }
  EXPECT_THAT(MessageOf(TestRecords(), data_bytes + 1), HasSubstr("bytes of tensor data in use"));
  EXPECT_THAT(MessageOf(TestRecords(), data_bytes - 1), HasSubstr("an end within the"));
}

TEST(TensorSectionTest, ErrorsGiveTheOffsetInTheFile) {
  std::vector<RawTensor> records = TestRecords();
  records[0].encoding = 9;
  EXPECT_EQ(MessageOf(records, TensorDataBytes(TestTensors())),
            "part, offset 1010: found tensor encoding 9, expected 0 to 2");
}

}  // namespace
}  // namespace edgebert
