#include "edgebert/train/optimizer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace edgebert {
namespace {

/// AdamW as its paper (Loshchilov and Hutter 2019) writes it, for one element.
class ScalarAdamW {
 public:
  ScalarAdamW(double value, double rate, double decay)
      : value_(value), rate_(rate), decay_(decay) {}

  void Step(double gradient) {
    ++step_;
    mean_ = 0.9 * mean_ + 0.1 * gradient;
    square_ = 0.999 * square_ + 0.001 * gradient * gradient;
    const double mean = mean_ / (1 - std::pow(0.9, step_));
    const double square = square_ / (1 - std::pow(0.999, step_));
    value_ -= rate_ * (mean / (std::sqrt(square) + 1e-8) + decay_ * value_);
  }

  double value() const { return value_; }

 private:
  double value_;
  double rate_;
  double decay_;
  double mean_ = 0;
  double square_ = 0;
  int step_ = 0;
};

TEST(ClipAndStepTest, IsAdamWOnGradientsOfBoundedNorm) {
  constexpr double kRate = 0.01;
  constexpr double kDecay = 0.1;
  std::vector<torch::Tensor> parameters = {torch::tensor({0.5F, -1.25F}), torch::tensor({2.0F})};
  std::vector<ScalarAdamW> expected;
  for (torch::Tensor& parameter : parameters) {
    for (const float value : std::vector<float>(parameter.data_ptr<float>(),
                                                parameter.data_ptr<float>() + parameter.numel())) {
      expected.emplace_back(value, kRate, kDecay);
    }
    parameter.set_requires_grad(true);
  }
  torch::optim::AdamW optimizer(parameters,
                                torch::optim::AdamWOptions(kRate).eps(1e-8).weight_decay(kDecay));
  // Of norm 5, which is cut to 1; then of norm 0.5, which is not.
  const std::vector<std::vector<double>> gradients = {{3, 0, 4}, {0.3, -0.4, 0}, {0, 30, 40}};
  for (const std::vector<double>& gradient : gradients) {
    parameters[0].mutable_grad() =
        torch::tensor({static_cast<float>(gradient[0]), static_cast<float>(gradient[1])});
    parameters[1].mutable_grad() = torch::tensor({static_cast<float>(gradient[2])});
    ClipAndStep(optimizer, 1);
    const double norm = std::hypot(gradient[0], gradient[1], gradient[2]);
    for (size_t i = 0; i < expected.size(); ++i) {
      expected[i].Step(gradient[i] / std::max(norm, 1.0));
      const torch::Tensor& parameter = parameters[i / 2];
      EXPECT_NEAR(parameter[static_cast<int64_t>(i % 2)].item<double>(), expected[i].value(), 1e-6);
    }
  }
}

TEST(ClipAndStepTest, LeavesParametersWithoutAGradient) {
  torch::Tensor moved = torch::tensor({1.0F}).set_requires_grad(true);
  torch::Tensor kept = torch::tensor({1.0F}).set_requires_grad(true);
  torch::optim::AdamW optimizer({moved, kept}, torch::optim::AdamWOptions(0.1));
  moved.mutable_grad() = torch::tensor({1.0F});
  ClipAndStep(optimizer, 1);
  EXPECT_LT(moved.item<float>(), 1.0F);
  EXPECT_EQ(kept.item<float>(), 1.0F);
}

}  // namespace
}  // namespace edgebert
