#include "edgebert/accel/mobile_gpu.h"

#include <gtest/gtest.h>

#include "edgebert/testing/albert_base.h"
#include "edgebert/testing/testing.h"

namespace edgebert {
namespace {

TEST(MobileGpuTest, LongSentencesAreBoundByComputing) {
  const std::vector<LayerProgram> layers = {BuildLayerProgram(testing::AlbertBase(), 1, 128)};
  const auto estimate = EstimateMobileGpu(layers);
  ASSERT_OK(estimate);
  // 15 launches of 10 µs, then 931 million products at a quarter of 1.33 TFLOPS.
  const double seconds = 150e-6 + 2 * 931'135'488 / (0.25 * 1.33e12);
  EXPECT_NEAR(estimate->time.value(), seconds, 1e-9);
  EXPECT_NEAR(estimate->energy.value.value(), seconds * 7.5, 1e-8);
  EXPECT_LT(estimate->energy.low, estimate->energy.value);
  EXPECT_LT(estimate->energy.value, estimate->energy.high);
}

TEST(MobileGpuTest, ShortSentencesAreBoundByWeights) {
  const std::vector<LayerProgram> layers = {BuildLayerProgram(testing::AlbertBase(), 1, 1)};
  const auto estimate = EstimateMobileGpu(layers);
  ASSERT_OK(estimate);
  EXPECT_NEAR(estimate->time.value(), 150e-6 + 2 * 7'077'888 / (0.6 * 58.3e9), 1e-9);
}

}  // namespace
}  // namespace edgebert
