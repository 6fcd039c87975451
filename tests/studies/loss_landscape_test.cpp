#include "studies/loss_landscape.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "models/batch_norm.h"
#include "studies/input_drift.h"

namespace dcgan {
namespace {

TEST(LossLandscape, OfAParabolaIsKnown) {
  // L = k |theta|^2 / 2: g = k theta, so the gradient changes by k eta |g|: smoothness k.
  constexpr double kCurvature = 3;
  torch::nn::Linear network(torch::nn::LinearOptions(4, 1).bias(false));
  network->to(torch::kFloat64);
  {
    const torch::NoGradGuard no_grad;
    network->weight.copy_(torch::tensor({{1.0, 2.0, 2.0, 4.0}}, torch::kFloat64));
  }
  const LossLandscape seen = loss_landscape(
      *network, [&] { return kCurvature / 2 * network->weight.square().sum(); }, {0.1, 0.2});
  EXPECT_NEAR(seen.gradient_norm, 15, 1e-12);
  EXPECT_NEAR(seen.smoothness, kCurvature, 1e-12);
  EXPECT_NEAR(seen.gradient_change, kCurvature * 0.2 * 15, 1e-12);
  // From |theta| = 5 to 5 (1 - 0.6): 37.5 - 6.
  EXPECT_NEAR(seen.loss_range, 31.5, 1e-12);
  EXPECT_EQ(network->weight[0][3].item<double>(), 4.0);
}

TEST(LossLandscape, LeavesParametersAndBuffersAsTheyWere) {
  BatchNorm1d network(BatchNormOptions(3));
  const torch::Tensor x = torch::randn({8, 3}, torch::kFloat32);
  loss_landscape(*network, [&] { return network->forward(x).pow(3).sum(); }, {0.1, 1.0});
  EXPECT_TRUE(torch::equal(network->weight, torch::ones({3})));
  EXPECT_TRUE(torch::equal(network->running_mean, torch::zeros({3})));
  EXPECT_EQ(network->num_batches_tracked.item<int64_t>(), 0);
}

TEST(InputDrift, CountsMovesInTheChannelsOwnDeviations) {
  InputDrift drift;
  // Two channels of deviations 1 and 2, and one that does not vary.
  const torch::Tensor x = torch::tensor({{1.0, 2.0, 5.0}, {-1.0, -2.0, 5.0}}, torch::kFloat64);
  drift.observe(0, {x});
  EXPECT_TRUE(drift.by_layer().empty());
  drift.observe(10, {x + torch::tensor({1.0, 1.0, 7.0}, torch::kFloat64)});
  ASSERT_EQ(drift.by_layer().size(), 1U);
  EXPECT_NEAR(drift.by_layer()[0], (1.0 + 0.5) / 2, 1e-12);
  drift.observe(20, {x + torch::tensor({1.0, 1.0, 7.0}, torch::kFloat64)});
  EXPECT_NEAR(drift.by_layer()[0], (1.0 + 0.5) / 4, 1e-12);
  const auto quantiles = drift.quantiles();
  EXPECT_EQ(quantiles["steps"].size(), 3U);
  EXPECT_NEAR(quantiles["middle"][0].get<double>(), 0, 1e-12);
  EXPECT_NEAR(quantiles["high"][0].get<double>(), 0.7, 1e-12);
}

}  // namespace
}  // namespace dcgan
