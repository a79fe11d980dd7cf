// A model split in two files is the same model again, and nothing but its own base will do.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "edgebert/base/file.h"
#include "edgebert/model/model_file.h"
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

constexpr size_t kHashBytes = 32;

std::vector<TestModelOptions> AllShapes() {
  std::vector<TestModelOptions> shapes;
  uint64_t seed = 1;
  for (const Family family : {Family::kBert, Family::kAlbert}) {
    for (const bool af8 : {false, true}) {
      for (const bool tables : {false, true}) {
        shapes.push_back({family, af8, tables, tables, 8, seed++});
      }
    }
  }
  return shapes;
}

Model SmallModel() { return MakeTestModel({.family = Family::kAlbert, .af8 = true}); }

/// Another task on the embedding of `model`.
Model OtherTask(Model model) {
  Model other = MakeTestModel({.family = Family::kAlbert, .af8 = true, .seed = 77});
  for (Tensor& tensor : model.tensors) {
    if (!tensor.name.starts_with("embedding.") || tensor.name.starts_with("embedding.projection")) {
      tensor = *other.Find(tensor.name);
    }
  }
  model.config.labels = {"yes", "no"};
  model.exits.threshold_nats = 0.5f;
  return model;
}

/// A model as a base and a task file, in memory.
struct SplitModel {
  explicit SplitModel(const Model& model)
      : base_bytes(*SerializeBase(BaseOf(model))),
        base(*ParseBase(base_bytes, "base.ebm")),
        task_bytes(*SerializeTask(model, base)) {}

  std::vector<uint8_t> base_bytes;
  BaseFile base;
  std::vector<uint8_t> task_bytes;
};

void Write(const std::filesystem::path& path, std::span<const uint8_t> bytes) {
  ASSERT_OK(WriteFileAtomically(path, bytes));
}

/// A model as a base and a task file, in a folder.
class TaskFileTest : public ::testing::Test {
 protected:
  TaskFileTest() : split_(SmallModel()) {
    Write(task_path_, split_.task_bytes);
    Write(base_path_, split_.base_bytes);
  }

  Status ReadStatus() const { return ReadModelFile(task_path_).status(); }

  TemporaryDirectory directory_;
  std::filesystem::path task_path_ = directory_.path() / "task.ebm";
  std::filesystem::path base_path_ = directory_.path() / "base.ebm";
  SplitModel split_;
};

TEST_F(TaskFileTest, EveryShapeComesBackAsItWas) {
  for (const TestModelOptions& options : AllShapes()) {
    SCOPED_TRACE(options.seed);
    const Model model = MakeTestModel(options);
    const SplitModel split(model);
    EXPECT_EQ(split.base.base, BaseOf(model));
    const Result<Model> parsed = ParseTask(split.task_bytes, "task.ebm", split.base);
    ASSERT_OK(parsed);
    EXPECT_EQ(*parsed, model);
    Write(task_path_, split.task_bytes);
    Write(base_path_, split.base_bytes);
    const Result<Model> read = ReadModelFile(task_path_);
    ASSERT_OK(read);
    EXPECT_EQ(*read, model);
    EXPECT_EQ(*SerializeBase(split.base.base), split.base_bytes);
    EXPECT_EQ(*SerializeTask(*read, split.base), split.task_bytes);
  }
}

TEST_F(TaskFileTest, TheHashIsThatOfTheBaseFile) {
  const Sha256Digest hash = *Sha256(split_.base_bytes);
  EXPECT_EQ(split_.base.reference.sha256, hash);
  const Result<BaseFile> read = ReadBaseFile(base_path_);
  ASSERT_OK(read);
  EXPECT_EQ(read->reference, (BaseReference{"base.ebm", hash}));
}

TEST_F(TaskFileTest, TasksShareABase) {
  const Model other = OtherTask(SmallModel());
  const Result<std::vector<uint8_t>> task = SerializeTask(other, split_.base);
  ASSERT_OK(task);
  Write(directory_.path() / "other.ebm", *task);
  EXPECT_EQ(*ReadModelFile(directory_.path() / "other.ebm"), other);
  EXPECT_EQ(*ReadModelFile(task_path_), SmallModel());
}

