#include "edgebert/train/recipe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "edgebert/testing/testing.h"

namespace edgebert {
namespace {

using ::testing::HasSubstr;

constexpr const char* kSmallest =
    "name: x\n"
    "task: sst2\n"
    "teacher:\n"
    "  schedule: {epochs: 1}\n"
    "student:\n"
    "  schedule: {epochs: 2}\n";

std::string With(const std::string& more) { return kSmallest + more; }

TEST(RecipeTest, SmallestRecipeHasTheDefaults) {
  const auto recipe = ParseRecipe(kSmallest, "r.yaml");
  ASSERT_OK(recipe.status());
  EXPECT_EQ(recipe->task, "sst2");
  EXPECT_EQ(recipe->teacher.schedule.epochs, 1);
  EXPECT_EQ(recipe->student.schedule.epochs, 2);
  EXPECT_FALSE(recipe->student.pruning.has_value());
  EXPECT_FALSE(recipe->student.attention_span.has_value());
  EXPECT_FALSE(recipe->student.quantization.has_value());
}

TEST(RecipeTest, FormattedRecipeReadsBackAsItself) {
  for (const char* more :
       {"", "seed: 7\nmatmul_precision: bf16\n",
        "  pruning: {sparsity: 0.7, method: movement, granularity: vector, scope: global}\n"
        "  attention_span: {penalty: 0.2, end: 0.25}\n"
        "  quantization: {searches: 2}\n"
        "  distinct_layers: 4\n"
        "  unlabelled: {file: a.txt, licence: 'none: \"x\"', sentences: 5, max_words: 9}\n"
        "  off_ramps: {pooling: [mean], pooler_size: 64, shared: true}\n"
        "  distillation: {temperature: 4, weight: 0.9, off_ramp_weighting: linear,\n"
        "    states: {weight: 2, end: 0.5}}\n"}) {
    const auto recipe = ParseRecipe(With(more), "r.yaml");
    ASSERT_OK(recipe.status());
    const std::string text = FormatRecipe(*recipe);
    const auto again = ParseRecipe(text, "again.yaml");
    ASSERT_OK(again.status());
    EXPECT_EQ(FormatRecipe(*again), text);
  }
}

struct BadRecipe {
  std::string yaml;
  std::string message;
};

TEST(RecipeTest, ErrorsNameFileLineAndRemedy) {
  const BadRecipe cases[] = {
      {With("sede: 3\n"), "r.yaml:7: unknown key 'sede'"},
      {With("sede: 3\n"), "did you mean 'seed'?"},
      {With("  pruning: {sparsity: 1.5}\n"), "r.yaml:7: "},
      {With("  pruning: {}\n"), "sparsity"},
      {With("  pruning: {sparsity: 0.5, begin: 0.9, end: 0.2}\n"), "before it"},
      {With("  pruning: {sparsity: 0.5, method: magic}\n"), "magnitude"},
      {With("matmul_precision: fp64\n"), "bf16"},
      {With("  attention_span: {penalty: 0.1, end: 0.8}\n  quantization: {}\n"), "final spans"},
      {With("  unlabelled: {file: a, licence: b, sentences: 9, min_words: 8, max_words: 7}\n"),
       "above max_words"},
      {With("  distillation: {states: {end: 0}}\n"), "r.yaml:7: "},
      {With("seed: -1\n"), "r.yaml:7: "},
      {"name: x\ntask: y\nstudent: {schedule: {epochs: 1}}\n", "'teacher' is missing"},
      {"[1, 2]", "r.yaml:1: "},
  };
  for (const BadRecipe& bad : cases) {
    const Status status = ParseRecipe(bad.yaml, "r.yaml").status();
    EXPECT_EQ(status.code(), StatusCode::kInvalidArgument) << bad.yaml;
    EXPECT_THAT(status.message(), HasSubstr(bad.message)) << bad.yaml;
  }
}

TEST(RecipeTest, ShippedRecipesAreValid) {
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(
           std::filesystem::path(EDGEBERT_SOURCE_DIR) / "recipes")) {
    if (entry.path().extension() == ".yaml") {
      EXPECT_OK(LoadRecipe(entry.path()).status());
      ++count;
    }
  }
  EXPECT_GE(count, 4);
}

}  // namespace
}  // namespace edgebert
