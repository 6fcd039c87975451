#include "models/batch_norm.h"

#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/nn/modules/batchnorm.h>

#include <functional>

#include "models/batch_norm_transform.h"

namespace dcgan {
namespace {

using torch::Tensor;

constexpr auto kDouble = torch::kFloat64;

// A scalar function of all inputs whose gradient is different at every element.
Tensor weighted_sum(const Tensor& output) {
  const Tensor weights = torch::arange(output.numel(), output.options()).sin().view(output.sizes());
  return (output * weights).sum();
}

// d f / d x by central differences, in double.
Tensor numerical_gradient(const std::function<double()>& f, Tensor x) {
  const torch::NoGradGuard no_grad;
  constexpr double kStep = 1e-5;
  Tensor gradient = torch::empty_like(x, torch::MemoryFormat::Contiguous);
  Tensor flat = x.view(-1);
  for (int64_t i = 0; i < flat.numel(); ++i) {
    const double value = flat[i].item<double>();
    flat[i] = value + kStep;
    const double above = f();
    flat[i] = value - kStep;
    const double below = f();
    flat[i] = value;
    gradient.view(-1)[i] = (above - below) / (2 * kStep);
  }
  return gradient;
}

double largest_difference(const Tensor& a, const Tensor& b) {
  return (a - b).abs().max().item<double>();
}

// Our module and LibTorch's, with the same parameters.
struct Pair {
  BatchNorm2d ours{nullptr};
  torch::nn::BatchNorm2d theirs{nullptr};

