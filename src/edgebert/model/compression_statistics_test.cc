#include "edgebert/model/compression_statistics.h"

#include <gtest/gtest.h>

#include "edgebert/testing/random_model.h"

namespace edgebert {
namespace {

/// Sets the first `count` elements of a tensor to zero.
void Clear(Model& model, const std::string& name, size_t count) {
  for (Tensor& tensor : model.tensors) {
    if (tensor.name == name) {
      std::vector<float> values = FloatValues(tensor);
      std::fill_n(values.begin(), count, 0.0F);
      tensor = MakeFloatTensor(tensor.name, tensor.shape, values);
    }
  }
}

TEST(CompressionStatisticsTest, DenseModelHasNone) {
  const auto statistics = ComputeCompression(
      testing::RandomModel(testing::RandomModelConfig(), /*af8=*/false, /*seed=*/1));
  EXPECT_EQ(statistics.encoder_sparsity, 0);
  EXPECT_EQ(statistics.embedding_sparsity, 0);
  EXPECT_EQ(statistics.heads_off, 0);
}

TEST(CompressionStatisticsTest, CountsZerosOfWhatIsThere) {
  // Width 24 in three heads of 8, 40 in the feed-forward network; layers use distinct 0, 1, 1.
  Model model = testing::RandomModel(testing::RandomModelConfig(), /*af8=*/false, /*seed=*/1);
  model.config.attention_spans = {4, 0, 4, 0, 0, 4};
  Clear(model, "embedding.word", 240);
  Clear(model, "layer.0.attention.query.weight", 8 * 24 + 100);  // Head 0, 100 of the absent one.
  Clear(model, "layer.1.feed_forward.up.weight", 48);
  const auto statistics = ComputeCompression(model);
  EXPECT_DOUBLE_EQ(statistics.embedding_sparsity, 240.0 / (40 * 24));
  const double total = 2 * (2 * 24 * 40) + 4 * 24 * 16 + 4 * 24 * 8;
  EXPECT_DOUBLE_EQ(statistics.encoder_sparsity, (8 * 24 + 48) / total);
  EXPECT_DOUBLE_EQ(statistics.heads_off, (1 + 2 + 2) / 3.0);
}

}  // namespace
}  // namespace edgebert