TEST_F(TaskFileTest, TheSplitHoldsEachTensorOnce) {
  const std::vector<RawSection> base = Disassemble(split_.base_bytes);
  const std::vector<RawSection> task = Disassemble(split_.task_bytes);
  std::vector<std::string> names;
  for (const auto& tensor : testing::DecodeDirectory(base[1].bytes)) {
    names.push_back(tensor.name);
  }
  EXPECT_THAT(names, ElementsAre("embedding.norm.bias", "embedding.norm.gain", "embedding.position",
                                 "embedding.segment", "embedding.word"));
  EXPECT_EQ(testing::DecodeDirectory(task[1].bytes).size() + names.size(),
            SmallModel().tensors.size());
}

TEST_F(TaskFileTest, ABuildThatKnowsNoBasesRefusesBoth) {
  for (const auto& bytes : {split_.base_bytes, split_.task_bytes}) {
    const RawSection last = Disassemble(bytes).back();
    EXPECT_GT(last.kind, 7u);
    EXPECT_EQ(last.flags, 1u);  // Required.
  }
}

TEST_F(TaskFileTest, InspectionShowsTheBase) {
  const Result<ModelFileInfo> task = InspectModelFile(task_path_);
  ASSERT_OK(task);
  EXPECT_EQ(task->kind, ModelFileKind::kTask);
  EXPECT_EQ(task->base, split_.base.reference);
  EXPECT_EQ(BasePath(task_path_, *task->base), base_path_);
  const Result<ModelFileInfo> base = InspectModelFile(base_path_);
  ASSERT_OK(base);
  EXPECT_EQ(base->kind, ModelFileKind::kBase);
  EXPECT_EQ(base->base, std::nullopt);
  EXPECT_EQ(InspectModel(*SerializeModel(SmallModel()), "x")->kind, ModelFileKind::kModel);
}

TEST_F(TaskFileTest, AMissingBaseIsNamedWithItsPlaceAndHash) {
  std::filesystem::remove(base_path_);
  EXPECT_EQ(ReadStatus().code(), StatusCode::kNotFound);
  EXPECT_THAT(
      ReadStatus().message(),
      AllOf(StartsWith(task_path_.string() + ": is a task file"), HasSubstr(base_path_.string()),
            HasSubstr("--base FILE"), HasSubstr(Sha256Text(split_.base.reference.sha256))));
}

TEST_F(TaskFileTest, ABaseMayLieElsewhereWhereTheCallerSaysSo) {
  const std::filesystem::path elsewhere = directory_.path() / "renamed.ebm";
  std::filesystem::rename(base_path_, elsewhere);
  const Result<Model> read = ReadModelFile(task_path_, elsewhere);
  ASSERT_OK(read);
  EXPECT_EQ(*read, SmallModel());
  EXPECT_THAT(ReadModelFile(task_path_, base_path_).status().message(),
              StartsWith(base_path_.string() + ": cannot open"));
}

TEST_F(TaskFileTest, AnotherBaseIsRefused) {
  const SplitModel other(MakeTestModel({.family = Family::kAlbert, .af8 = true, .seed = 3}));
  Write(base_path_, other.base_bytes);
  EXPECT_EQ(ReadStatus().code(), StatusCode::kDataLoss);
  EXPECT_THAT(ReadStatus().message(),
              AllOf(StartsWith(task_path_.string() + ": the base 'base.ebm' has SHA-256"),
                    HasSubstr(Sha256Text(other.base.reference.sha256)),
                    HasSubstr("expected " + Sha256Text(split_.base.reference.sha256))));
}

TEST_F(TaskFileTest, EveryFlippedBitOfTheBaseIsAnError) {
  const std::vector<uint8_t>& file = split_.base_bytes;
  for (size_t bit = 0; bit < 8 * file.size(); ++bit) {
    std::vector<uint8_t> flipped = file;
    flipped[bit / 8] ^= static_cast<uint8_t>(1u << (bit % 8));
    ASSERT_FALSE(ParseBase(flipped, "base.ebm").ok()) << "bit " << bit;
    // Behind checksums that hold it may be a base, but never the one that the task names.
    testing::RepairChecksums(flipped);
    const Result<BaseFile> base = ParseBase(flipped, "base.ebm");
    if (flipped == file || !base.ok()) {
      continue;
    }
    const Status status = ParseTask(split_.task_bytes, "task.ebm", *base).status();
    ASSERT_THAT(status.message(), HasSubstr("has SHA-256")) << "bit " << bit;
  }
}