  explicit Pair(int64_t channels, torch::Dtype dtype = kDouble) {
    torch::manual_seed(3);
    ours = BatchNorm2d(channels);
    theirs = torch::nn::BatchNorm2d(channels);
    ours->to(dtype);
    theirs->to(dtype);
    const torch::NoGradGuard no_grad;
    theirs->weight.normal_(1, 0.5);
    theirs->bias.normal_();
    ours->weight.copy_(theirs->weight);
    ours->bias.copy_(theirs->bias);
  }
};

TEST(BatchNorm, TrainingForwardBackwardAndBuffersEqualLibTorch) {
  for (const auto& sizes : std::vector<std::vector<int64_t>>{
           {4, 3, 5, 7}, {2, 1, 1, 1}, {16, 8, 4, 4}, {1, 5, 3, 3}, {64, 16, 8, 8}}) {
    Pair pair(sizes[1]);
    for (int step = 0; step < 3; ++step) {
      Tensor x = torch::randn(sizes, kDouble) * 3 + 1;
      Tensor x_ours = x.clone().requires_grad_();
      Tensor x_theirs = x.clone().requires_grad_();
      const Tensor y_ours = pair.ours->forward(x_ours);
      const Tensor y_theirs = pair.theirs->forward(x_theirs);
      EXPECT_LT(largest_difference(y_ours, y_theirs), 1e-12);
      const auto g_ours = torch::autograd::grad({weighted_sum(y_ours)},
                                                {x_ours, pair.ours->weight, pair.ours->bias});
      const auto g_theirs = torch::autograd::grad(
          {weighted_sum(y_theirs)}, {x_theirs, pair.theirs->weight, pair.theirs->bias});
      for (size_t i = 0; i < 3; ++i) {
        EXPECT_LT(largest_difference(g_ours[i], g_theirs[i]), 1e-10) << "gradient " << i;
      }
    }
    EXPECT_LT(largest_difference(pair.ours->running_mean, pair.theirs->running_mean), 1e-12);
    EXPECT_LT(largest_difference(pair.ours->running_var, pair.theirs->running_var), 1e-12);
    EXPECT_EQ(pair.ours->num_batches_tracked.item<int64_t>(), 3);
  }
}

TEST(BatchNorm, FloatEqualsLibTorchWithinRounding) {
  Pair pair(16, torch::kFloat32);
  Tensor x = torch::randn({32, 16, 8, 8}) * 2 + 5;
  Tensor x_ours = x.clone().requires_grad_();
  Tensor x_theirs = x.clone().requires_grad_();
  const Tensor y_ours = pair.ours->forward(x_ours);
  const Tensor y_theirs = pair.theirs->forward(x_theirs);
  EXPECT_LT(largest_difference(y_ours, y_theirs), 1e-5);
  const Tensor upstream = torch::randn_like(x);
  const auto g_ours = torch::autograd::grad({y_ours}, {x_ours}, {upstream});
  const auto g_theirs = torch::autograd::grad({y_theirs}, {x_theirs}, {upstream});
  EXPECT_LT(largest_difference(g_ours[0], g_theirs[0]), 1e-5);
}

TEST(BatchNorm, EvaluationForwardAndBackwardEqualLibTorch) {
  Pair pair(5);
  const Tensor batch = torch::randn({8, 5, 4, 4}, kDouble) * 2 + 3;
  pair.ours->forward(batch);
  pair.theirs->forward(batch);
  pair.ours->eval();
  pair.theirs->eval();
  Tensor x_ours = torch::randn({3, 5, 2, 2}, kDouble).requires_grad_();
  Tensor x_theirs = x_ours.detach().clone().requires_grad_();
  const Tensor y_ours = pair.ours->forward(x_ours);
  const Tensor y_theirs = pair.theirs->forward(x_theirs);
  EXPECT_LT(largest_difference(y_ours, y_theirs), 1e-12);
  const auto g_ours =
      torch::autograd::grad({weighted_sum(y_ours)}, {x_ours, pair.ours->weight, pair.ours->bias});
  const auto g_theirs = torch::autograd::grad({weighted_sum(y_theirs)},
                                              {x_theirs, pair.theirs->weight, pair.theirs->bias});
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_LT(largest_difference(g_ours[i], g_theirs[i]), 1e-12) << "gradient " << i;
  }
}

TEST(BatchNorm, GradientsEqualFiniteDifferences) {
  for (const bool training : {true, false}) {
    BatchNorm2d norm(3);
    norm->to(kDouble);
    norm->forward(torch::randn({4, 3, 2, 2}, kDouble));
    norm->train(training);
    Tensor x = torch::randn({4, 3, 2, 3}, kDouble).requires_grad_();
    const std::vector<Tensor> wanted{x, norm->weight, norm->bias};
    const auto gradients = torch::autograd::grad({weighted_sum(norm->forward(x))}, wanted);
    for (size_t i = 0; i < wanted.size(); ++i) {
      const Tensor expected = numerical_gradient(
          [&] { return weighted_sum(norm->forward(x)).item<double>(); }, wanted[i].detach());
      EXPECT_LT(largest_difference(gradients[i], expected), 1e-8)
          << (training ? "training" : "evaluation") << ", gradient " << i;
    }
  }
}

TEST(BatchNorm, SecondDerivativesEqualFiniteDifferencesOfTheGradient) {
  for (const bool training : {true, false}) {
    BatchNorm2d norm(2);
    norm->to(kDouble);
    norm->forward(torch::randn({4, 2, 2, 2}, kDouble));
    norm->train(training);
    Tensor x = torch::randn({3, 2, 2, 2}, kDouble).requires_grad_();
    const std::vector<Tensor> wanted{x, norm->weight};
    // A gradient penalty: how the norm of the gradient depends on input and weight. The cube makes
    // the gradient depend on the input also where the statistics are constants.
    const auto penalty = [&](bool create_graph) {
      const Tensor y = norm->forward(x);
      const Tensor g =
          torch::autograd::grad({weighted_sum(y * y * y)}, {x}, {}, {}, create_graph)[0];
      return g.pow(2).sum();
    };
    const auto gradients = torch::autograd::grad({penalty(true)}, wanted);
    for (size_t i = 0; i < wanted.size(); ++i) {
      const Tensor expected = numerical_gradient(
          [&] {
            const torch::AutoGradMode enabled(true);
            return penalty(false).item<double>();
          },
          wanted[i].detach());
      const double scale = expected.abs().max().item<double>();
      EXPECT_LT(largest_difference(gradients[i], expected), 1e-6 * scale)
          << (training ? "training" : "evaluation") << ", gradient " << i;
    }
  }
}

TEST(BatchNorm, GammaOfStdAndBetaOfMeanRestoreTheInput) {
  BatchNorm2d norm(6);
  norm->to(kDouble);
  const Tensor x = torch::randn({8, 6, 4, 4}, kDouble) * 7 - 2;
  const BatchNormStatistics statistics = batch_norm_statistics(x, 1);
  {
    const torch::NoGradGuard no_grad;
    norm->weight.copy_((statistics.variance[0] + norm->options.eps()).sqrt());
    norm->bias.copy_(statistics.mean[0]);
  }
  EXPECT_LT(largest_difference(norm->forward(x), x), 1e-12);
}

TEST(BatchNorm, OutputHasMeanBetaAndStdGamma) {
  BatchNorm2d norm(4);
  norm->to(kDouble);
  const Tensor y = norm->forward(torch::randn({64, 4, 8, 8}, kDouble) * 3 + 10);
  EXPECT_LT(y.mean({0, 2, 3}).abs().max().item<double>(), 1e-10);
  EXPECT_LT((y.var({0, 2, 3}, false) - 1).abs().max().item<double>(), 1e-4);  // eps takes its share
}

TEST(BatchNorm, RunningVarianceIsUnbiasedAndMomentumNoneIsThePlainAverage) {
  // Columns with biased variances 8/9, 2/3 and 14/9; of three values the unbiased ones are 3/2 of
  // it.
  const Tensor batch = torch::tensor({{1., 0., 0.}, {3., 1., 1.}, {1., 2., 3.}}, kDouble);
  BatchNorm1d norm(BatchNormOptions(3).momentum(1.0));
  norm->to(kDouble);
  norm->forward(batch);
  const Tensor expected = torch::tensor({4. / 3, 1., 7. / 3}, kDouble);
  EXPECT_LT(largest_difference(norm->running_var, expected), 1e-12);

  BatchNorm1d cumulative(BatchNormOptions(3).momentum(std::nullopt));
  cumulative->to(kDouble);
  Tensor means = torch::zeros({3}, kDouble);
  Tensor variances = torch::zeros({3}, kDouble);
  for (int i = 0; i < 3; ++i) {
    const Tensor b = torch::randn({5, 3}, kDouble);
    cumulative->forward(b);
    means += b.mean(0) / 3;
    variances += b.var(0, true) / 3;
  }
  EXPECT_LT(largest_difference(cumulative->running_mean, means), 1e-12);
  EXPECT_LT(largest_difference(cumulative->running_var, variances), 1e-12);
}

TEST(BatchNorm, ConstantChannelBecomesBetaWithFiniteGradients) {
  BatchNorm2d norm(1);
  Tensor x = torch::full({1, 1, 3, 3}, 100.0f).requires_grad_();
  const Tensor y = norm->forward(x);
  EXPECT_LT(y.abs().max().item<float>(), 1e-4f);
  const auto gradients = torch::autograd::grad({weighted_sum(y)}, {x, norm->weight, norm->bias});
  for (const Tensor& gradient : gradients) EXPECT_TRUE(gradient.isfinite().all().item<bool>());
}

TEST(BatchNorm, LargeMeanLosesNoPrecision) {
  const Tensor x = torch::randn({16, 2, 16, 16}) + 1e4;
  BatchNorm2d norm(2);
  const Tensor exact = x.to(kDouble);
  const Tensor expected =
      (exact - exact.mean({0, 2, 3}, true)) / (exact.var({0, 2, 3}, false, true) + 1e-5).sqrt();
  EXPECT_LT(largest_difference(norm->forward(x).to(kDouble), expected), 1e-3);
}

TEST(BatchNorm, CreateGraphGivesTheSameGradientAlsoWithLargeMeans) {
  torch::manual_seed(9);
  BatchNorm2d norm(4);
  Tensor x = (torch::randn({16, 4, 8, 8}) * 1e-2 + 1e4).requires_grad_();
  const Tensor g = torch::randn({16, 4, 8, 8});
  for (const double slope : {1.0, 0.2}) {
    const auto gradient = [&](bool create_graph) {
      return torch::autograd::grad({norm->forward_fused(x, slope)}, {x}, {g}, {}, create_graph)[0];
    };
    const Tensor plain = gradient(false);
    const double scale = plain.abs().max().item<double>();
    EXPECT_LT((gradient(true) - plain).norm().item<double>() / plain.norm().item<double>(), 1e-3)
        << slope << " " << scale;
  }
}

TEST(BatchNorm, WithoutAffineOrRunningStatisticsItHasNoSuchTensors) {
  BatchNorm2d norm(BatchNormOptions(3).affine(false).track_running_stats(false));
  EXPECT_TRUE(norm->parameters().empty());
  EXPECT_TRUE(norm->buffers().empty());
  norm->eval();
  const Tensor x = torch::randn({8, 3, 4, 4}) * 5 + 2;
  EXPECT_LT(norm->forward(x).mean({0, 2, 3}).abs().max().item<float>(), 1e-5f);
}

TEST(BatchNorm, BadInputThrowsAndLeavesTheRunningStatisticsAlone) {
  BatchNorm2d norm(3);
  norm->forward(torch::randn({4, 3, 2, 2}));
  const Tensor mean = norm->running_mean.clone();
  const Tensor var = norm->running_var.clone();
  EXPECT_THROW(norm->forward(torch::randn({1, 3, 1, 1})), c10::ValueError);  // one value a channel
  EXPECT_THROW(norm->forward(torch::randn({4, 3})), c10::ValueError);        // rank
  EXPECT_THROW(norm->forward(torch::randn({4, 5, 2, 2})), c10::ValueError);  // channels
  EXPECT_THROW(norm->forward(torch::ones({4, 3, 2, 2}, torch::kInt64)), c10::TypeError);
  EXPECT_THROW(norm->forward(torch::randn({0, 3, 2, 2})), c10::ValueError);
  EXPECT_TRUE(torch::equal(mean, norm->running_mean));
  EXPECT_TRUE(torch::equal(var, norm->running_var));
  EXPECT_EQ(norm->num_batches_tracked.item<int64_t>(), 1);
  BatchNorm2d other(8);
  other->running_mean.set_data(torch::zeros({2}));  // as torch::load of another size leaves it
  EXPECT_THROW(other->forward(torch::randn({2, 8, 3, 3})), c10::ValueError);
  BatchNorm2d strided(4);
  const Tensor table = torch::zeros({4, 2});
  strided->running_mean.set_data(table.select(1, 0));
  strided->forward(torch::randn({2, 4, 3, 3}) + 5);
  EXPECT_GT(table.select(1, 0).min().item<float>(), 0.1f);
  EXPECT_EQ(table.select(1, 1).abs().max().item<float>(), 0.0f);
  BatchNorm1d flat(5);
  EXPECT_THROW(flat->forward(torch::randn({1, 5})), c10::ValueError);  // n / (n - 1) of one value
  EXPECT_EQ(flat->running_var[0].item<float>(), 1.0f);
  EXPECT_THROW(BatchNorm2d(BatchNormOptions(3).eps(0)), c10::ValueError);
  EXPECT_THROW(BatchNorm2d(BatchNormOptions(0)), c10::ValueError);
}

TEST(BatchNorm, CloneIsIndependent) {
  BatchNorm2d norm(2);
  norm->forward(torch::randn({4, 2, 2, 2}));
  const auto copy = std::dynamic_pointer_cast<BatchNorm2dImpl>(norm->clone());
  ASSERT_TRUE(copy);
  EXPECT_TRUE(torch::equal(copy->running_mean, norm->running_mean));
  copy->forward(torch::randn({4, 2, 2, 2}) + 5);
  EXPECT_FALSE(torch::equal(copy->running_mean, norm->running_mean));
}

TEST(BatchNorm, PrintsItsOptions) {
  std::ostringstream text;
  BatchNorm2d(BatchNormOptions(7).momentum(std::nullopt))->pretty_print(text);
  EXPECT_EQ(
      text.str(),
      "dcgan::BatchNorm2d(7, eps=1e-05, momentum=none, affine=true, track_running_stats=true)");
}

}  // namespace
}  // namespace dcgan
