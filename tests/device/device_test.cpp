// What must hold on every device: run with DCGAN_TEST_DEVICE=cuda on a machine with a GPU (./run
// gpu-check does); the default is the processor. DCGAN_TEST_DIGITS names the 5,000 embedded digits
// as plain bytes [5000, 28, 28]; without it the training test is skipped.
#include <gtest/gtest.h>
#include <torch/cuda.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "models/batch_norm.h"
#include "models/random.h"
#include "sampling/latents.h"
#include "sampling/sampler.h"
#include "tests/device/open_device.h"
#include "training/numerics.h"
#include "training/step.h"

namespace dcgan {
namespace {

torch::Device device() {
  const char* name = std::getenv("DCGAN_TEST_DEVICE");
  return testing::open_device_of_bundle(name == nullptr ? "cpu" : name);
}

double relative_difference(const torch::Tensor& a, const torch::Tensor& b) {
  const torch::Tensor x = a.detach().cpu().to(torch::kFloat64);
  const torch::Tensor y = b.detach().cpu().to(torch::kFloat64);
  const double scale = std::max(y.abs().max().item<double>(), 1e-6);
  return (x - y).abs().max().item<double>() / scale;
}

class Device : public ::testing::Test {
 protected:
  void SetUp() override { set_numerics(Precision::kFloat32, /*deterministic=*/true); }
};

TEST_F(Device, BatchNormEqualsTheProcessors) {
  for (const bool channels_last : {false, true}) {
    for (const bool training : {true, false}) {
      torch::manual_seed(1);
      const auto format =
          channels_last ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous;
      const torch::Tensor values = (torch::randn({8, 24, 9, 7}) * 3 + 5).contiguous(format);
      const torch::Tensor upstream = torch::randn({8, 24, 9, 7}).contiguous(format);
      const auto run = [&](const torch::Device& where) {
        BatchNorm2d norm(24);
        norm->to(where);
        norm->train(training);
        const torch::Tensor x = values.to(where).requires_grad_();
        const torch::Tensor y = norm->forward_fused(x, 0.2, training ? 2 : 1);
        y.backward(upstream.to(where));
        return std::vector<torch::Tensor>{y,
                                          x.grad(),
                                          norm->weight.grad(),
                                          norm->bias.grad(),
                                          norm->running_mean,
                                          norm->running_var};
      };
      const auto expected = run(torch::kCPU);
      const auto found = run(device());
      for (size_t i = 0; i < expected.size(); ++i) {
        EXPECT_LT(relative_difference(found[i], expected[i]), 1e-5) << i << " " << training;
      }
    }
  }
}

Networks networks_on(const torch::Device& where, int64_t size = 32, int64_t nf = 16) {
  return make_networks(GeneratorOptions().image_size(size).channels(1).nz(100).ngf(nf),
                       DiscriminatorOptions().image_size(size).channels(1).ndf(nf), {}, 1,
                       {.lr = 1e-3}, {.lr = 1e-3}, where);
}

std::vector<torch::Tensor> state_of(const Networks& networks) {
  std::vector<torch::Tensor> state;
  for (const torch::nn::Module* module :
       {static_cast<const torch::nn::Module*>(networks.generator.get()),
        static_cast<const torch::nn::Module*>(networks.discriminator.get())}) {
    for (const auto& p : module->parameters()) state.push_back(p.detach().cpu().clone());
    for (const auto& b : module->buffers()) state.push_back(b.cpu().clone());
  }
  return state;
}

void steps(Networks& networks, int first, int last, const torch::Device& where) {
  for (int i = first; i < last; ++i) {
    torch::Tensor real = torch::empty({16, 1, 32, 32});
    RandomStream(7, "real").substream(static_cast<uint64_t>(i)).fill_normal(real, 0, 0.5);
    train_step(networks, real.to(where), training_latents(3, i + 1, 16, 100).to(where), true);
  }
}

TEST_F(Device, AStepEqualsTheProcessors) {
  Networks here = networks_on(torch::kCPU);
  Networks there = networks_on(device());
  steps(here, 0, 1, torch::kCPU);
  steps(there, 0, 1, device());
  // Gradients: parameters after Adam's first step are their signs.
  for (size_t i = 0; i < here.optimizer_d.gradients().size(); ++i) {
    EXPECT_LT(
        relative_difference(there.optimizer_d.gradients()[i], here.optimizer_d.gradients()[i]),
        1e-4)
        << here.optimizer_d.names()[i];
  }
  for (size_t i = 0; i < here.optimizer_g.gradients().size(); ++i) {
    EXPECT_LT(
        relative_difference(there.optimizer_g.gradients()[i], here.optimizer_g.gradients()[i]),
        5e-3)
        << here.optimizer_g.names()[i];
  }
}

TEST_F(Device, TheSameStepsGiveTheSameBits) {
  Networks a = networks_on(device());
  Networks b = networks_on(device());
  steps(a, 0, 10, device());
  steps(b, 0, 10, device());
  const auto x = state_of(a);
  const auto y = state_of(b);
  for (size_t i = 0; i < x.size(); ++i) EXPECT_TRUE(torch::equal(x[i], y[i])) << i;
}

TEST_F(Device, ResumedEqualsUninterrupted) {
  Networks whole = networks_on(device());
  steps(whole, 0, 12, device());

  Networks first = networks_on(device());
  steps(first, 0, 7, device());
  Networks second = networks_on(device());
  const torch::NoGradGuard no_grad;
  // Through the processor, as a checkpoint goes.
  const auto carry = [](const torch::Tensor& from, torch::Tensor to) { to.copy_(from.cpu()); };
  for (const auto& [from, to] : {std::pair(&first.optimizer_g, &second.optimizer_g),
                                 std::pair(&first.optimizer_d, &second.optimizer_d)}) {
    for (size_t i = 0; i < from->names().size(); ++i) {
      carry(from->parameters()[i], to->parameters()[i]);
      carry(from->first_moments()[i], to->first_moments()[i]);
      carry(from->second_moments()[i], to->second_moments()[i]);
    }
    to->set_steps(from->steps());
  }
  const auto carry_buffers = [&](const torch::nn::Module& from, const torch::nn::Module& to) {
    const auto source = from.buffers();
    const auto target = to.buffers();
    for (size_t i = 0; i < source.size(); ++i) carry(source[i], target[i]);
  };
  carry_buffers(*first.generator, *second.generator);
  carry_buffers(*first.discriminator, *second.discriminator);
  steps(second, 7, 12, device());
  const auto x = state_of(whole);
  const auto y = state_of(second);
  for (size_t i = 0; i < x.size(); ++i) EXPECT_TRUE(torch::equal(x[i], y[i])) << i;
}

TEST_F(Device, ConvolutionsInBfloat16GiveNearlyTheSameGradients) {
  Networks exact = networks_on(device());
  Networks rough = networks_on(device());
  rough.pass_g.set_autocast(true);
  rough.pass_d.set_autocast(true);
  steps(exact, 0, 1, device());
  steps(rough, 0, 1, device());
  for (size_t i = 0; i < exact.optimizer_d.gradients().size(); ++i) {
    const torch::Tensor& a = exact.optimizer_d.gradients()[i];
    const torch::Tensor& b = rough.optimizer_d.gradients()[i];
    EXPECT_FALSE(torch::equal(a, b)) << "autocast did nothing";
    EXPECT_EQ(b.scalar_type(), torch::kFloat);
    const double error = ((a - b).norm() / a.norm()).item<double>();
    // 0.04 to 0.09 here; a value cast where it should not be is off by its own size.
    EXPECT_LT(error, 0.25) << exact.optimizer_d.names()[i];
  }
}

// [N, 1, 32, 32] in [-1, 1] on the device.
torch::Tensor digits(const char* path) {
  std::ifstream file(path, std::ios::binary);
  std::vector<char> bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const int64_t count = static_cast<int64_t>(bytes.size()) / (28 * 28);
  const torch::Tensor raw = torch::from_blob(bytes.data(), {count, 1, 28, 28}, torch::kUInt8);
  return torch::constant_pad_nd(raw, {2, 2, 2, 2}).to(torch::kFloat).div(127.5).sub(1).to(device());
}

TEST_F(Device, TrainsOnTheDigits) {
  const char* path = std::getenv("DCGAN_TEST_DIGITS");
  if (path == nullptr) GTEST_SKIP() << "DCGAN_TEST_DIGITS is not set";
  const torch::Tensor images = digits(path);
  ASSERT_EQ(images.size(0), 5000);
  Networks networks = networks_on(device(), 32, 16);
  networks.optimizer_g.options.lr = networks.optimizer_d.options.lr = 5e-3;
  StepResult result;
  for (int64_t step = 0; step < 200; ++step) {
    const torch::Tensor order = RandomStream(1, "order")
                                    .substream(static_cast<uint64_t>(step / 78))
                                    .permutation(5000)
                                    .narrow(0, step % 78 * 64, 64);
    result = train_step(networks, images.index_select(0, order.to(device())),
                        training_latents(1, step + 1, 64, 100).to(device()), false);
  }
  EXPECT_TRUE(std::isfinite(result.loss_d.item<double>()));
  const torch::Tensor samples =
      sample_images(networks.generator, latents_of_seeds(seed_range(0, 128), 100));
  const double deviation = samples.to(torch::kFloat).std(0).mean().item<double>() / 127.5;
  const double real = images.mul(127.5).std(0).mean().item<double>() / 127.5;
  EXPECT_GT(deviation, 0.5 * real) << "collapsed";
  EXPECT_LT(deviation, 1.5 * real);
}

}  // namespace
}  // namespace dcgan
