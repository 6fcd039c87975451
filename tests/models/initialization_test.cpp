#include "models/initialization.h"

#include <gtest/gtest.h>

#include "models/discriminator.h"
#include "models/generator.h"

namespace dcgan {
namespace {

double std_of(const torch::nn::Module& network, const std::string& name) {
  return network.named_parameters()[name].std().item<double>();
}

TEST(Initialization, StandardDeviationsFollowTheirFormulas) {
  Generator g(GeneratorOptions().image_size(32).channels(1).nz(100).ngf(32));
  Discriminator d(DiscriminatorOptions().image_size(32).channels(1).ndf(32));
  const auto check = [&](const char* scheme, double g0, double g3, double d2) {
    initialize(*g, parse_initialization(scheme), 1);
    initialize(*d, parse_initialization(scheme), 1);
    EXPECT_NEAR(std_of(*g, "main.0.weight") / g0, 1, 0.03) << scheme;
    EXPECT_NEAR(std_of(*g, "main.3.weight") / g3, 1, 0.03) << scheme;
    EXPECT_NEAR(std_of(*d, "main.2.weight") / d2, 1, 0.03) << scheme;
  };
  check("dcgan", 0.02, 0.02, 0.02);
  check("normal:0.5", 0.5, 0.5, 0.5);
  // G's first stage sees 100 inputs once; its second 128 maps through 2x2 taps; D's second 32 maps
  // through 4x4 taps and each of its inputs reaches 64 maps through 2x2.
  check("he", std::sqrt(2. / 100), std::sqrt(2. / (128 * 4)), std::sqrt(2. / (32 * 16)));
  check("xavier", std::sqrt(2. / (100 + 128 * 16)), std::sqrt(2. / (128 * 4 + 64 * 16)),
        std::sqrt(2. / (32 * 16 + 64 * 4)));
}

TEST(Initialization, HeKeepsTheVarianceOfActivationsThroughATransposedStage) {
  torch::manual_seed(0);
  Generator g(
      GeneratorOptions().image_size(64).channels(1).ngf(16).normalization(Normalization::kNone));
  initialize(*g, parse_initialization("he"), 2);
  const auto weight = g->named_parameters()["main.3.weight"];
  const auto x = torch::relu(torch::randn({16, weight.size(0), 16, 16}));
  const auto y = torch::conv_transpose2d(x, weight, {}, 2, 1).slice(2, 2, -2).slice(3, 2, -2);
  EXPECT_NEAR(y.var().item<double>(), 1.0, 0.1);
}

TEST(Initialization, DependsOnTheSeedAlone) {
  Generator a, b;
  initialize(*a, {}, 5);
  initialize(*b, {}, 5);
  const auto parameters = a->named_parameters();
  for (const auto& item : parameters) {
    EXPECT_TRUE(torch::equal(item.value(), b->named_parameters()[item.key()])) << item.key();
  }
  initialize(*b, {}, 6);
  EXPECT_FALSE(
      torch::equal(a->named_parameters()["main.0.weight"], b->named_parameters()["main.0.weight"]));
}

TEST(Initialization, UnknownNamesAreRefused) {
  for (const char* text : {"", "He", "normal", "normal:", "normal:0", "normal:-1", "normal:x",
                           "normal:inf", "normal:1 "}) {
    EXPECT_THROW(parse_initialization(text), c10::ValueError) << text;
  }
}

}  // namespace
}  // namespace dcgan
