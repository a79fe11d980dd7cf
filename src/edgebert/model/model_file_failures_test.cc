// Fifteen ways in which model files broke other people's software; docs/model-file.md names them.
// Each test damages one claim of a file and repairs all checksums, so that the check of the claim
// itself must catch it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "edgebert/base/checked_math.h"
#include "edgebert/model/config_json.h"
#include "edgebert/model/model_file.h"
#include "edgebert/model/model_file_testing.h"
#include "edgebert/model/model_testing.h"
#include "edgebert/model/tensor_section.h"
#include "edgebert/testing/testing.h"

namespace edgebert {
namespace {

using ::testing::AllOf;
using testing::Assemble;
using testing::DecodeDirectory;
using testing::Disassemble;
using testing::EncodeDirectory;
using testing::Get;
using ::testing::HasSubstr;
using testing::MakeTestModel;
using ::testing::Not;
using testing::Put;
using testing::RawSection;
using testing::RawTensor;
using testing::RepairChecksums;
using ::testing::StartsWith;

constexpr uint64_t kHuge = std::numeric_limits<uint64_t>::max();
constexpr uint32_t kHuge32 = std::numeric_limits<uint32_t>::max();

// Positions in the section table and in the sections, as docs/model-file.md has them.
constexpr size_t kConfig = 0;
constexpr size_t kTokenizer = 1;
constexpr size_t kDirectory = 2;
constexpr size_t kData = 3;
constexpr size_t kBiases = 4;
constexpr size_t kExits = 5;
constexpr size_t kPrefixBytes = 28;
constexpr size_t kMapBytes = 32;
constexpr size_t kPieceCount = 36;
constexpr size_t kScoreCount = 40;
constexpr size_t kTypeCount = 44;
constexpr size_t kNoteBytes = 8;

class ModelFileFailures : public ::testing::Test {
 protected:
  static Model BaseModel() { return MakeTestModel({.family = Family::kAlbert, .af8 = true}); }

  void ExpectRefused(const std::vector<uint8_t>& file, const std::vector<std::string>& says) {
    const Status status = ParseModel(file, "test.ebm").status();
    EXPECT_FALSE(status.ok()) << "expected: " << says.front();
    EXPECT_THAT(status.message(), AllOf(StartsWith("test.ebm: "), HasSubstr("expected"),
                                        Not(HasSubstr("\n")), Not(HasSubstr("checksum"))));
    for (const std::string& part : says) {
      EXPECT_THAT(status.message(), HasSubstr(part));
    }
  }

  void ExpectRefused(const std::vector<std::string>& says) {
    ExpectRefused(Assemble(sections_), says);
  }

  template <typename T>
  void ExpectRefusedWith(size_t section, size_t offset, T value,
                         const std::vector<std::string>& says) {
    const std::vector<RawSection> before = sections_;
    Put(sections_[section].bytes, offset, value);
    ExpectRefused(says);
    sections_ = before;
  }

  void ExpectTensorRefused(const std::function<void(RawTensor&)>& damage,
                           const std::vector<std::string>& says, size_t index = 0) {
    const std::vector<RawSection> before = sections_;
    std::vector<RawTensor> tensors = DecodeDirectory(sections_[kDirectory].bytes);
    damage(tensors.at(index));
    sections_[kDirectory].bytes = EncodeDirectory(tensors);
    std::vector<std::string> all = says;
    all.emplace_back("section 'tensor directory', offset");
    ExpectRefused(all);
    sections_ = before;
  }

  void ExpectConfigRefused(const std::function<void(ModelConfig&)>& damage,
                           const std::vector<std::string>& says) {
    ModelConfig config = BaseModel().config;
    damage(config);
    SetConfig(ConfigToJson(config));
    ExpectRefused(says);
  }

  void SetConfig(const std::string& json) {
    sections_[kConfig].bytes.assign(json.begin(), json.end());
  }

  std::string Config() const {
    return {sections_[kConfig].bytes.begin(), sections_[kConfig].bytes.end()};
  }