TEST_F(TaskFileTest, EveryFlippedBitOfTheTaskIsAnError) {
  const std::vector<uint8_t>& file = split_.task_bytes;
  for (size_t bit = 0; bit < 8 * file.size(); ++bit) {
    std::vector<uint8_t> flipped = file;
    flipped[bit / 8] ^= static_cast<uint8_t>(1u << (bit % 8));
    ASSERT_FALSE(ParseTask(flipped, "task.ebm", split_.base).ok()) << "bit " << bit;
    testing::RepairChecksums(flipped);
    const Result<Model> task = ParseTask(flipped, "task.ebm", split_.base);
    if (task.ok()) {
      ASSERT_OK(SerializeTask(*task, split_.base)) << "bit " << bit;
    }
  }
}

TEST_F(TaskFileTest, TruncationAtEveryByteIsAnError) {
  for (size_t size = 0; size < split_.base_bytes.size(); ++size) {
    ASSERT_EQ(ParseBase(std::span(split_.base_bytes).first(size), "base.ebm").status().code(),
              StatusCode::kDataLoss);
  }
  for (size_t size = 0; size < split_.task_bytes.size(); ++size) {
    ASSERT_EQ(ParseTask(std::span(split_.task_bytes).first(size), "task.ebm", split_.base)
                  .status()
                  .code(),
              StatusCode::kDataLoss);
  }
  std::filesystem::resize_file(base_path_, split_.base_bytes.size() - 1);
  EXPECT_THAT(ReadStatus().message(),
              AllOf(StartsWith(task_path_.string() + ": its base: " + base_path_.string()),
                    HasSubstr("cut short")));
  std::filesystem::resize_file(task_path_, split_.task_bytes.size() - 1);
  EXPECT_THAT(ReadStatus().message(),
              AllOf(StartsWith(task_path_.string() + ": header"), HasSubstr("cut short")));
}

TEST_F(TaskFileTest, FilesOfOtherKindsAreCalledByTheirKind) {
  const std::filesystem::path model_path = directory_.path() / "model.ebm";
  ASSERT_OK(WriteModelFile(SmallModel(), model_path));
  EXPECT_THAT(ReadModelFile(base_path_).status().message(),
              HasSubstr("base.ebm: found a base file, expected a model or a task file"));
  EXPECT_THAT(ReadModelFile(model_path, base_path_).status().message(),
              HasSubstr("model.ebm: found a whole model, expected a task file"));
  EXPECT_THAT(ReadModelFile(task_path_, model_path).status().message(),
              HasSubstr("model.ebm: found a whole model, expected a base file"));
  // A task file that names itself is no base either, and is not followed.
  EXPECT_THAT(ReadModelFile(task_path_, task_path_).status().message(),
              HasSubstr("task.ebm: found a task file, expected a base file"));
  EXPECT_THAT(ParseModel(split_.task_bytes, "t").status().message(),
              HasSubstr("t: found a task file, expected a whole model"));
  EXPECT_THAT(ParseTask(split_.base_bytes, "b", split_.base).status().message(),
              HasSubstr("b: found a base file, expected a task file"));
}

TEST_F(TaskFileTest, ABaseOfAnotherShapeIsRefusedEvenWithTheRightHash) {
  Model wider = MakeTestModel({.family = Family::kBert, .af8 = true});
  BaseFile base = SplitModel(wider).base;
  base.reference.sha256 = split_.base.reference.sha256;
  EXPECT_THAT(ParseTask(split_.task_bytes, "task.ebm", base).status().message(),
              HasSubstr("asks for an embedding of 12 × 4 with 16 positions and 2 segments, its "
                        "base has 12 × 8"));
}

TEST_F(TaskFileTest, AFloatTaskRefusesAnAf8EmbeddingEvenWithTheRightHash) {
  const SplitModel floats(MakeTestModel({.family = Family::kAlbert}));
  BaseFile base = split_.base;
  base.reference.sha256 = floats.base.reference.sha256;
  EXPECT_THAT(ParseTask(floats.task_bytes, "task.ebm", base).status().message(),
              HasSubstr("is af8"));
}

