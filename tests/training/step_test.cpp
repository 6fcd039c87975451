#include "training/step.h"

#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <map>
#include <set>

#include "training/losses.h"

namespace dcgan {
namespace {

Networks small_networks(uint64_t seed, Normalization norm = Normalization::kBatch) {
  return make_networks(
      GeneratorOptions().image_size(16).channels(1).nz(8).ngf(4).normalization(norm),
      DiscriminatorOptions().image_size(16).channels(1).ndf(4).normalization(norm), {}, seed,
      {.lr = 1e-3}, {.lr = 1e-3}, torch::kCPU);
}

std::map<std::string, torch::Tensor> tensors_of(const torch::nn::Module& module) {
  std::map<std::string, torch::Tensor> tensors;
  for (const auto& item : module.named_parameters())
    tensors[item.key()] = item.value().detach().clone();
  for (const auto& item : module.named_buffers()) tensors[item.key()] = item.value().clone();
  return tensors;
}

// The famous fault of the C++ tutorial: norm layers that existed but never trained or moved.
TEST(Step, EveryTensorExistsOnceAndHasChangedAfterFiveSteps) {
  torch::manual_seed(1);
  Networks networks = small_networks(1);
  std::set<const void*> storages;
  const auto before_g = tensors_of(*networks.generator);
  const auto before_d = tensors_of(*networks.discriminator);
  for (int i = 0; i < 5; ++i) {
    train_step(networks, torch::rand({8, 1, 16, 16}) * 2 - 1, torch::randn({8, 8}), false);
  }
  const auto check = [&](const auto& before, const torch::nn::Module& module) {
    for (const auto& [name, after] : tensors_of(module)) {
      EXPECT_FALSE(torch::equal(before.at(name), after)) << name << " never changed";
    }
    for (const auto& parameter : module.parameters()) {
      EXPECT_TRUE(storages.insert(parameter.data_ptr()).second) << "a tensor is registered twice";
    }
  };
  check(before_g, *networks.generator);
  check(before_d, *networks.discriminator);
}

TEST(Step, EqualInputsGiveEqualBits) {
  const auto run = [] {
    torch::manual_seed(4);
    Networks networks = small_networks(3);
    for (int i = 0; i < 3; ++i) {
      train_step(networks, torch::rand({8, 1, 16, 16}) * 2 - 1, torch::randn({8, 8}), i == 1);
    }
    return tensors_of(*networks.generator);
  };
  const auto a = run();
  const auto b = run();
  for (const auto& [name, value] : a) EXPECT_TRUE(torch::equal(value, b.at(name))) << name;
}

TEST(Step, WrittenOutEqualsAutogradToTheBit) {
  for (const auto norm : {Normalization::kBatch, Normalization::kNone}) {
    const auto run = [norm](bool written) {
      torch::manual_seed(4);
      Networks networks = small_networks(3, norm);
      if (!written) {
        networks.pass_g.forbid_written();
        networks.pass_d.forbid_written();
      }
      StepResult result;
      for (int i = 0; i < 3; ++i) {
        result =
            train_step(networks, torch::rand({8, 1, 16, 16}) * 2 - 1, torch::randn({8, 8}), true);
      }
      auto tensors = tensors_of(*networks.generator);
      for (const auto& [name, value] : tensors_of(*networks.discriminator)) {
        tensors["d." + name] = value;
      }
      tensors["loss_d"] = result.loss_d;
      tensors["loss_g"] = result.loss_g;
      tensors["grad_norm_d"] = result.grad_norm_d;
      tensors["grad_norm_g"] = result.grad_norm_g;
      return tensors;
    };
    const auto a = run(true);
    const auto b = run(false);
    for (const auto& [name, value] : a) EXPECT_TRUE(torch::equal(value, b.at(name))) << name;
  }
}

TEST(Step, RealAndFakeInOneGroupedPassEqualTwoPasses) {
  for (const auto norm : {Normalization::kBatch, Normalization::kNone}) {
    const auto gradients = [norm](BatchMixing mixing) {
      torch::manual_seed(4);
      Networks networks = small_networks(3, norm);
      networks.mixing = mixing;
      train_step(networks, torch::rand({8, 1, 16, 16}) * 2 - 1, torch::randn({8, 8}), false);
      std::vector<torch::Tensor> all;
      for (const auto& g : networks.optimizer_d.gradients()) all.push_back(g.clone());
      for (const auto& b : networks.discriminator->buffers()) all.push_back(b.clone());
      return all;
    };
    const auto grouped = gradients(BatchMixing::kGrouped);
    const auto separate = gradients(BatchMixing::kSeparate);
    const auto mixed = gradients(BatchMixing::kMixed);
    bool differs = false;
    for (size_t i = 0; i < grouped.size(); ++i) {
      const double scale = grouped[i].to(torch::kFloat64).abs().max().item<double>();
      EXPECT_LE((grouped[i] - separate[i]).to(torch::kFloat64).abs().max().item<double>(),
                1e-5 * scale);
      differs |=
          (grouped[i] - mixed[i]).to(torch::kFloat64).abs().max().item<double>() > 1e-3 * scale;
    }
    EXPECT_EQ(differs, norm == Normalization::kBatch);
  }
}

TEST(Step, GradientNormsAreThoseOfAllGradientsTogether) {
  torch::manual_seed(4);
  Networks networks = small_networks(3, Normalization::kNone);
  const auto real = torch::rand({8, 1, 16, 16});
  const auto latents = torch::randn({8, 8});
  const auto fake = networks.generator->forward(latents).detach();
  const auto loss = discriminator_loss(networks.discriminator->forward(real),
                                       networks.discriminator->forward(fake));
  double sum = 0;
  for (const auto& g : torch::autograd::grad({loss}, networks.optimizer_d.parameters())) {
    sum += g.pow(2).sum().item<double>();
  }
  const StepResult result = train_step(networks, real, latents, true);
  EXPECT_NEAR(result.grad_norm_d.item<double>(), std::sqrt(sum), 1e-5);
  EXPECT_NEAR(result.loss_d.item<double>(), loss.item<double>(), 1e-6);
}

TEST(Losses, LogitsOfAnySizeGiveTheExactLossAndGradient) {
  const auto loss_and_gradient = [](double logit, double target) {
    torch::Tensor x = torch::full({1}, logit, torch::kFloat64).requires_grad_();
    const torch::Tensor loss = binary_cross_entropy(x, target);
    return std::pair(loss.item<double>(), torch::autograd::grad({loss}, {x})[0].item<double>());
  };
  EXPECT_EQ(loss_and_gradient(-200, 1), std::pair(200.0, -1.0));
  const auto [loss, gradient] = loss_and_gradient(200, 1);
  EXPECT_NEAR(loss, 0, 1e-80);
  EXPECT_NEAR(gradient, 0, 1e-80);
  EXPECT_NEAR(loss_and_gradient(0, 0).first, std::log(2.0), 1e-15);
  EXPECT_NEAR(loss_and_gradient(0, 0).second, 0.5, 1e-15);
}

}  // namespace
}  // namespace dcgan
