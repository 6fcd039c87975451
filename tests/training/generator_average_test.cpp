#include "training/generator_average.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace dcgan {
namespace {

Generator small_generator() {
  return Generator(GeneratorOptions().image_size(16).channels(1).nz(4).ngf(4));
}

TEST(GeneratorAverage, BeginsAsACopyOfWeightsAndStatistics) {
  const Generator generator = small_generator();
  const torch::NoGradGuard no_grad;
  GeneratorAverage average(generator, 0.999);
  for (auto& p : generator->parameters()) p.fill_(3);
  for (auto& b : generator->buffers()) b.fill_(5);
  average.update();
  for (const auto& p : average.generator()->parameters()) EXPECT_TRUE((p == 3).all().item<bool>());
  for (const auto& b : average.generator()->buffers()) EXPECT_TRUE((b == 5).all().item<bool>());
}

TEST(GeneratorAverage, FollowsTheFormulaWithItsWarmUp) {
  const Generator generator = small_generator();
  const torch::NoGradGuard no_grad;
  const double decay = 0.5;
  GeneratorAverage average(generator, decay);
  double expected = 0;
  for (int t = 0; t < 20; ++t) {
    for (auto& p : generator->parameters()) p.fill_(t + 1);
    for (auto& buffer : generator->buffers()) buffer.fill_(10 * (t + 1));
    average.update();
    const double d = t == 0 ? 0 : std::min(decay, (1.0 + t) / (10.0 + t));
    expected = d * expected + (1 - d) * (t + 1);
    EXPECT_NEAR(average.generator()->parameters()[0].flatten()[0].item<double>(), expected, 1e-4);
    for (const auto& item : average.generator()->named_buffers()) {
      const std::string& name = item.key();
      const double value = item.value().flatten()[0].item<double>();
      // Counts are copied, statistics averaged.
      const bool counts = name.ends_with("num_batches_tracked");
      EXPECT_NEAR(value, counts ? 10 * (t + 1) : 10 * expected, 1e-2) << name;
    }
  }
  EXPECT_EQ(average.updates(), 20);
  EXPECT_FALSE(average.generator()->is_training());
}

}  // namespace
}  // namespace dcgan