  /// The index of the first tensor of an encoding.
  size_t FirstTensor(TensorEncoding encoding) const {
    const std::vector<RawTensor> tensors = DecodeDirectory(sections_[kDirectory].bytes);
    size_t index = 0;
    while (tensors.at(index).encoding != static_cast<uint8_t>(encoding)) {
      ++index;
    }
    return index;
  }

  std::vector<RawSection> sections_ = Disassemble(*SerializeModel(BaseModel()));
};

TEST_F(ModelFileFailures, Row01_DimsProductOverflow) {
  const uint64_t big = 1 << 20;
  // 2^80, and 2^64 which is 0 in 64 bits.
  ExpectTensorRefused(
      [&](RawTensor& t) {
        t.dimensions = {big, big, big, big};
      },
      {"product of dimensions", "at most 4294967296 elements"});
  ExpectTensorRefused(
      [&](RawTensor& t) {
        t.dimensions = {big, big, big, 16};
        t.length = 0;
      },
      {"product of dimensions"});
  // Nothing overflows, but the payload is not as long as the shape says.
  ExpectTensorRefused(
      [&](RawTensor& t) {
        t.dimensions = {1 << 16, 1 << 16};
      },
      {"a payload of", "for tensor 'embedding.norm.bias'", "expected 17179869184"});
}

TEST_F(ModelFileFailures, Row02_SumOfOffsetAndLengthWraps) {
  std::vector<uint8_t> file = Assemble(sections_);
  const auto offset = Get<uint64_t>(file, 64 + 8);
  Put(file, 64 + 16, kHuge - offset + 1 + 8);  // offset + length is 8 in 64 bits.
  RepairChecksums(file);
  ExpectRefused(file, {"section table, offset 80: found length", "an end within the file"});
  EXPECT_EQ(CheckedAdd(kHuge, uint64_t{1}), std::nullopt);
  EXPECT_EQ(CheckedMultiply(kHuge, uint64_t{2}), std::nullopt);
}

TEST_F(ModelFileFailures, Row03_OneDimensionBeyondTheCap) {
  for (const uint64_t dimension : {(uint64_t{1} << 42) + 1, (uint64_t{1} << 20) + 1, kHuge}) {
    ExpectTensorRefused([&](RawTensor& t) { t.dimensions[0] = dimension; },
                        {"a dimension of " + std::to_string(dimension), "1 to 1048576"});
  }
}

TEST_F(ModelFileFailures, Row04_AlignUpWraps) {
  for (const uint64_t size : {kHuge, kHuge - 1, kHuge - 62}) {
    EXPECT_EQ(CheckedAlignUp(size, uint64_t{64}), std::nullopt);
    EXPECT_EQ(NextPayloadOffset(size), std::nullopt);
  }
  EXPECT_EQ(NextPayloadOffset(kHuge - 63), kHuge - 63);
  // A section whose end cannot be aligned, followed by one at the offset that wrapping would give.
  std::vector<uint8_t> file = Assemble(sections_);
  Put(file, 64 + 16, kHuge - Get<uint64_t>(file, 64 + 8));
  Put(file, 64 + 32 + 8, uint64_t{0});
  RepairChecksums(file);
  ExpectRefused(file, {"section table, offset 80", "an end within the file"});
}

TEST_F(ModelFileFailures, Row05_ElementTypeDoesNotFitTheBytes) {
  // Declared with one byte an element, stored with four, and the other way round.
  ExpectTensorRefused([](RawTensor& t) { t.encoding = 1; }, {"a payload of", "expected 4"});
  ExpectTensorRefused(
      [](RawTensor& t) {
        t.encoding = 0;
        t.exponent_bias = 0;
      },
      {"a payload of", "bytes for tensor"}, FirstTensor(TensorEncoding::kAf8));
  // The same in the tokenizer: scores of four bytes where only a byte each is there.
  Model model = BaseModel();
  std::vector<uint8_t>& bytes = sections_[kTokenizer].bytes;
  const size_t scores = model.tokenizer.scores.size();
  bytes.resize(bytes.size() - scores - 4 * scores);
  bytes.resize(bytes.size() + scores);
  Put(bytes, kTypeCount, uint32_t{0});
  ExpectRefused({"section 'tokenizer', offset", "9 piece scores of at least 4 bytes each"});
}

TEST_F(ModelFileFailures, Row05_TypeOfAPieceIsCheckedBeforeTheCast) {
  for (const uint8_t type : std::vector<uint8_t>{0, 7, 255}) {
    ExpectRefusedWith(kTokenizer, sections_[kTokenizer].bytes.size() - 1, type,
                      {"section 'tokenizer', offset", "piece type " + std::to_string(type)});
  }
  ExpectRefusedWith(kTokenizer, 0, uint8_t{2}, {"tokenizer kind 2"});
}

TEST_F(ModelFileFailures, Row06_ZeroDimensionsAndEmptyNames) {
  ExpectTensorRefused([](RawTensor& t) { t.dimensions[0] = 0; }, {"a dimension of 0"});
  ExpectTensorRefused(
      [](RawTensor& t) {
        t.dimensions[0] = 0;
        t.length = 0;
      },
      {"a dimension of 0"});
  ExpectTensorRefused([](RawTensor& t) { t.name.clear(); }, {"a tensor name of 0 bytes"});
  ExpectConfigRefused([](ModelConfig& c) { c.num_heads = 0; }, {"num_heads is 0"});
  ExpectConfigRefused([](ModelConfig& c) { c.labels[0].clear(); }, {"labels"});
}

TEST_F(ModelFileFailures, Row07_RankBeyondTheCap) {
  for (const uint8_t rank : std::vector<uint8_t>{0, 5, 255}) {
    ExpectTensorRefused([&](RawTensor& t) { t.rank = rank; },
                        {"rank " + std::to_string(rank), "1 to 4"});
  }
  ExpectTensorRefused([](RawTensor& t) { t.dimensions = {1, 1, 1, 1, 1}; }, {"rank 5"});
}

TEST_F(ModelFileFailures, Row08_CountsBeyondTheBytesLeft) {
  ExpectRefusedWith(kDirectory, 0, kHuge32, {"a count of 4294967295 tensors", "at most 16384"});
  ExpectRefusedWith(kDirectory, 0, uint32_t{16384}, {"16384 tensors of at least 33 bytes each"});
  ExpectRefusedWith(kTokenizer, kPieceCount, kHuge32, {"a count of 4294967295 pieces"});
  ExpectRefusedWith(kTokenizer, kPieceCount, uint32_t{1 << 20}, {"1048576 pieces of at least"});
  ExpectRefusedWith(kTokenizer, kScoreCount, uint32_t{1 << 20}, {"1048576 piece scores of at"});
  ExpectRefusedWith(kTokenizer, kTypeCount, uint32_t{1 << 20}, {"1048576 piece types of at"});
  ExpectRefusedWith(kBiases, 0, uint32_t{64}, {"64 layers of at least 10 bytes each"});
  const size_t predictor = 12 + BaseModel().exits.calibration.size();
  ExpectRefusedWith(kExits, predictor, kHuge32, {"a count of 4294967295 predictor rows"});
  ExpectRefusedWith(kExits, predictor, uint32_t{65536}, {"65536 predictor rows of at least 12"});
  const size_t record = predictor + 8 + 9 * 4;
  ExpectRefusedWith(kExits, record, kHuge32, {"a count of 4294967295 calibration sentences"});
  ExpectRefusedWith(kExits, record, uint32_t{1 << 20}, {"1048576 calibration sentences of at"});
  std::vector<uint8_t> file = Assemble(sections_);
  Put(file, 12, kHuge32);
  RepairChecksums(file);
  ExpectRefused(file, {"header, offset 12: found 4294967295 sections", "1 to 64"});
}

TEST_F(ModelFileFailures, Row09_LengthsBeyondTheBytesLeft) {
  const size_t last = DecodeDirectory(sections_[kDirectory].bytes).size() - 1;
  ExpectTensorRefused([](RawTensor& t) { t.name_bytes = 128; }, {"128 bytes of tensor name"}, last);
  ExpectTensorRefused([](RawTensor& t) { t.name_bytes = 65535; }, {"a tensor name of 65535 bytes"});
  ExpectRefusedWith(kTokenizer, kPrefixBytes, uint32_t{512}, {"512 bytes of continuation prefix"});
  ExpectRefusedWith(kTokenizer, kPrefixBytes, kHuge32, {"bytes of continuation prefix"});
  ExpectRefusedWith(kExits, kNoteBytes, uint32_t{4096}, {"4096 bytes of calibration note"});
  ExpectRefusedWith(kExits, kNoteBytes, kHuge32, {"bytes of calibration note", "at most 1048576"});
}

TEST_F(ModelFileFailures, Row10_CountsBeyondTheirMaxima) {
  ExpectConfigRefused([](ModelConfig& c) { c.num_layers = 65; }, {"num_layers is 65"});
  ExpectConfigRefused([](ModelConfig& c) { c.num_layers = 1 << 30; }, {"num_layers is 1073741824"});
  ExpectConfigRefused([](ModelConfig& c) { c.num_heads = 129; }, {"num_heads is 129"});
  ExpectConfigRefused([](ModelConfig& c) { c.layer_map[2] = 1; }, {"layer_map entry is 1"});
  ExpectConfigRefused([](ModelConfig& c) { c.layer_map.resize(1000); }, {"length of layer_map"});
  ExpectConfigRefused([](ModelConfig& c) { c.labels.assign(1025, "x"); }, {"number of labels"});
  ExpectConfigRefused([](ModelConfig& c) { c.off_ramp_layers = {1, 2, 3, 4}; }, {"off-ramp layer"});
  sections_ = Disassemble(*SerializeModel(BaseModel()));
  ExpectRefusedWith(kBiases, 0, uint32_t{65}, {"a count of 65 layers", "at most 64"});
  ExpectRefusedWith(kBiases, 4, uint32_t{11}, {"11 activation sites"});
  const size_t predictor = 12 + BaseModel().exits.calibration.size();
  ExpectRefusedWith(kExits, predictor + 4, uint32_t{64}, {"64 predictor columns", "1 to 63"});
  ExpectRefusedWith(kExits, predictor + 8 + 9 * 4 + 4, uint32_t{65}, {"65 off-ramps"});
}

TEST_F(ModelFileFailures, Row11_TheParserAlwaysMovesOn) {
  for (const uint8_t encoding : std::vector<uint8_t>{3, 200, 255}) {
    ExpectTensorRefused([&](RawTensor& t) { t.encoding = encoding; },
                        {"tensor encoding " + std::to_string(encoding)});
  }
  // A name that is said to be shorter than it is: all that follows would be read out of step.
  ExpectTensorRefused([](RawTensor& t) { t.name_bytes = 4; }, {"found"});
  // One record more than there are; one fewer.
  const auto count = Get<uint32_t>(sections_[kDirectory].bytes, 0);
  ExpectRefusedWith(kDirectory, 0, count + 1, {"found 0 bytes", "24 bytes of tensor record"});
  ExpectRefusedWith(kDirectory, 0, count - 1, {"more bytes, expected the end"});
  // Offsets are compared with the size, by subtraction that cannot wrap.
  for (const uint64_t offset : {kHuge, kHuge - 63, uint64_t{64}, uint64_t{1} << 40}) {
    ExpectTensorRefused([&](RawTensor& t) { t.offset = offset; }, {"payload offset"});
  }
}

TEST_F(ModelFileFailures, Row12_TokenTextIsData) {
  Model model = BaseModel();
  model.tokenizer.pieces[5] = "<0x-1>";
  model.tokenizer.pieces[6] = "<0xFFFFFFFF>";
  model.tokenizer.pieces[7] = "%n%s../../\n\x1B[2J";
  const Result<std::vector<uint8_t>> file = SerializeModel(model);
  ASSERT_OK(file);
  const Result<Model> parsed = ParseModel(*file, "test.ebm");
  ASSERT_OK(parsed);
  EXPECT_EQ(*parsed, model);
  // Ids are used as indices, and so are bounded by the number of pieces.
  for (const int32_t id : {-1, 9, std::numeric_limits<int32_t>::max()}) {
    ExpectRefusedWith(kTokenizer, 8, id, {"tokenizer", std::to_string(id)});
  }
}

TEST_F(ModelFileFailures, Row13_PayloadLengthDiffersFromTheShape) {
  for (const auto encoding : {TensorEncoding::kFloat32, TensorEncoding::kAf8}) {
    for (const int difference : {-1, 1}) {
      ExpectTensorRefused(
          [&](RawTensor& t) { t.length = t.length + static_cast<uint64_t>(difference); },
          {"a payload of", "bytes for tensor"}, FirstTensor(encoding));
    }
  }
  ExpectTensorRefused([](RawTensor& t) { t.length = 0; }, {"a payload of 0 bytes"},
                      FirstTensor(TensorEncoding::kAf8Bitmask));
  // The last payload reaches past the data section, which ends before it.
  sections_[kData].bytes.pop_back();
  ExpectRefused({"section 'tensor directory'", "an end within the"});
}

TEST_F(ModelFileFailures, Row13_TextMayEndWithTheFileAndHoldNul) {
  Model model = BaseModel();
  model.exits.calibration = std::string("a\0b", 3);
  model.provenance = R"({"note":"ends the file"})";
  const Result<std::vector<uint8_t>> file = SerializeModel(model);
  ASSERT_OK(file);
  EXPECT_EQ(file->back(), '}');
  EXPECT_EQ(*ParseModel(*file, "test.ebm"), model);
}

TEST_F(ModelFileFailures, Row14_NoFileNamesOneOutsideItsFolder) {
  std::string json = Config();
  json.insert(1, R"("external_data":"../../etc/passwd",)");
  SetConfig(json);
  ExpectRefused({"section 'configuration'", R"(the unknown key "external_data")"});
  sections_ = Disassemble(*SerializeModel(BaseModel()));
  std::vector<RawTensor> tensors = DecodeDirectory(sections_[kDirectory].bytes);
  tensors[0].name = "../../etc/passwd";
  sections_[kDirectory].bytes = EncodeDirectory(tensors);
  ExpectRefused({"tensor '../../etc/passwd' is unknown"});
  // Provenance may speak of files; it is text.
  Model model = BaseModel();
  model.provenance = R"({"data":["file:///etc/passwd","../../etc/passwd"]})";
  EXPECT_EQ(*ParseModel(*SerializeModel(model), "test.ebm"), model);
  // A task file names its base, by hash and by a name without a folder.
  BaseFile base{BaseOf(model), {"base.ebm", {}}};
  sections_ = Disassemble(*SerializeTask(model, base));
  for (const std::string name : {"../../etc/passwd", "/etc/passwd", "..", "a\\b"}) {
    std::vector<uint8_t>& reference = sections_.back().bytes;
    reference.resize(36);
    testing::Put(reference, 32, static_cast<uint32_t>(name.size()));
    reference.insert(reference.end(), name.begin(), name.end());
    ExpectRefused({"section 'base reference', offset", "a file name"});
  }
}

TEST_F(ModelFileFailures, Row15_LengthsOfNormalizationMapAndPieces) {
  ExpectRefusedWith(kTokenizer, kMapBytes, kHuge32, {"normalization map", "at most 8388608"});
  ExpectRefusedWith(kTokenizer, kMapBytes, uint32_t{8 << 20},
                    {"8388608 bytes of normalization map"});
  const size_t lengths = 48 + BaseModel().tokenizer.continuation_prefix.size();
  for (const uint16_t length : std::vector<uint16_t>{513, 65535}) {
    ExpectRefusedWith(kTokenizer, lengths + 2 * 3, length,
                      {"a length of " + std::to_string(length) + " for piece 3", "at most 512"});
  }
  ExpectRefusedWith(kTokenizer, lengths + 2 * 8, uint16_t{512}, {"512 bytes of piece 8"});
}

}  // namespace
}  // namespace edgebert
