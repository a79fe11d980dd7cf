#include "edgebert/model/safetensors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <fstream>
#include <limits>
#include <string>
#include <utility>

#include "edgebert/testing/testing.h"

namespace edgebert {
namespace {

using ::edgebert::testing::TemporaryDirectory;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string LengthField(uint64_t length) {
  std::string bytes(sizeof(length), '\0');
  std::memcpy(bytes.data(), &length, sizeof(length));
  return bytes;
}

template <typename T>
std::string Bytes(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

class SafetensorsTest : public ::testing::Test {
 protected:
  std::filesystem::path Write(const std::string& bytes) const {
    const std::filesystem::path path = directory_.path() / "model.safetensors";
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
  }
  Result<SafetensorsFile> OpenWith(const std::string& header, const std::string& data) const {
    return SafetensorsFile::Open(Write(LengthField(header.size()) + header + data));
  }
  /// One tensor "t" of a dtype that holds `values`.
  template <typename T>
  Result<std::vector<float>> ReadOne(const std::string& dtype, const std::vector<T>& values) const {
    const std::string size = std::to_string(values.size());
    const std::string end = std::to_string(values.size() * sizeof(T));
    const auto file = OpenWith(R"({"t":{"dtype":")" + dtype + R"(","shape":[)" + size +
                                   R"(],"data_offsets":[0,)" + end + "]}}",
                               Bytes(values));
    if (!file.ok()) {
      return file.status();
    }
    return file->ReadFloats(file->entries().front());
  }

  TemporaryDirectory directory_;
};

constexpr char kSmallHeader[] =
    R"({"__metadata__":{"format":"pt"},"b":{"dtype":"F32","shape":[1,2],"data_offsets":[4,12]},)"
    R"("a":{"dtype":"F16","shape":[2],"data_offsets":[0,4]},)"
    R"("ids":{"dtype":"I64","shape":[],"data_offsets":[12,20]}})";

std::string SmallData() {
  return Bytes(std::vector<uint16_t>{0x3C00, 0xC100}) + Bytes(std::vector<float>{0.5f, -3.0f}) +
         Bytes(std::vector<int64_t>{7});
}

TEST_F(SafetensorsTest, ReadsTensorsByName) {
  const auto file = OpenWith(kSmallHeader, SmallData());
  ASSERT_OK(file);
  ASSERT_EQ(file->entries().size(), 3u);
  const SafetensorsEntry* const a = file->Find("a");
  const SafetensorsEntry* const b = file->Find("b");
  ASSERT_NE(a, nullptr);
  ASSERT_NE(b, nullptr);
  EXPECT_EQ(file->Find("c"), nullptr);
  EXPECT_THAT(b->shape, ElementsAre(1, 2));
  const auto halves = file->ReadFloats(*a);
  ASSERT_OK(halves);
  EXPECT_THAT(*halves, ElementsAre(1.0f, -2.5f));
  const auto singles = file->ReadFloats(*b);
  ASSERT_OK(singles);
  EXPECT_THAT(*singles, ElementsAre(0.5f, -3.0f));
}

TEST_F(SafetensorsTest, RefusesOtherDtypesOnlyWhenTheyAreRead) {
  const auto file = OpenWith(kSmallHeader, SmallData());
  ASSERT_OK(file);
  const auto values = file->ReadFloats(*file->Find("ids"));
  EXPECT_EQ(values.status().code(), StatusCode::kUnsupported);
  EXPECT_THAT(values.status().message(), HasSubstr("tensor 'ids' is I64, expected F32, F16"));
}

TEST_F(SafetensorsTest, WidensEveryFiniteHalfExactly) {
  std::vector<uint16_t> bits;
  std::vector<float> expected;
  for (uint32_t code = 0; code < 0x10000; ++code) {
    const int exponent = static_cast<int>((code >> 10) & 0x1F);
    const int mantissa = static_cast<int>(code & 0x3FF);
    if (exponent == 0x1F) {
      continue;
    }
    const double magnitude =
        exponent == 0 ? std::ldexp(mantissa, -24) : std::ldexp(1024 + mantissa, exponent - 25);
    bits.push_back(static_cast<uint16_t>(code));
    expected.push_back(static_cast<float>((code & 0x8000) != 0 ? -magnitude : magnitude));
  }
  const auto values = ReadOne("F16", bits);
  ASSERT_OK(values);
  ASSERT_EQ(values->size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i) {
    ASSERT_EQ(std::bit_cast<uint32_t>((*values)[i]), std::bit_cast<uint32_t>(expected[i]))
        << "code " << bits[i];
  }
}

TEST_F(SafetensorsTest, WidensEveryFiniteBfloatExactly) {
  std::vector<uint16_t> bits;
  std::vector<float> expected;
  for (uint32_t code = 0; code < 0x10000; ++code) {
    const int exponent = static_cast<int>((code >> 7) & 0xFF);
    const int mantissa = static_cast<int>(code & 0x7F);
    if (exponent == 0xFF) {
      continue;
    }
    const double magnitude =
        exponent == 0 ? std::ldexp(mantissa, -133) : std::ldexp(128 + mantissa, exponent - 134);
    bits.push_back(static_cast<uint16_t>(code));
    expected.push_back(static_cast<float>((code & 0x8000) != 0 ? -magnitude : magnitude));
  }
  const auto values = ReadOne("BF16", bits);
  ASSERT_OK(values);
  ASSERT_EQ(values->size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i) {
    ASSERT_EQ(std::bit_cast<uint32_t>((*values)[i]), std::bit_cast<uint32_t>(expected[i]))
        << "code " << bits[i];
  }
}

TEST_F(SafetensorsTest, NamesTheElementThatIsNotFinite) {
  const std::pair<Result<std::vector<float>>, const char*> cases[] = {
      {ReadOne("F32", std::vector<float>{1, 2, std::numeric_limits<float>::quiet_NaN()}),
       "element 2 of tensor 't' is nan"},
      {ReadOne("F32", std::vector<float>{1, -std::numeric_limits<float>::infinity()}),
       "element 1 of tensor 't' is -inf"},
      {ReadOne("F16", std::vector<uint16_t>{0x7C00}), "element 0 of tensor 't' is inf"},
      {ReadOne("F16", std::vector<uint16_t>{0, 0x7C01}), "element 1 of tensor 't' is nan"},
      {ReadOne("BF16", std::vector<uint16_t>{0xFF80}), "element 0 of tensor 't' is -inf"},
      {ReadOne("BF16", std::vector<uint16_t>{0, 0, 0x7F81}), "element 2 of tensor 't' is nan"},
  };
  for (const auto& [result, expected] : cases) {
    EXPECT_EQ(result.status().code(), StatusCode::kDataLoss);
    EXPECT_THAT(result.status().message(), HasSubstr(expected));
  }
}

TEST_F(SafetensorsTest, RefusesEachBrokenHeader) {
  const std::string fields = R"("dtype":"F32","shape":[2],"data_offsets":[0,8])";
  const auto one = [](const std::string& members) { return R"({"t":{)" + members + "}}"; };
  const std::string many_dimensions = R"("dtype":"U8","shape":[1,1,1,1,1,1,1,1,1],"data_offsets":)";
  const std::pair<std::string, const char*> cases[] = {
      {"", "not valid JSON"},
      {"{", "not valid JSON"},
      {"[]", "header is an array, expected an object"},
      {"7", "header is number 7"},
      {"null", "header is null"},
      {"{}", "tensors end at byte 0 of the data, expected 8"},
      {"{} {}", "not valid JSON"},
      {std::string("{\"t\xFF\":{}}"), "not valid JSON"},
      {one(fields) + std::string("\0{}", 3), "header: byte 54 is NUL"},
      {R"({"t":5})", "tensor 't' is number 5, expected an object"},
      {R"({"t":[]})", "tensor 't' is an array, expected an object"},
      {R"({"":{)" + fields + "}}", "tensor name of 0 bytes"},
      {R"({"a\nb":{)" + fields + "}}", "without control characters"},
      {R"({")" + std::string(513, 'x') + R"(":{)" + fields + "}}", "tensor name of 513 bytes"},
      {R"({"t":{)" + fields + R"(},"t":{"dtype":"F32","shape":[2],"data_offsets":[8,16]}})",
       "lies at bytes 8 to 16"},
      {R"({"t":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},)"
       R"("t":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})",
       "tensor 't' twice"},
      {R"({"__metadata__":{"a":1},"t":{)" + fields + "}}", "__metadata__ holds number 1"},
      {R"({"__metadata__":{},"__metadata__":{},"t":{)" + fields + "}}", "'__metadata__' twice"},
      {one(fields + R"(,"extra":1)"), "tensor 't' has unknown field 'extra'"},
      {one(fields + R"(,"dtype":"F32")"), "tensor 't' has field 'dtype' twice"},
      {one(fields + R"(,"shape":[2])"), "tensor 't' has field 'shape' twice"},
      {one(fields + R"(,"data_offsets":[0,8])"), "tensor 't' has field 'data_offsets' twice"},
      {one(R"("shape":[2],"data_offsets":[0,8])"), "tensor 't' has no dtype"},
      {one(R"("dtype":"F32","data_offsets":[0,8])"), "tensor 't' has no shape"},
      {one(R"("dtype":"F32","shape":[2])"), "tensor 't' has no data_offsets"},
      {one(R"("dtype":32,"shape":[2],"data_offsets":[0,8])"), "number 32 as dtype"},
      {one(R"("dtype":"F32","shape":2,"data_offsets":[0,8])"), "number 2 as shape"},
      {one(R"("dtype":"F32","shape":"2","data_offsets":[0,8])"), "a string as shape"},
      {one(R"("dtype":"F32","shape":[2.0],"data_offsets":[0,8])"), "number 2.0 in its shape"},
      {one(R"("dtype":"F32","shape":[-2],"data_offsets":[0,8])"), "number -2 in its shape"},
      {one(R"("dtype":"F32","shape":[[2]],"data_offsets":[0,8])"), "an array in its shape"},
      {one(R"("dtype":"F32","shape":[0],"data_offsets":[0,0])"), "dimension 0"},
      {one(R"("dtype":"F32","shape":[18446744073709551615],"data_offsets":[0,8])"), "dimension"},
      {one(R"("dtype":"F32","shape":[99999999999999999999],"data_offsets":[0,8])"), "shape"},
      {one(R"("dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8])"),
       "past 64 bits"},
      {one(R"("dtype":"F32","shape":[4611686018427387906],"data_offsets":[0,8])"), "past 64 bits"},
      {one(many_dimensions + "[0,1]"), "more than 8 dimensions"},
      {one(R"("dtype":"Q32","shape":[2],"data_offsets":[0,8])"), "dtype 'Q32'"},
      {one(R"("dtype":"F4","shape":[15],"data_offsets":[0,8])"), "whole byte"},
      {one(R"("dtype":"F32","shape":[3],"data_offsets":[0,8])"), "has 8 bytes, expected 12"},
      {one(R"("dtype":"F16","shape":[2],"data_offsets":[0,8])"), "has 8 bytes, expected 4"},
      {one(R"("dtype":"F32","shape":[2],"data_offsets":[8,0])"), "lies at bytes 8 to 0"},
      {one(R"("dtype":"F32","shape":[2],"data_offsets":[4,12])"), "lies at bytes 4 to 12"},
      {one(R"("dtype":"F32","shape":[1],"data_offsets":[4,8])"), "begins at byte 4"},
      {one(R"("dtype":"F32","shape":[1],"data_offsets":[0,4])"), "end at byte 4"},
      {one(R"("dtype":"F32","shape":[2],"data_offsets":[0])"), "has 1 data_offsets"},
      {one(R"("dtype":"F32","shape":[2],"data_offsets":[0,8,8])"), "number 8 in data_offsets"},
      {one(R"("dtype":"F32","shape":[2],"data_offsets":[0,-8])"), "number -8 in data_offsets"},
      {one(R"("dtype":"F32","shape":[2],"data_offsets":[0,18446744073709551615])"), "lies at"},
      {R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
       R"("b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})",
       "tensor 'b' begins at byte 4 of the data, expected 8"},
  };
  for (const auto& [header, expected] : cases) {
    const auto file = OpenWith(header, std::string(8, '\0'));
    EXPECT_EQ(file.status().code(), StatusCode::kDataLoss) << header;
    EXPECT_THAT(file.status().message(), HasSubstr(expected)) << header;
    EXPECT_THAT(file.status().message(), HasSubstr("model.safetensors: ")) << header;
  }
}

