#include "edgebert/train/pruner.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "edgebert/testing/trainable_model.h"

namespace edgebert {
namespace {

TorchEncoder MakeEncoder() { return {testing::TrainableModel(), torch::kCPU}; }

double Sparsity(const torch::Tensor& mask) {
  return 1 - mask.to(torch::kFloat64).mean().item<double>();
}

TEST(PrunableMatricesTest, AreAllSixOfEveryDistinctLayer) {
  TorchEncoder encoder = MakeEncoder();
  const std::vector<std::string> names = PrunableMatrices(encoder.config());
  std::vector<std::string> expected;
  for (const TensorSpec& spec : ExpectedTensors(encoder.config())) {
    if (spec.role == TensorRole::kMatrix && spec.name.starts_with("layer.")) {
      expected.push_back(spec.name);
    }
  }
  std::vector<std::string> sorted = names;
  std::sort(sorted.begin(), sorted.end());
  EXPECT_EQ(sorted, expected);
}

TEST(SparsityAtTest, RisesByTheCubicSchedule) {
  PruningRecipe recipe;
  recipe.sparsity = 0.8;
  recipe.begin = 0.2;
  recipe.end = 0.6;
  EXPECT_EQ(SparsityAt(recipe, 0.1), 0);
  EXPECT_EQ(SparsityAt(recipe, 0.2), 0);
  EXPECT_DOUBLE_EQ(SparsityAt(recipe, 0.4), 0.8 * (1 - 0.125));
  EXPECT_EQ(SparsityAt(recipe, 0.6), 0.8);
  EXPECT_EQ(SparsityAt(recipe, 1.0), 0.8);
}

TEST(PrunerTest, LocalMagnitudePruningKeepsTheLargestOfEachMatrix) {
  TorchEncoder encoder = MakeEncoder();
  PruningRecipe recipe;
  recipe.sparsity = 0.5;
  Pruner pruner(recipe, encoder);
  EXPECT_TRUE(pruner.Update(1.0, 0));
  for (const std::string& name : PrunableMatrices(encoder.config())) {
    const torch::Tensor mask = encoder.compression().at(name).mask;
    EXPECT_NEAR(Sparsity(mask), 0.5, 1.0 / static_cast<double>(mask.numel())) << name;
    const torch::Tensor magnitude = encoder.parameter(name).detach().abs();
    EXPECT_LT(magnitude.masked_select(mask.logical_not()).max().item<float>(),
              magnitude.masked_select(mask).min().item<float>());
  }
}

TEST(PrunerTest, GlobalPruningHasOneThresholdForAll) {
  TorchEncoder encoder = MakeEncoder();
  PruningRecipe recipe;
  recipe.scope = PruningScope::kGlobal;
  recipe.sparsity = 0.3;
  Pruner pruner(recipe, encoder);
  pruner.Update(1.0, 0);
  double dropped = 0;
  double total = 0;
  float largest_dropped = 0;
  float smallest_kept = 1e9F;
  for (const std::string& name : PrunableMatrices(encoder.config())) {
    const torch::Tensor mask = encoder.compression().at(name).mask;
    const torch::Tensor magnitude = encoder.parameter(name).detach().abs();
    dropped += Sparsity(mask) * static_cast<double>(mask.numel());
    total += static_cast<double>(mask.numel());
    largest_dropped =
        std::max(largest_dropped, magnitude.masked_select(mask.logical_not()).max().item<float>());
    smallest_kept = std::min(smallest_kept, magnitude.masked_select(mask).min().item<float>());
  }
  EXPECT_NEAR(dropped / total, 0.3, 1e-3);
  EXPECT_LT(largest_dropped, smallest_kept);
}

TEST(PrunerTest, VectorsOfSixteenGoTogether) {
  TorchEncoder encoder = MakeEncoder();
  PruningRecipe recipe;
  recipe.granularity = PruningGranularity::kVector;
  Pruner pruner(recipe, encoder);
  pruner.Update(1.0, 0);
  for (const std::string& name : PrunableMatrices(encoder.config())) {
    const torch::Tensor mask = encoder.compression().at(name).mask;
    const torch::Tensor kept = mask.view({mask.size(0), -1, kVectorWidth}).to(torch::kInt64).sum(2);
    EXPECT_TRUE(((kept == 0).logical_or(kept == kVectorWidth)).all().item<bool>()) << name;
  }
}

TEST(PrunerTest, MasksAreHeldAfterTheSchedule) {
  TorchEncoder encoder = MakeEncoder();
  PruningRecipe recipe;
  recipe.end = 0.5;
  recipe.interval = 1;
  Pruner pruner(recipe, encoder);
  EXPECT_FALSE(pruner.Update(0.0, 0));
  EXPECT_TRUE(pruner.Update(0.4, 4));
  EXPECT_TRUE(pruner.Update(0.5, 5));
  const std::string name = PrunableMatrices(encoder.config()).front();
  const torch::Tensor held = encoder.compression().at(name).mask;
  {
    const torch::NoGradGuard no_gradient;
    encoder.parameter(name).copy_(torch::rand_like(encoder.parameter(name)));
  }
  EXPECT_FALSE(pruner.Update(0.6, 6));
  EXPECT_TRUE(torch::equal(encoder.compression().at(name).mask, held));
}

TEST(PrunerTest, MovementKeepsWhatMovesAwayFromZero) {
  TorchEncoder encoder = MakeEncoder();
  PruningRecipe recipe;
  recipe.method = PruningMethod::kMovement;
  recipe.sparsity = 0.5;
  Pruner pruner(recipe, encoder);
  for (const std::string& name : PrunableMatrices(encoder.config())) {
    torch::Tensor& weight = encoder.parameter(name);
    // The first half of the columns is pushed away from zero, the other half towards it.
    torch::Tensor gradient = weight.detach().sign();
    gradient.slice(1, 0, weight.size(1) / 2).mul_(-1);
    weight.mutable_grad() = gradient;
  }
  pruner.Observe(0.1);
  pruner.Update(1.0, 0);
  for (const std::string& name : PrunableMatrices(encoder.config())) {
    const torch::Tensor mask = encoder.compression().at(name).mask;
    EXPECT_TRUE(mask.slice(1, 0, mask.size(1) / 2).all().item<bool>()) << name;
    EXPECT_FALSE(mask.slice(1, mask.size(1) / 2).any().item<bool>()) << name;
  }
}

TEST(PruneAbsentHeadsTest, ClearsTheRowsAndColumnsOfHeadsWithoutSpan) {
  TorchEncoder encoder = MakeEncoder();
  const ModelConfig& config = encoder.config();
  std::vector<int> spans(static_cast<size_t>(config.num_distinct_layers * config.num_heads), 5);
  spans[1] = 0;  // The second head of the first layer.
  encoder.span().SetFrozen(spans);
  PruneAbsentHeads(encoder);
  const int64_t size = config.head_size();
  for (const char* matrix : {"query", "key", "value"}) {
    const torch::Tensor mask =
        encoder.compression().at(LayerPrefix(0) + "attention." + matrix + ".weight").mask;
    EXPECT_FALSE(mask.slice(0, size, 2 * size).any().item<bool>());
    EXPECT_TRUE(mask.slice(0, 0, size).all().item<bool>());
  }
  const torch::Tensor output =
      encoder.compression().at(LayerPrefix(0) + "attention.output.weight").mask;
  EXPECT_FALSE(output.slice(1, size, 2 * size).any().item<bool>());
  EXPECT_TRUE(output.slice(1, 0, size).all().item<bool>());
}

TEST(PruneByMagnitudeTest, SetsTheShareOfSmallestValuesToZero) {
  const torch::Tensor values = torch::arange(1, 11, torch::kFloat32) * torch::tensor({-1.0F});
  const torch::Tensor pruned = PruneByMagnitude(values, 0.6);
  EXPECT_EQ((pruned == 0).sum().item<int64_t>(), 6);
  EXPECT_TRUE(torch::equal(pruned.slice(0, 6), values.slice(0, 6)));
}

}  // namespace
}  // namespace edgebert