TEST_F(TaskFileTest, EachKindHasItsSectionsAndNoOthers) {
  const std::vector<RawSection> model = Disassemble(*SerializeModel(SmallModel()));
  const std::vector<RawSection> base = Disassemble(split_.base_bytes);
  const std::vector<RawSection> task = Disassemble(split_.task_bytes);
  const auto message = [&](const std::vector<RawSection>& sections) {
    return InspectModel(Assemble(sections), "x.ebm").status().message();
  };
  const auto with = [](std::vector<RawSection> sections, const RawSection& more) {
    sections.push_back(more);
    std::sort(sections.begin(), sections.end(),
              [](const RawSection& a, const RawSection& b) { return a.kind < b.kind; });
    return sections;
  };
  const auto without = [](std::vector<RawSection> sections, size_t index) {
    sections.erase(sections.begin() + static_cast<std::ptrdiff_t>(index));
    return sections;
  };
  EXPECT_EQ(message(base), "");
  EXPECT_EQ(message(task), "");
  EXPECT_THAT(message(with(base, model[0])), HasSubstr("'configuration', expected none in a base"));
  EXPECT_THAT(message(with(base, model[4])), HasSubstr("'activation biases', expected none in a"));
  EXPECT_THAT(message(with(base, model[5])), HasSubstr("'exits', expected none in a base"));
  EXPECT_THAT(message(with(base, task.back())), HasSubstr("'base reference', expected none in a"));
  EXPECT_THAT(message(with(task, model[1])), HasSubstr("'tokenizer', expected none in a task"));
  EXPECT_THAT(message(without(base, 0)), HasSubstr("found no section 'tokenizer'"));
  EXPECT_THAT(message(without(task, 0)), HasSubstr("found no section 'configuration'"));
}

TEST_F(TaskFileTest, TheBaseIsNamedByAPlainFileName) {
  const auto message = [&](std::string_view name) {
    BaseReference reference = split_.base.reference;
    reference.file_name = name;
    BaseFile base = split_.base;
    base.reference = reference;
    EXPECT_FALSE(SerializeTask(SmallModel(), base).ok());
    std::vector<RawSection> sections = Disassemble(split_.task_bytes);
    std::vector<uint8_t>& bytes = sections.back().bytes;
    bytes.resize(kHashBytes + 4);
    testing::Put(bytes, kHashBytes, static_cast<uint32_t>(name.size()));
    bytes.insert(bytes.end(), name.begin(), name.end());
    const std::vector<uint8_t> file = Assemble(sections);
    EXPECT_FALSE(InspectModel(file, "x").ok());
    return ParseTask(file, "task.ebm", split_.base).status().message();
  };
  using std::string_view_literals::operator""sv;
  for (const std::string_view name :
       {"../base.ebm"sv, "/etc/passwd"sv, "folder/base.ebm"sv, "..\\base.ebm"sv, "C:base.ebm"sv,
        "."sv, ".."sv, ""sv, "base\0.ebm"sv, "base\n.ebm"sv, "base\xFF.ebm"sv}) {
    EXPECT_THAT(message(name), HasSubstr("as the name of a base, expected a file name"));
  }
  EXPECT_THAT(message(std::string(256, 'x')), HasSubstr("at most"));
  EXPECT_OK(CheckBaseFileName("größer .ebm"));
  EXPECT_OK(CheckBaseFileName(std::string(255, 'x')));
}

TEST_F(TaskFileTest, TheReferenceIsCheckedAgainstItsBytes) {
  const auto message = [&](const std::function<void(std::vector<uint8_t>&)>& damage) {
    std::vector<RawSection> sections = Disassemble(split_.task_bytes);
    damage(sections.back().bytes);
    return ParseTask(Assemble(sections), "task.ebm", split_.base).status().message();
  };
  EXPECT_THAT(message([](auto& bytes) { bytes.resize(35); }), HasSubstr("36 bytes of hash"));
  EXPECT_THAT(message([](auto& bytes) { testing::Put(bytes, kHashBytes, uint32_t{9}); }),
              HasSubstr("9 bytes of the base's name"));
  EXPECT_THAT(message([](auto& bytes) { testing::Put(bytes, kHashBytes, uint32_t{1} << 31); }),
              HasSubstr("at most 255"));
  EXPECT_THAT(message([](auto& bytes) { bytes.push_back('x'); }), HasSubstr("1 more bytes"));
  EXPECT_THAT(message([](auto& bytes) { bytes.resize(300); }), HasSubstr("at most 291"));
}

