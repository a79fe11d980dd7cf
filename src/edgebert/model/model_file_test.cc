#include "edgebert/model/model_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "edgebert/base/file.h"
#include "edgebert/model/model_file_testing.h"
#include "edgebert/model/model_testing.h"
#include "edgebert/testing/testing.h"

namespace edgebert {
namespace {

using ::testing::AllOf;
using testing::Assemble;
using testing::Disassemble;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::MakeTestModel;
using testing::RawSection;
using ::testing::StartsWith;
using testing::TemporaryDirectory;
using testing::TestModelOptions;

std::vector<TestModelOptions> AllShapes() {
  std::vector<TestModelOptions> shapes;
  uint64_t seed = 1;
  for (const Family family : {Family::kBert, Family::kAlbert}) {
    for (const bool af8 : {false, true}) {
      for (const bool off_ramps : {false, true}) {
        for (const bool tables : {false, true}) {
          shapes.push_back({family, af8, off_ramps, tables, 8, seed++});
        }
      }
    }
  }
  return shapes;
}

TEST(ModelFileTest, EveryShapeComesBackAsItWas) {
  for (const TestModelOptions& options : AllShapes()) {
    SCOPED_TRACE(options.seed);
    const Model model = MakeTestModel(options);
    const Result<std::vector<uint8_t>> bytes = SerializeModel(model);
    ASSERT_OK(bytes);
    const Result<Model> parsed = ParseModel(*bytes, "test.ebm");
    ASSERT_OK(parsed);
    EXPECT_EQ(*parsed, model);
    const Result<std::vector<uint8_t>> again = SerializeModel(*parsed);
    ASSERT_OK(again);
    EXPECT_EQ(*again, *bytes);
  }
}

TEST(ModelFileTest, AFileHoldsTheSerializedBytes) {
  const TemporaryDirectory directory;
  const std::filesystem::path path = directory.path() / "test.ebm";
  for (const TestModelOptions& options : AllShapes()) {
    SCOPED_TRACE(options.seed);
    const Model model = MakeTestModel(options);
    ASSERT_OK(WriteModelFile(model, path));
    EXPECT_EQ(*ReadFile(path, 1 << 20), *SerializeModel(model));
    const Result<Model> read = ReadModelFile(path);
    ASSERT_OK(read);
    EXPECT_EQ(*read, model);
  }
}

TEST(ModelFileTest, ScalesOfTheExitThresholdComeBack) {
  Model model = MakeTestModel({});
  for (size_t ramp = 0; ramp < model.config.off_ramp_layers.size(); ++ramp) {
    model.exits.off_ramp_scales.push_back(0.25F * static_cast<float>(ramp + 1));
  }
  const std::vector<uint8_t> file = *SerializeModel(model);
  const Result<Model> read = ParseModel(file, "test.ebm");
  ASSERT_OK(read);
  EXPECT_EQ(*read, model);
}

TEST(ModelFileTest, AnInvalidModelIsNotWritten) {
  const TemporaryDirectory directory;
  const std::filesystem::path path = directory.path() / "test.ebm";
  Model model = MakeTestModel({});
  ASSERT_OK(WriteModelFile(model, path));
  model.exits.threshold_nats = -1;
  EXPECT_THAT(SerializeModel(model).status().message(),
              AllOf(StartsWith("cannot write the model"), HasSubstr("threshold")));
  EXPECT_FALSE(WriteModelFile(model, path).ok());
  EXPECT_OK(ReadModelFile(path));  // The file that was there stays.
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(directory.path()), {}), 1);
}

TEST(ModelFileTest, ANewerVersionIsRefusedByName) {
  std::vector<uint8_t> file = *SerializeModel(MakeTestModel({}));
  testing::Put(file, 8, uint32_t{2});
  // A newer header may have its checksum elsewhere: it is not looked at.
  const Status status = ParseModel(file, "test.ebm").status();
  EXPECT_EQ(status.code(), StatusCode::kUnsupported);
  EXPECT_THAT(status.message(), HasSubstr("found version 2, expected at most 1"));
  testing::Put(file, 8, uint32_t{0});
  EXPECT_THAT(ParseModel(file, "test.ebm").status().message(), HasSubstr("found version 0"));
}

TEST(ModelFileTest, AnUnknownOptionalSectionIsSkipped) {
  const Model model = MakeTestModel({});
  std::vector<RawSection> sections = Disassemble(*SerializeModel(model));
  sections.push_back({99, 0, std::vector<uint8_t>((1 << 20) + 5, 0xAB)});
  std::vector<uint8_t> file = Assemble(sections);
  const Result<Model> parsed = ParseModel(file, "test.ebm");
  ASSERT_OK(parsed);
  EXPECT_EQ(*parsed, model);
  file.back() = 0;
  EXPECT_THAT(ParseModel(file, "test.ebm").status().message(),
              HasSubstr("section 'kind 99', offset"));
}