TEST_F(SafetensorsTest, RefusesAHeaderLengthPastTheFileOrTheLimit) {
  for (const uint64_t length : {uint64_t{3}, kMaxSafetensorsHeaderBytes + 1, UINT64_MAX}) {
    const auto file = SafetensorsFile::Open(Write(LengthField(length) + "{}"));
    EXPECT_THAT(file.status().message(), HasSubstr("expected at most 2"));
  }
}

TEST_F(SafetensorsTest, RefusesAHeaderOfTooManyTensors) {
  std::string header = "{";
  for (size_t i = 0; i <= kMaxSafetensorsTensors; ++i) {
    const std::string text = std::to_string(i);
    header += (i == 0 ? "\"" : ",\"") + text + R"(":{"dtype":"U8","shape":[1],"data_offsets":[)" +
              text + "," + std::to_string(i + 1) + "]}";
  }
  const auto file = OpenWith(header + "}", std::string(kMaxSafetensorsTensors + 1, '\0'));
  EXPECT_THAT(file.status().message(), HasSubstr("more than 65536 tensors"));
}

TEST_F(SafetensorsTest, DeepNestingIsRefusedWithoutDeepRecursion) {
  EXPECT_FALSE(OpenWith(std::string(1'000'000, '['), "").ok());
  EXPECT_FALSE(OpenWith(R"({"t":)" + std::string(1'000'000, '['), "").ok());
}

TEST_F(SafetensorsTest, RefusesTruncationAtEveryByteAndOneByteMore) {
  const std::string header = kSmallHeader;
  const std::string whole = LengthField(header.size()) + header + SmallData();
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_EQ(SafetensorsFile::Open(Write(whole.substr(0, size))).status().code(),
              StatusCode::kDataLoss)
        << size;
  }
  EXPECT_OK(SafetensorsFile::Open(Write(whole)));
  EXPECT_FALSE(SafetensorsFile::Open(Write(whole + '\0')).ok());
}