TEST_F(TaskFileTest, TheShapeOfABaseIsCheckedAgainstItsTensors) {
  const auto message = [&](const std::function<void(std::vector<uint8_t>&)>& damage) {
    std::vector<RawSection> sections = Disassemble(split_.base_bytes);
    damage(sections.back().bytes);
    return ParseBase(Assemble(sections), "base.ebm").status().message();
  };
  EXPECT_THAT(message([](auto& bytes) { testing::Put(bytes, 4, uint32_t{5}); }),
              HasSubstr("has shape [4], expected [5]"));
  EXPECT_THAT(message([](auto& bytes) { testing::Put(bytes, 0, ~uint32_t{0}); }),
              HasSubstr("section 'base', offset"));
  EXPECT_THAT(message([](auto& bytes) { testing::Put(bytes, 0, uint32_t{0}); }),
              HasSubstr("vocabulary_size is 0"));
  EXPECT_THAT(message([](auto& bytes) { testing::Put(bytes, 0, uint32_t{8}); }),
              HasSubstr("tokenizer has 9 pieces, expected at most the 8"));
  EXPECT_THAT(message([](auto& bytes) { bytes.resize(15); }), HasSubstr("16 bytes of sizes"));
  EXPECT_THAT(message([](auto& bytes) { bytes.resize(17); }), HasSubstr("at most 16"));
}

TEST_F(TaskFileTest, AModelWithAnotherEmbeddingIsRefusedWithTheDifference) {
  const auto message = [&](const std::function<void(Model&)>& change) {
    Model model = SmallModel();
    change(model);
    return SerializeTask(model, split_.base).status().message();
  };
  const auto tensor = [](Model& model, std::string_view name) -> Tensor& {
    return const_cast<Tensor&>(*model.Find(name));
  };
  EXPECT_EQ(message([](Model&) {}), "");
  EXPECT_THAT(message([](Model& model) { model.tokenizer.pieces[5] = "z"; }),
              HasSubstr("piece 5 of its tokenizer is 'z', of the base's 'a'"));
  EXPECT_THAT(message([](Model& model) { model.tokenizer.lower_case ^= true; }),
              HasSubstr("other settings"));
  EXPECT_THAT(message([](Model& model) {
                model.tokenizer.pieces.pop_back();
                model.tokenizer.scores.pop_back();
                model.tokenizer.types.pop_back();
              }),
              HasSubstr("its tokenizer has 8 pieces, the base's has 9"));
  EXPECT_THAT(message([&](Model& model) {
                Tensor& gain = tensor(model, "embedding.norm.gain");
                std::vector<float> values = FloatValues(gain);
                values[2] += 1;
                gain = MakeFloatTensor(gain.name, gain.shape, values);
              }),
              HasSubstr("tensor 'embedding.norm.gain' is not the base's: 1 of 4 values differ"));
  EXPECT_THAT(message([&](Model& model) { tensor(model, "embedding.word").exponent_bias ^= 1; }),
              HasSubstr("'embedding.word' is not the base's: exponent bias"));
  EXPECT_THAT(message([&](Model& model) {
                Tensor& word = tensor(model, "embedding.word");
                word = MakeFloatTensor(word.name, word.shape, FloatValues(word));
              }),
              HasSubstr("'embedding.word' is not the base's: float32 against af8"));
  EXPECT_THAT(SerializeTask(MakeTestModel({.af8 = true}), split_.base).status().message(),
              HasSubstr("its embedding is 12 × 8 with 16 positions and 2 segments, the base's 12 × "
                        "4"));
}

TEST_F(TaskFileTest, AnInvalidBaseIsNotWritten) {
  ModelBase base = split_.base.base;
  base.tensors.pop_back();
  EXPECT_THAT(SerializeBase(base).status().message(),
              AllOf(StartsWith("cannot write the base"), HasSubstr("'embedding.word' is missing")));
}

TEST_F(TaskFileTest, TheBaseKeepsTheProvenanceOfItsModel) {
  EXPECT_EQ(split_.base.base.provenance,
            R"({"split_from":{"data": ["handmade"], "license": "CC0-1.0"}})");
  EXPECT_EQ(BaseOf(MakeTestModel({.tables = false})).provenance, "");
}

}  // namespace
}  // namespace edgebert
