#include "edgebert/model/model_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "edgebert/base/file.h"
#include "edgebert/model/model_testing.h"
#include "edgebert/testing/testing.h"

namespace edgebert {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::MakeTestModel;
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

}  // namespace
}  // namespace edgebert