void ExpectReadsWithinBounds(const std::filesystem::path& path) {
  const auto file = SafetensorsFile::Open(path);
  if (!file.ok()) {
    EXPECT_FALSE(file.status().message().empty());
    return;
  }
  for (const SafetensorsEntry& entry : file->entries()) {
    EXPECT_LE(entry.end, SmallData().size());
    const auto values = file->ReadFloats(entry);
    EXPECT_TRUE(!values.ok() || values->size() * 2 <= entry.num_bytes());
  }
}

TEST_F(SafetensorsTest, AnyFlippedBitOpensOrFailsWithinBounds) {
  const std::string header = kSmallHeader;
  const std::string whole = LengthField(header.size()) + header + SmallData();
  const std::filesystem::path path = Write(whole);
  std::fstream patched(path, std::ios::binary | std::ios::in | std::ios::out);
  const auto put = [&](size_t at, int byte) {
    patched.seekp(static_cast<std::streamoff>(at));
    patched.put(static_cast<char>(byte));
    patched.flush();
  };
  for (size_t bit = 0; bit < whole.size() * 8; ++bit) {
    put(bit / 8, whole[bit / 8] ^ (1 << (bit % 8)));
    ExpectReadsWithinBounds(path);
    put(bit / 8, whole[bit / 8]);
  }
}

