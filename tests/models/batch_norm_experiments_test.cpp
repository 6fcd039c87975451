// The options that take a part of batch norm away, and what watches or replaces it.
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include "models/batch_norm.h"
#include "models/discriminator.h"
#include "models/fold_batch_norm.h"
#include "models/generator.h"
#include "models/initialization.h"
#include "models/probe.h"
#include "models/spectral_norm.h"

namespace dcgan {
namespace {

using torch::Tensor;
const std::vector<int64_t> kAll{0, 2, 3};

// y of the option's definition, in recorded operators, and its gradient, against the module's.
template <typename Definition>
void expect_gradient_of(const BatchNormOptions& options, const Definition& definition) {
  torch::manual_seed(5);
  BatchNorm2d norm(options);
  norm->to(torch::kFloat64);
  Tensor x =
      (torch::randn({4, options.num_features(), 3, 2}, torch::kFloat64) * 2 + 1).requires_grad_();
  const Tensor g = torch::randn_like(x);
  const Tensor y = norm->forward(x);
  const Tensor expected = definition(x);
  EXPECT_LT((y - expected).abs().max().item<double>(), 1e-12);
  const Tensor gradient = torch::autograd::grad({y}, {x}, {g})[0];
  const Tensor expected_gradient = torch::autograd::grad({expected}, {x}, {g})[0];
  EXPECT_LT((gradient - expected_gradient).abs().max().item<double>(), 1e-11);
}

Tensor mean_of(const Tensor& x) { return x.mean(kAll, true); }
Tensor variance_of(const Tensor& x) { return x.var(kAll, false, true); }

TEST(BatchNormExperiments, DetachedStatisticsSendNoGradientBack) {
  expect_gradient_of(
      BatchNormOptions(3).gradient_through_mean(false).gradient_through_variance(false),
      [](const Tensor& x) {
        return (x - mean_of(x).detach()) / (variance_of(x).detach() + 1e-5).sqrt();
      });
  expect_gradient_of(BatchNormOptions(3).gradient_through_mean(false), [](const Tensor& x) {
    return (x - mean_of(x).detach()) / (variance_of(x) + 1e-5).sqrt();
  });
  expect_gradient_of(BatchNormOptions(3).gradient_through_variance(false), [](const Tensor& x) {
    return (x - mean_of(x)) / (variance_of(x).detach() + 1e-5).sqrt();
  });
}

TEST(BatchNormExperiments, WithoutCentringItDividesByTheSecondMoment) {
  expect_gradient_of(BatchNormOptions(3).centring(false), [](const Tensor& x) {
    return x / (x.square().mean(kAll, true) + 1e-5).sqrt();
  });
}

TEST(BatchNormExperiments, WithoutScalingItOnlySubtractsTheMean) {
  expect_gradient_of(BatchNormOptions(3).scaling(false),
                     [](const Tensor& x) { return x - mean_of(x); });
}

TEST(BatchNormExperiments, EvaluationTakesTheSamePartAwayAsTraining) {
  torch::manual_seed(5);
  const Tensor x = torch::randn({256, 2, 4, 4}, torch::kFloat64) * 3 + 2;
  for (const auto& options :
       {BatchNormOptions(2).centring(false), BatchNormOptions(2).scaling(false)}) {
    BatchNormOptions all = options;
    BatchNorm2d norm(all.momentum(1.0));  // the running statistics are those of the one batch
    norm->to(torch::kFloat64);
    const Tensor trained = norm->forward(x);
    norm->eval();
    EXPECT_LT((norm->forward(x) - trained).abs().max().item<double>(), 1e-2);
  }
}

TEST(BatchNormExperiments, NoiseOfTwoGroupsIsThatOfTwoBatches) {
  torch::manual_seed(5);
  BatchNorm2d once(BatchNormOptions(2).noise(0.5));
  BatchNorm2d twice(BatchNormOptions(2).noise(0.5));
  const Tensor a = torch::randn({4, 2, 2, 2});
  const Tensor b = torch::randn({4, 2, 2, 2});
  EXPECT_TRUE(
      torch::equal(once->forward_fused(torch::cat({a, b}), 0.2, 2),
                   torch::cat({twice->forward_fused(a, 0.2), twice->forward_fused(b, 0.2)})));
}

TEST(BatchNormExperiments, OptionsThatCannotWorkAreRefused) {
  EXPECT_THROW(BatchNorm2d(BatchNormOptions(2).noise(-1)), c10::ValueError);
  EXPECT_THROW(BatchNorm2d(BatchNormOptions(2).noise(1).affine(false)), c10::ValueError);
  EXPECT_THROW(BatchNorm2d(BatchNormOptions(2).noise(1).track_running_stats(false)),
               c10::ValueError);
  EXPECT_THROW(BatchNorm2d(BatchNormOptions(2).fixed_statistics(true).track_running_stats(false)),
               c10::ValueError);
}

TEST(BatchNormExperiments, FixedStatisticsAreTheRunningOnesAndStay) {
  BatchNorm2d norm(BatchNormOptions(2).fixed_statistics(true));
  {
    const torch::NoGradGuard no_grad;
    norm->running_mean.fill_(3);
    norm->running_var.fill_(4);
  }
  const Tensor x = torch::randn({4, 2, 2, 2});
  EXPECT_LT((norm->forward(x) - (x - 3) / 2).abs().max().item<float>(), 1e-5f);
  EXPECT_EQ(norm->running_mean[0].item<float>(), 3.0f);
  EXPECT_EQ(norm->num_batches_tracked.item<int64_t>(), 0);
}

TEST(BatchNormExperiments, NoiseHasItsDeviationIsRepeatableAndAbsentInEvaluation) {
  constexpr int64_t kChannels = 4000;
  const auto first_batch = [&](int64_t seed) {
    BatchNorm2d norm(BatchNormOptions(kChannels).noise(0.3).noise_seed(seed));
    return std::pair(norm, norm->forward(torch::randn({64, kChannels, 1, 1})));
  };
  torch::manual_seed(1);
  auto [norm, y] = first_batch(1);
  EXPECT_NEAR(y.mean(kAll).std().item<double>(), 0.3, 0.02);
  EXPECT_NEAR(y.std(kAll, false, false).std().item<double>(), 0.3, 0.02);
  torch::manual_seed(1);
  EXPECT_TRUE(torch::equal(first_batch(1).second, y));
  torch::manual_seed(1);
  EXPECT_FALSE(torch::equal(first_batch(2).second, y));
  EXPECT_FALSE(torch::equal(norm->forward(torch::zeros({2, kChannels, 1, 1})),
                            norm->bias.view({1, -1, 1, 1})));
  norm->eval();
  BatchNorm2d plain(kChannels);
  plain->eval();
  {
    const torch::NoGradGuard no_grad;
    plain->running_mean.copy_(norm->running_mean);
    plain->running_var.copy_(norm->running_var);
  }
  const Tensor x = torch::randn({3, kChannels, 1, 1});
  EXPECT_TRUE(torch::equal(norm->forward(x), plain->forward(x)));
}

TEST(BatchNormExperiments, CheckFiniteNamesTheLayerAndHarmsNothing) {
  Generator g(GeneratorOptions().image_size(16).channels(1).nz(4).ngf(2).batch_norm(
      BatchNormOptions(1).check_finite(true)));
  initialize(*g, {}, 1);
  {
    const torch::NoGradGuard no_grad;
    g->named_parameters()["main.3.weight"][0][0][0][0] = INFINITY;
  }
  try {
    g->forward(torch::randn({4, 4}));
    ADD_FAILURE() << "no error";
  } catch (const c10::ValueError& error) {
    EXPECT_NE(std::string(error.what()).find("main.4"), std::string::npos) << error.what();
  }
  EXPECT_TRUE(g->named_buffers()["main.4.running_mean"].isfinite().all().item<bool>());
  EXPECT_EQ(g->named_buffers()["main.4.num_batches_tracked"].item<int64_t>(), 0);
}

TEST(Normalizations, EveryNormTrainsInBothNetworksAndHasItsDefinition) {
  torch::manual_seed(1);
  for (const std::string& name : normalization_names()) {
    const auto norm = parse_normalization(name);
    EXPECT_EQ(to_string(norm), name);
    Generator g(GeneratorOptions().image_size(16).channels(1).nz(4).ngf(4).normalization(norm));
    Discriminator d(DiscriminatorOptions().image_size(16).channels(1).ndf(4).normalization(norm));
    const Tensor loss = d->forward(g->forward(torch::randn({4, 4}))).square().sum();
    for (const auto& gradient : torch::autograd::grad({loss}, g->parameters())) {
      EXPECT_TRUE(gradient.isfinite().all().item<bool>()) << name;
    }
    const auto copy = std::dynamic_pointer_cast<GeneratorImpl>(g->clone());
    EXPECT_EQ(copy->named_buffers().size(), g->named_buffers().size()) << name;
  }
  const Tensor x = torch::randn({3, 6, 4, 4}) * 3 + 2;
  const auto deviation = [&](Normalization norm, std::vector<int64_t> over) {
    const Tensor y = make_normalization(norm, 6, BatchNormOptions(1)).forward(x);
    return std::max(y.mean(over).abs().max().item<double>(),
                    (y.var(over, false, false) - 1).abs().max().item<double>());
  };
  EXPECT_LT(deviation(Normalization::kLayer, {1, 2, 3}), 1e-4);
  EXPECT_LT(deviation(Normalization::kInstance, {2, 3}), 1e-4);
  EXPECT_LT(deviation(Normalization::kBatch, kAll), 1e-4);
}

TEST(SpectralNorm, DividesByTheLargestSingularValueAndItsGradientIsRight) {
  torch::manual_seed(2);
  for (const int64_t dimension : {0, 1}) {
    Tensor weight = torch::randn({6, 5, 4, 4}, torch::kFloat64).requires_grad_();
    SpectralNorm norm(weight.size(dimension), dimension);
    norm->to(torch::kFloat64);
    for (int i = 0; i < 200; ++i) norm->forward(weight);
    const Tensor singular =
        at::linalg_svdvals(norm->forward(weight).detach().transpose(0, dimension).flatten(1));
    EXPECT_NEAR(singular[0].item<double>(), 1.0, 1e-6);

    norm->eval();
    const Tensor before = norm->u.clone();
    const Tensor g = torch::randn_like(weight);
    const Tensor gradient = torch::autograd::grad({norm->forward(weight)}, {weight}, {g})[0];
    // At the singular vectors sigma's own derivative is u v^T, so finite differences of the
    // function with u recomputed agree with the gradient that holds u and v constant.
    const torch::NoGradGuard no_grad;
    const auto value = [&] {
      const Tensor sigma = at::linalg_svdvals(weight.transpose(0, dimension).flatten(1))[0];
      return ((weight / sigma) * g).sum().item<double>();
    };
    Tensor flat = weight.view(-1);
    for (const int64_t i : {0, 17, 101, 479}) {
      constexpr double kStep = 1e-6;
      const double middle = flat[i].item<double>();
      flat[i] = middle + kStep;
      const double above = value();
      flat[i] = middle - kStep;
      const double below = value();
      flat[i] = middle;
      EXPECT_NEAR(gradient.view(-1)[i].item<double>(), (above - below) / (2 * kStep), 1e-5);
    }
    EXPECT_TRUE(torch::equal(before, norm->u)) << "evaluation moved u";
  }
}

TEST(Probe, ReportsEveryStageAndChangesNoBit) {
  const auto run = [](bool probed) {
    torch::manual_seed(6);
    Discriminator d(DiscriminatorOptions().image_size(16).channels(1).ndf(4));
    initialize(*d, {}, 1);
    auto probe = std::make_shared<Probe>();
    if (probed) d->main->set_probe(probe);
    const Tensor loss = d->forward(torch::randn({8, 1, 16, 16})).square().sum();
    const auto gradients = torch::autograd::grad({loss}, d->parameters());
    return std::tuple(gradients, probe->take(), loss);
  };
  const auto [gradients, records, loss] = run(true);
  const auto [plain, none, plain_loss] = run(false);
  EXPECT_TRUE(torch::equal(loss, plain_loss));
  for (size_t i = 0; i < plain.size(); ++i) EXPECT_TRUE(torch::equal(gradients[i], plain[i]));
  EXPECT_TRUE(none.empty());
  ASSERT_EQ(records.size(), 3u);
  EXPECT_EQ(records[0].layer, "main.0");
  EXPECT_EQ(records[1].layer, "main.2");
  EXPECT_EQ(records[2].layer, "main.5");
  for (const ProbeRecord& record : records) {
    EXPECT_EQ(record.pass, 0);
    EXPECT_GT(record.std, 0);
    EXPECT_GT(record.gradient_norm, 0);
    EXPECT_GE(record.dead, 0);
    EXPECT_LT(record.dead, 1);
  }
}

TEST(Probe, DeadUnitsAreThoseThatNoImageRaisesAboveZero) {
  Probe probe;
  probe.begin_pass();
  Tensor activation = torch::zeros({3, 4, 1, 1});
  activation[1][2] = 5;
  probe.observe("x", activation);
  const auto records = probe.take();
  EXPECT_DOUBLE_EQ(records.at(0).dead, 0.75);
  EXPECT_NEAR(records.at(0).mean, 5.0 / 12, 1e-12);
  EXPECT_TRUE(std::isnan(records.at(0).gradient_norm));
}

TEST(FoldBatchNorm, FoldedGeneratorDrawsTheSameImages) {
  torch::manual_seed(8);
  Generator g(GeneratorOptions().image_size(32).channels(3).nz(16).ngf(8));
  initialize(*g, parse_initialization("he"), 1);
  const torch::NoGradGuard no_grad;
  for (int i = 0; i < 20; ++i) g->forward(torch::randn({16, 16}));
  g->eval();
  const Generator folded = fold_batch_norm(g);
  EXPECT_TRUE(folded->named_buffers().is_empty());
  const Tensor z = torch::randn({9, 16});
  Generator callable = folded;
  EXPECT_LT((g->forward(z) - callable->forward(z)).abs().max().item<float>(), 1e-5f);
  EXPECT_THROW(fold_batch_norm(folded), c10::ValueError);
}

TEST(FoldBatchNorm, FollowsTheExperimentsOptions) {
  torch::manual_seed(8);
  const torch::NoGradGuard no_grad;
  for (const auto& options :
       {BatchNormOptions(1).centring(false), BatchNormOptions(1).scaling(false),
        BatchNormOptions(1).affine(false)}) {
    Generator g(GeneratorOptions().image_size(16).channels(1).nz(8).ngf(4).batch_norm(options));
    initialize(*g, {}, 1);
    for (int i = 0; i < 20; ++i) g->forward(torch::randn({16, 8}));
    g->eval();
    Generator folded = fold_batch_norm(g);
    const Tensor z = torch::randn({9, 8});
    EXPECT_LT((g->forward(z) - folded->forward(z)).abs().max().item<float>(), 1e-5f);
  }
  EXPECT_THROW(fold_batch_norm(Generator(
                   GeneratorOptions().batch_norm(BatchNormOptions(1).track_running_stats(false)))),
               c10::ValueError);
}

}  // namespace
}  // namespace dcgan
