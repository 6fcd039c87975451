#include <torch/torch.h>

#include <algorithm>

#include "bench/step/contestant.h"

namespace dcgan::bench {
namespace {

namespace nn = torch::nn;

nn::Sequential plain_generator(const Setting& s) {
  nn::Sequential net;
  int64_t maps = s.nf * s.image_size / 8;
  const auto up = [&](int64_t in, int64_t out, int64_t stride, int64_t padding, bool bias) {
    net->push_back(nn::ConvTranspose2d(
        nn::ConvTranspose2dOptions(in, out, 4).stride(stride).padding(padding).bias(bias)));
  };
  const auto norm_and_relu = [&] {
    if (s.norm) net->push_back(nn::BatchNorm2d(maps));
    net->push_back(nn::ReLU(nn::ReLUOptions(true)));
  };
  up(s.nz, maps, 1, 0, !s.norm);
  norm_and_relu();
  for (int64_t size = 4; size < s.image_size / 2; size *= 2) {
    up(maps, maps / 2, 2, 1, !s.norm);
    maps /= 2;
    norm_and_relu();
  }
  up(maps, s.channels, 2, 1, false);
  net->push_back(nn::Tanh());
  return net;
}

nn::Sequential plain_discriminator(const Setting& s) {
  nn::Sequential net;
  int64_t maps = s.nf;
  const auto down = [&](int64_t in, int64_t out, int64_t stride, int64_t padding, bool bias) {
    net->push_back(
        nn::Conv2d(nn::Conv2dOptions(in, out, 4).stride(stride).padding(padding).bias(bias)));
  };
  const auto leaky = [&] {
    net->push_back(nn::LeakyReLU(nn::LeakyReLUOptions().negative_slope(0.2).inplace(true)));
  };
  down(s.channels, maps, 2, 1, false);
  leaky();
  for (int64_t size = s.image_size / 2; size > 4; size /= 2) {
    down(maps, 2 * maps, 2, 1, !s.norm);
    maps *= 2;
    if (s.norm) net->push_back(nn::BatchNorm2d(maps));
    leaky();
  }
  down(maps, 1, 1, 0, false);
  net->push_back(nn::Sigmoid());
  return net;
}

void initialize(nn::Module& net) {
  const torch::NoGradGuard no_grad;
  for (const auto& module : net.modules()) {
    if (auto* conv = module->as<nn::Conv2dImpl>()) conv->weight.normal_(0, 0.02);
    if (auto* conv = module->as<nn::ConvTranspose2dImpl>()) conv->weight.normal_(0, 0.02);
    if (auto* norm = module->as<nn::BatchNorm2dImpl>()) norm->weight.normal_(1, 0.02);
  }
}

class PlainLoop : public Contestant {
 public:
  explicit PlainLoop(const Setting& setting)
      : setting_(setting),
        images_(torch::randint(0, 256,
                               {2048, setting.channels, setting.image_size, setting.image_size},
                               torch::kUInt8)),
        generator_(plain_generator(setting)),
        discriminator_(plain_discriminator(setting)),
        optimizer_g_(generator_->parameters(), torch::optim::AdamOptions(2e-4).betas({0.5, 0.999})),
        optimizer_d_(discriminator_->parameters(),
                     torch::optim::AdamOptions(2e-4).betas({0.5, 0.999})) {
    initialize(*generator_);
    initialize(*discriminator_);
  }

  void train(int64_t steps) override {
    for (int64_t i = 0; i < steps; ++i) step();
  }

  void generate(int64_t count) override {
    constexpr int64_t kBatch = 64;
    generator_->eval();
    const torch::NoGradGuard no_grad;
    for (int64_t first = 0; first < count; first += kBatch) {
      generator_->forward(torch::randn({std::min(kBatch, count - first), setting_.nz, 1, 1}))
          .add_(1)
          .mul_(127.5)
          .round_()
          .clamp_(0, 255)
          .to(torch::kUInt8);
    }
    generator_->train();
  }

 private:
  void step() {
    const int64_t batch = setting_.batch_size;
    const int64_t first = step_++ * batch % (images_.size(0) - batch + 1);
    const torch::Tensor real =
        images_.narrow(0, first, batch).to(torch::kFloat).div_(127.5).sub_(1);
    const torch::Tensor ones = torch::ones({batch});
    const torch::Tensor zeros = torch::zeros({batch});
    discriminator_->zero_grad();
    torch::Tensor output = discriminator_->forward(real).flatten();
    torch::Tensor loss_d = torch::binary_cross_entropy(output, ones);
    loss_d.backward();
    sink_ += output.mean().item<double>();
    const torch::Tensor fake = generator_->forward(torch::randn({batch, setting_.nz, 1, 1}));
    output = discriminator_->forward(fake.detach()).flatten();
    loss_d = torch::binary_cross_entropy(output, zeros);
    loss_d.backward();
    sink_ += output.mean().item<double>();
    optimizer_d_.step();

    generator_->zero_grad();
    output = discriminator_->forward(fake).flatten();
    const torch::Tensor loss_g = torch::binary_cross_entropy(output, ones);
    loss_g.backward();
    sink_ += output.mean().item<double>() + loss_g.item<double>();
    optimizer_g_.step();
  }

  Setting setting_;
  torch::Tensor images_;
  nn::Sequential generator_;
  nn::Sequential discriminator_;
  torch::optim::Adam optimizer_g_;
  torch::optim::Adam optimizer_d_;
  int64_t step_ = 0;
  double sink_ = 0;
};

}  // namespace

std::unique_ptr<Contestant> make_plain_loop(const Setting& setting) {
  return std::make_unique<PlainLoop>(setting);
}

}  // namespace dcgan::bench