TEST_F(SafetensorsTest, AFileCutAfterOpeningIsDataLoss) {
  const auto file = OpenWith(kSmallHeader, SmallData());
  ASSERT_OK(file);
  std::filesystem::resize_file(file->path(), 100);
  EXPECT_EQ(file->ReadFloats(*file->Find("b")).status().code(), StatusCode::kDataLoss);
  EXPECT_EQ(file->Hash().status().code(), StatusCode::kDataLoss);
}

TEST_F(SafetensorsTest, MissingFilesAndDirectoriesAreErrors) {
  EXPECT_EQ(SafetensorsFile::Open(directory_.path() / "none").status().code(),
            StatusCode::kNotFound);
  EXPECT_EQ(SafetensorsFile::Open(directory_.path()).status().code(), StatusCode::kIoError);
}

TEST_F(SafetensorsTest, HashChangesWithTheData) {
  const auto original = OpenWith(kSmallHeader, SmallData());
  ASSERT_OK(original);
  const auto hash = original->Hash();
  ASSERT_OK(hash);
  std::string data = SmallData();
  data.back() = 1;
  const auto changed = OpenWith(kSmallHeader, data);
  ASSERT_OK(changed);
  EXPECT_NE(*changed->Hash(), *hash);
}

}  // namespace
}  // namespace edgebert
