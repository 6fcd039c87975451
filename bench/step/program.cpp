#include <algorithm>

#include "bench/step/contestant.h"
#include "sampling/latents.h"
#include "sampling/sampler.h"
#include "training/networks.h"
#include "training/step.h"

namespace dcgan::bench {
namespace {

class Program : public Contestant {
 public:
  explicit Program(const Setting& setting)
      : setting_(setting),
        images_(torch::randint(0, 256,
                               {2048, setting.image_size, setting.image_size, setting.channels},
                               torch::kUInt8)
                    .to(setting.device)),
        networks_(make_networks(GeneratorOptions()
                                    .image_size(setting.image_size)
                                    .channels(setting.channels)
                                    .nz(setting.nz)
                                    .ngf(setting.nf)
                                    .normalization(norm()),
                                DiscriminatorOptions()
                                    .image_size(setting.image_size)
                                    .channels(setting.channels)
                                    .ndf(setting.nf)
                                    .normalization(norm()),
                                parse_initialization("dcgan"), /*seed=*/0, {}, {},
                                setting.device)) {}

  void train(int64_t steps) override {
    const int64_t batch = setting_.batch_size;
    for (int64_t i = 0; i < steps; ++i) {
      const int64_t first = step_ * batch % (images_.size(0) - batch + 1);
      ++step_;
      const torch::Tensor real = images_.narrow(0, first, batch)
                                     .permute({0, 3, 1, 2})
                                     .to(torch::kFloat)
                                     .div_(127.5)
                                     .sub_(1);
      loss_ =
          train_step(networks_, real,
                     training_latents(/*seed=*/0, step_, batch, setting_.nz).to(setting_.device),
                     false)
              .loss_d;
    }
    sink_ += loss_.item<double>();  // waits for a GPU
  }

  void generate(int64_t count) override {
    constexpr int64_t kBatch = 64;
    for (int64_t first = 0; first < count; first += kBatch) {
      const auto seeds = seed_range(first, std::min(kBatch, count - first));
      sink_ += static_cast<double>(
          sample_images(networks_.generator, latents_of_seeds(seeds, setting_.nz)).numel());
    }
  }

 private:
  Normalization norm() const {
    return setting_.norm ? Normalization::kBatch : Normalization::kNone;
  }

  Setting setting_;
  torch::Tensor images_;
  Networks networks_;
  torch::Tensor loss_;
  int64_t step_ = 0;
  double sink_ = 0;
};

}  // namespace

std::unique_ptr<Contestant> make_program(const Setting& setting) {
  return std::make_unique<Program>(setting);
}

}  // namespace dcgan::bench
