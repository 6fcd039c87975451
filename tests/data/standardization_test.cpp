#include "data/standardization.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include "models/random.h"

namespace dcgan {
namespace {

torch::Tensor correlated(uint64_t seed, int64_t n, int64_t features) {
  torch::Tensor x = torch::empty({n, features}, torch::kFloat64);
  RandomStream(seed, "test").fill_normal(x, 0, 1);
  torch::Tensor mix = torch::empty({features, features}, torch::kFloat64);
  RandomStream(seed + 1, "test").fill_normal(mix, 0, 1);
  return x.matmul(mix) + 3;
}

torch::Tensor covariance(const torch::Tensor& x) {
  const torch::Tensor centred = x - x.mean(0);
  return centred.t().matmul(centred) / static_cast<double>(x.size(0) - 1);
}

TEST(Standardization, CovarianceOfTheWhitenedIsTheIdentity) {
  const torch::Tensor x = correlated(1, 200, 7);
  for (const auto kind : {StandardizationKind::kPca, StandardizationKind::kZca}) {
    const torch::Tensor y = Standardization::fit(kind, x).apply(x);
    EXPECT_LT((covariance(y) - torch::eye(7, torch::kFloat64)).abs().max().item<double>(), 1e-10);
    EXPECT_LT(y.mean(0).abs().max().item<double>(), 1e-10);
  }
}

TEST(Standardization, ZcaIsSymmetricAndPcaIsNot) {
  const torch::Tensor x = correlated(2, 200, 5);
  const auto matrix = [&](StandardizationKind kind) {
    return Standardization::fit(kind, x).tensors().at("forward");
  };
  const torch::Tensor zca = matrix(StandardizationKind::kZca);
  EXPECT_LT((zca - zca.t()).abs().max().item<double>(), 1e-10);
  const torch::Tensor pca = matrix(StandardizationKind::kPca);
  EXPECT_GT((pca - pca.t()).abs().max().item<double>(), 1e-3);
}

TEST(Standardization, InverseRestoresTheInputWithAndWithoutEpsilon) {
  torch::Tensor x = correlated(3, 100, 6);
  x.select(1, 2).fill_(5);  // a pixel that is always the same
  for (const char* name : {"none", "centred", "scaled", "pca", "zca", "global"}) {
    for (const double epsilon : {0.0, 0.01}) {
      const auto map = Standardization::fit(parse_standardization(name), x, epsilon);
      EXPECT_LT((map.invert(map.apply(x)) - x).abs().max().item<double>(), 1e-9) << name;
      const torch::Tensor floats = x.to(torch::kFloat32);
      EXPECT_EQ(map.apply(floats).scalar_type(), torch::kFloat32);
      EXPECT_LT((map.invert(map.apply(floats)) - floats).abs().max().item<double>(), 1e-4) << name;
    }
  }
}

TEST(Standardization, IsFittedToTheTrainingPartAlone) {
  const torch::Tensor x = correlated(4, 300, 4);
  const torch::Tensor training = x.narrow(0, 0, 200);
  const auto map = Standardization::fit(StandardizationKind::kScaled, training);
  const torch::Tensor expected = (x - training.mean(0)) / training.std(0);
  EXPECT_LT((map.apply(x) - expected).abs().max().item<double>(), 1e-10);
}

TEST(Standardization, IsTheSameAfterBeingStored) {
  const torch::Tensor x = correlated(5, 50, 4);
  const auto map = Standardization::fit(StandardizationKind::kPca, x, 0.1);
  const auto again = Standardization::from_tensors(map.tensors());
  EXPECT_EQ(again.kind(), StandardizationKind::kPca);
  EXPECT_TRUE(torch::equal(again.apply(x), map.apply(x)));
  auto damaged = map.tensors();
  damaged.erase("mean");
  EXPECT_THROW(Standardization::from_tensors(damaged), c10::ValueError);
  damaged = map.tensors();
  damaged["forward"] = torch::ones({3, 3}, torch::kFloat64);
  EXPECT_THROW(Standardization::from_tensors(damaged), c10::ValueError);
}

TEST(Standardization, RefusesWhatItCannotFit) {
  const auto fit = [](const torch::Tensor& x) {
    Standardization::fit(StandardizationKind::kScaled, x);
  };
  EXPECT_THROW(fit(torch::ones({1, 3})), c10::ValueError);
  EXPECT_THROW(fit(torch::ones({4})), c10::ValueError);
  EXPECT_THROW(fit(torch::ones({4, 3}, torch::kInt64)), c10::ValueError);
  EXPECT_THROW(fit(torch::full({4, 3}, NAN)), c10::ValueError);
  EXPECT_THROW(parse_standardization("whitened"), c10::ValueError);
}

TEST(CovarianceSummary, KnowsConditionAndCorrelation) {
  // Two uncorrelated features of variance 1 and 16: condition 16; rotated by 45 degrees they
  // correlate by (16 - 1) / (16 + 1).
  const torch::Tensor x =
      torch::tensor({{1.0, 4.0}, {1.0, -4.0}, {-1.0, 4.0}, {-1.0, -4.0}}, torch::kFloat64);
  const CovarianceSummary plain = summarize_covariance(x);
  EXPECT_NEAR(plain.condition, 16, 1e-9);
  EXPECT_NEAR(plain.condition_about_zero, 16, 1e-9);
  EXPECT_NEAR(plain.correlation, 0, 1e-12);
  const double half = std::sqrt(0.5);
  const torch::Tensor turn = torch::tensor({{half, half}, {-half, half}}, torch::kFloat64);
  const CovarianceSummary turned = summarize_covariance(x.matmul(turn));
  EXPECT_NEAR(turned.condition, 16, 1e-9);
  EXPECT_NEAR(turned.correlation, 15.0 / 17.0, 1e-9);
  EXPECT_GT(summarize_covariance(x + 10).condition_about_zero, 20);
}

}  // namespace
}  // namespace dcgan
