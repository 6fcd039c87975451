#include "sampling/sampler.h"

#include <gtest/gtest.h>

#include "metrics/diversity.h"
#include "models/initialization.h"
#include "sampling/latents.h"

namespace dcgan {
namespace {

TEST(Sampler, ImageHasTheSameBytesAloneAndInAnyCompany) {
  Generator g(GeneratorOptions().image_size(32).channels(3).ngf(16));
  initialize(*g, parse_initialization("he"), 1);
  {
    const torch::NoGradGuard no_grad;
    g->forward(torch::randn({32, 100}));
  }
  const auto all = sample_images(g, latents_of_seeds(seed_range(0, 70), 100));
  EXPECT_EQ(all.sizes(), (std::vector<int64_t>{70, 32, 32, 3}));
  for (const uint64_t seed : {0, 5, 15, 16, 33, 69}) {
    EXPECT_TRUE(torch::equal(sample_images(g, latents_of_seeds({seed}, 100))[0],
                             all[static_cast<int64_t>(seed)]))
        << seed;
  }
  EXPECT_TRUE(g->is_training());
}

TEST(Sampler, StandardDeviationIsZeroForEqualImagesAndOnTheNetworksScale) {
  EXPECT_EQ(sample_standard_deviation(torch::full({5, 4, 4, 1}, 9, torch::kUInt8)), 0.0);
  const auto half = torch::cat({torch::zeros({500, 4, 4, 1}), torch::full({500, 4, 4, 1}, 255)});
  EXPECT_NEAR(sample_standard_deviation(half.to(torch::kUInt8)), 1.0, 1e-3);
}

}  // namespace
}  // namespace dcgan
