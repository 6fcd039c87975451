#include <torch/types.h>

#include <array>
#include <cmath>

#include "metrics/features.h"
#include "models/random.h"

namespace dcgan {
namespace {

// Three strided convolutions with weights N(0, 2 / fan_in) drawn from a seed that never changes,
// and the mean of every map of every stage: sensitive to colour, edges and texture at three scales,
// and the same for everybody.
class RandomFeatures : public FeatureExtractor {
 public:
  RandomFeatures() {
    const RandomStream random(0, "random features");
    for (size_t i = 0; i < kChannels.size() - 1; ++i) {
      at::Tensor weight = torch::empty({kChannels[i + 1], kChannels[i], 4, 4});
      random.substream(i).fill_normal(weight, 0,
                                      std::sqrt(2.0 / static_cast<double>(16 * kChannels[i])));
      weights_.push_back(weight);
    }
  }

  std::string name() const override { return "random"; }
  std::string fingerprint() const override { return "random-1"; }
  int64_t dimension() const override { return kChannels[1] + kChannels[2] + kChannels[3]; }

  Features extract(const at::Tensor& images) override {
    const torch::NoGradGuard no_grad;
    at::Tensor x = to_network_images(images, 3, kSize);
    std::vector<at::Tensor> pooled;
    for (const at::Tensor& weight : weights_) {
      x = torch::leaky_relu(torch::conv2d(x, weight, {}, /*stride=*/2, /*padding=*/1), 0.2);
      pooled.push_back(x.mean({2, 3}));
    }
    return {torch::cat(pooled, 1), {}};
  }

 private:
  static constexpr int64_t kSize = 32;
  static constexpr std::array<int64_t, 4> kChannels{3, 32, 64, 128};
  std::vector<at::Tensor> weights_;
};

}  // namespace

std::unique_ptr<FeatureExtractor> open_random_features() {
  return std::make_unique<RandomFeatures>();
}

}  // namespace dcgan