TEST(ModelFileTest, AnUnknownRequiredSectionIsRefused) {
  std::vector<RawSection> sections = Disassemble(*SerializeModel(MakeTestModel({})));
  sections.push_back({99, 1, {1, 2, 3}});
  const Status status = ParseModel(Assemble(sections), "test.ebm").status();
  EXPECT_EQ(status.code(), StatusCode::kUnsupported);
  EXPECT_THAT(status.message(), HasSubstr("a required section of the unknown kind 99"));
}

TEST(ModelFileTest, SectionsAreKnownByTheirFlagsOnceEachAndInOrder) {
  const std::vector<RawSection> sections =
      Disassemble(*SerializeModel(MakeTestModel({.af8 = true})));
  const auto message = [](std::vector<RawSection> damaged) {
    return ParseModel(Assemble(damaged), "test.ebm").status().message();
  };
  for (size_t index = 0; index < sections.size(); ++index) {
    SCOPED_TRACE(index);
    std::vector<RawSection> damaged = sections;
    damaged[index].flags ^= 1;
    EXPECT_THAT(message(damaged), HasSubstr("found flags"));
    damaged[index].flags = 2;
    EXPECT_THAT(message(damaged), HasSubstr("found flags 0x2, expected 0x1 or none"));

    damaged = sections;
    damaged.insert(damaged.begin() + static_cast<std::ptrdiff_t>(index), sections[index]);
    EXPECT_THAT(message(damaged), HasSubstr("expected ascending kinds, each once"));

    damaged = sections;
    damaged[index].bytes.clear();
    EXPECT_THAT(message(damaged), HasSubstr("length 0 of section"));

    if (index > 0) {
      damaged = sections;
      std::swap(damaged[index - 1], damaged[index]);
      EXPECT_THAT(message(damaged), HasSubstr("expected ascending kinds, each once"));
    }
  }
}

TEST(ModelFileTest, OnlyProvenanceAndBiasesMayBeMissing) {
  const std::vector<RawSection> sections =
      Disassemble(*SerializeModel(MakeTestModel({.af8 = true})));
  for (size_t index = 0; index < sections.size(); ++index) {
    std::vector<RawSection> damaged = sections;
    damaged.erase(damaged.begin() + static_cast<std::ptrdiff_t>(index));
    const Result<Model> parsed = ParseModel(Assemble(damaged), "test.ebm");
    const uint32_t kind = sections[index].kind;
    if (kind == 7) {
      EXPECT_OK(parsed);
    } else if (kind == 5) {  // An AF8 model needs them, as the tensors show.
      EXPECT_THAT(parsed.status().message(), HasSubstr("is af8"));
    } else {
      EXPECT_THAT(parsed.status().message(), HasSubstr("section table, offset 64: found no"));
    }
  }
}

TEST(ModelFileTest, InspectionShowsTheSections) {
  const TemporaryDirectory directory;
  const std::filesystem::path path = directory.path() / "test.ebm";
  ASSERT_OK(WriteModelFile(MakeTestModel({.af8 = true}), path));
  const Result<ModelFileInfo> info = InspectModelFile(path);
  ASSERT_OK(info);
  EXPECT_EQ(info->version, 1u);
  EXPECT_EQ(info->size, std::filesystem::file_size(path));
  std::vector<std::string> names;
  for (const ModelFileSection& section : info->sections) {
    names.push_back(section.name);
    EXPECT_EQ(section.required, section.name != "provenance");
    EXPECT_EQ(section.offset % 64, 0u);
  }
  EXPECT_THAT(names, ElementsAre("configuration", "tokenizer", "tensor directory", "tensor data",
                                 "activation biases", "exits", "provenance"));
  EXPECT_EQ(info->sections.back().offset + info->sections.back().length, info->size);
}

TEST(ModelFileTest, InspectionRefusesADamagedTable) {
  const TemporaryDirectory directory;
  const std::filesystem::path path = directory.path() / "test.ebm";
  std::vector<uint8_t> file = *SerializeModel(MakeTestModel({}));
  file[70] ^= 1;
  ASSERT_OK(WriteFileAtomically(path, std::span<const uint8_t>(file)));
  EXPECT_THAT(InspectModelFile(path).status().message(),
              AllOf(StartsWith(path.string()), HasSubstr("the table is damaged")));
}

}  // namespace
}  // namespace edgebert
