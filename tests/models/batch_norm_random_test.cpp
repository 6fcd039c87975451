// Batch norm against LibTorch's own operators on random shapes, memory layouts and options.
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/utils.h>

#include <random>

#include "models/batch_norm.h"

namespace dcgan {
namespace {

using torch::Tensor;

enum class Layout { kChannelsFirst, kChannelsLast, kStrided };

struct Case {
  std::vector<int64_t> sizes;
  Layout layout;
  bool affine;
  bool training;
  std::optional<double> momentum;
  double slope;
  double mean;
};

Case random_case(std::mt19937& random) {
  const auto pick = [&](std::vector<int64_t> values) { return values[random() % values.size()]; };
  Case c;
  c.sizes = {pick({1, 2, 3, 7, 16, 33}), pick({1, 2, 3, 5, 8, 17, 32, 40}),
             pick({1, 2, 3, 4, 8, 13}), pick({1, 2, 4, 5, 16})};
  if (c.sizes[0] * c.sizes[2] * c.sizes[3] == 1) c.sizes[2] = 2;
  c.layout = static_cast<Layout>(random() % 3);
  c.affine = random() % 4 != 0;
  c.training = random() % 3 != 0;
  c.momentum = random() % 3 == 0 ? std::nullopt : std::optional(0.01 + 0.1 * (random() % 9));
  c.slope = std::vector<double>{1.0, 0.0, 0.2}[random() % 3];
  c.mean = std::vector<double>{0.0, 1.0, -30.0}[random() % 3];
  return c;
}

Tensor in_layout(const Tensor& tensor, Layout layout) {
  switch (layout) {
    case Layout::kChannelsFirst:
      return tensor.contiguous();
    case Layout::kChannelsLast:
      return tensor.contiguous(at::MemoryFormat::ChannelsLast);
    case Layout::kStrided:  // neither: the device-generic operators take over
      return tensor.repeat_interleave(2, 3).slice(3, 0, {}, 2);
  }
  return tensor;
}

void compare(const Case& c, at::ScalarType type) {
  BatchNorm2d ours(BatchNormOptions(c.sizes[1]).affine(c.affine).momentum(c.momentum));
  torch::nn::BatchNorm2d theirs(
      torch::nn::BatchNorm2dOptions(c.sizes[1]).affine(c.affine).momentum(c.momentum));
  ours->to(type);
  theirs->to(torch::kFloat64);  // the witness computes in double
  {
    const torch::NoGradGuard no_grad;
    if (c.affine) {
      ours->weight.normal_(1, 0.3);
      ours->bias.normal_();
      theirs->weight.copy_(ours->weight);
      theirs->bias.copy_(ours->bias);
    }
    ours->running_mean.normal_(c.mean);
    ours->running_var.uniform_(0.5, 2);
    theirs->running_mean.copy_(ours->running_mean);
    theirs->running_var.copy_(ours->running_var);
  }
  ours->train(c.training);
  theirs->train(c.training);
  const Tensor values = (torch::randn(c.sizes, torch::kFloat64) + c.mean).to(type);
  Tensor x = in_layout(values, c.layout).requires_grad_();
  Tensor reference = values.to(torch::kFloat64).requires_grad_();
  const Tensor y = ours->forward_fused(x, c.slope);
  Tensor expected = theirs->forward(reference);
  if (c.slope != 1.0) expected = torch::leaky_relu(expected, c.slope);

  const double tolerance = type == torch::kDouble ? 1e-10 : 2e-4;
  const auto close = [&](const Tensor& a, const Tensor& b, const char* what) {
    const double scale = 1.0 + b.abs().max().item<double>();
    const double error = (a.to(torch::kFloat64) - b).abs().max().item<double>();
    EXPECT_LT(error, tolerance * scale)
        << what << " of " << torch::IntArrayRef(c.sizes) << " layout " << static_cast<int>(c.layout)
        << " slope " << c.slope << " training " << c.training << " " << type;
  };
  close(y, expected, "output");
  close(ours->running_mean, theirs->running_mean, "running mean");
  close(ours->running_var, theirs->running_var, "running variance");

  // Where a pre-activation is within rounding of 0, float and double may fall on different sides.
  const Tensor upstream =
      torch::randn(c.sizes, torch::kFloat64) * (expected.abs() > 1e-4).to(torch::kFloat64);
  std::vector<Tensor> wanted{x};
  std::vector<Tensor> wanted_reference{reference};
  if (c.affine) {
    wanted.insert(wanted.end(), {ours->weight, ours->bias});
    wanted_reference.insert(wanted_reference.end(), {theirs->weight, theirs->bias});
  }
  const auto gradients = torch::autograd::grad({y}, wanted, {upstream.to(type)});
  const auto expected_gradients = torch::autograd::grad({expected}, wanted_reference, {upstream});
  // Two values a channel normalise to almost +-1: what is left of the gradient is all cancellation.
  const bool ill_conditioned = c.training && c.sizes[0] * c.sizes[2] * c.sizes[3] <= 3;
  for (size_t i = ill_conditioned && type != torch::kDouble ? 1 : 0; i < gradients.size(); ++i) {
    close(gradients[i], expected_gradients[i], i == 0 ? "input gradient" : "parameter gradient");
  }
}

TEST(BatchNormRandom, TwoHundredCasesEqualLibTorchInDoubleAndFloat) {
  torch::manual_seed(7);
  std::mt19937 random(7);
  for (int i = 0; i < 200; ++i) {
    const Case c = random_case(random);
    compare(c, torch::kDouble);
    compare(c, torch::kFloat32);
    if (testing::Test::HasFailure()) return;
  }
}

TEST(BatchNormRandom, BfloatInputIsNormalisedWithFloatStatistics) {
  torch::manual_seed(1);
  const Tensor values = (torch::randn({16, 8, 6, 6}) * 2 + 3).to(torch::kBFloat16);
  BatchNorm2d norm(8);
  const Tensor y = norm->forward(values);
  EXPECT_EQ(y.scalar_type(), torch::kBFloat16);
  const Tensor exact = values.to(torch::kFloat64);
  EXPECT_LT((norm->running_mean.to(torch::kFloat64) - 0.1 * exact.mean({0, 2, 3}))
                .abs()
                .max()
                .item<double>(),
            1e-6);
  const Tensor expected =
      (exact - exact.mean({0, 2, 3}, true)) / (exact.var({0, 2, 3}, false, true) + 1e-5).sqrt();
  EXPECT_LT((y.to(torch::kFloat64) - expected).abs().max().item<double>(), 0.02);
}

TEST(BatchNormRandom, MeanTenThousandTimesTheDeviationKeepsTheVariance) {
  torch::manual_seed(1);
  for (const Layout layout : {Layout::kChannelsFirst, Layout::kChannelsLast}) {
    const Tensor x = in_layout(torch::randn({64, 8, 16, 16}) * 1e-2 + 1e4, layout);
    const BatchNormStatistics statistics = batch_norm_statistics(x, 1);
    const Tensor exact = x.to(torch::kFloat64).var({0, 2, 3}, false);
    EXPECT_LT((statistics.variance[0] / exact - 1).abs().max().item<double>(), 1e-3);
  }
}

}  // namespace
}  // namespace dcgan
