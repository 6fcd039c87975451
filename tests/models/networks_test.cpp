#include <gtest/gtest.h>

#include <map>

#include "models/discriminator.h"
#include "models/generator.h"
#include "models/initialization.h"

namespace dcgan {
namespace {

TEST(Networks, EveryLegalSizeAndChannelCountGivesItsImageAndOneLogit) {
  const torch::NoGradGuard no_grad;
  for (const int64_t size : {16, 32, 64, 128, 256}) {
    for (const int64_t channels : {1, 2, 3, 4}) {
      Generator g(GeneratorOptions().image_size(size).channels(channels).nz(7).ngf(2));
      Discriminator d(DiscriminatorOptions().image_size(size).channels(channels).ndf(2));
      const auto images = g->forward(torch::randn({3, 7}));
      EXPECT_EQ(images.sizes(), (std::vector<int64_t>{3, channels, size, size}));
      EXPECT_LE(images.abs().max().item<float>(), 1.0f);
      EXPECT_EQ(d->forward(images).sizes(), (std::vector<int64_t>{3}));
    }
  }
}

TEST(Networks, ShapesAtSize64AreThoseOfThePyTorchExample) {
  std::map<std::string, std::vector<int64_t>> expected{{"main.0.weight", {100, 512, 4, 4}},
                                                       {"main.3.weight", {512, 256, 4, 4}},
                                                       {"main.6.weight", {256, 128, 4, 4}},
                                                       {"main.9.weight", {128, 64, 4, 4}},
                                                       {"main.12.weight", {64, 3, 4, 4}}};
  for (const auto& [layer, channels] :
       std::map<int, int64_t>{{1, 512}, {4, 256}, {7, 128}, {10, 64}}) {
    expected["main." + std::to_string(layer) + ".weight"] = {channels};
    expected["main." + std::to_string(layer) + ".bias"] = {channels};
  }
  std::map<std::string, std::vector<int64_t>> found;
  Generator generator;
  for (const auto& item : generator->named_parameters())
    found[item.key()] = item.value().sizes().vec();
  EXPECT_EQ(found, expected);
}

TEST(Networks, AblatedNetworkHasBiasesInPlaceOfTheNormsAndTheSameNames) {
  Discriminator with(DiscriminatorOptions().image_size(32));
  Discriminator without(DiscriminatorOptions().image_size(32).normalization(Normalization::kNone));
  for (const auto& item : without->named_parameters()) {
    if (!item.key().ends_with(".bias")) {
      EXPECT_TRUE(with->named_parameters().contains(item.key())) << item.key();
    }
  }
  EXPECT_TRUE(without->named_parameters().contains("main.2.bias"));
  EXPECT_TRUE(without->named_parameters().contains("main.5.bias"));
  EXPECT_FALSE(without->named_parameters().contains("main.0.bias"));  // no norm there either way
  EXPECT_FALSE(without->named_parameters().contains("main.3.weight"));
  EXPECT_TRUE(without->named_buffers().is_empty());
}

TEST(Networks, GeneratedImageDoesNotDependOnBatchmates) {
  const torch::NoGradGuard no_grad;
  Generator g(GeneratorOptions().image_size(32).channels(1).ngf(8));
  initialize(*g, {}, 1);
  g->forward(torch::randn({16, 100}));  // running statistics that are not 0 and 1
  g->eval();
  const auto latents = torch::randn({5, 100});
  const auto together = g->forward(latents);
  const auto others = torch::cat({latents.slice(0, 2, 3), torch::randn({8, 100}) * 10});
  EXPECT_LT((g->forward(others)[0] - together[2]).abs().max().item<float>(), 1e-5f);
}

TEST(Networks, CloneSharesNothing) {
  Generator g(GeneratorOptions().image_size(16).ngf(4));
  initialize(*g, {}, 1);
  const auto copy = std::dynamic_pointer_cast<GeneratorImpl>(g->clone());
  const auto z = torch::randn({4, 100});
  g->eval();
  copy->eval();
  EXPECT_TRUE(torch::equal(g->forward(z), copy->forward(z)));
  {
    const torch::NoGradGuard no_grad;
    for (auto& p : g->parameters()) p.zero_();
  }
  EXPECT_FALSE(torch::equal(g->forward(z), copy->forward(z)));
}

TEST(Networks, WrongOptionsAndInputsAreRefused) {
  for (const int64_t size : {0, 8, 48, 65, 512, -32}) {
    EXPECT_THROW(Generator(GeneratorOptions().image_size(size)), c10::ValueError) << size;
  }
  EXPECT_THROW(Generator(GeneratorOptions().channels(5)), c10::ValueError);
  EXPECT_THROW(Discriminator(DiscriminatorOptions().ndf(0)), c10::ValueError);
  Generator g(GeneratorOptions().image_size(16).ngf(2));
  EXPECT_THROW(g->forward(torch::randn({2, 99})), c10::ValueError);
  Discriminator d(DiscriminatorOptions().image_size(16).ndf(2));
  EXPECT_THROW(d->forward(torch::randn({2, 3, 32, 32})), c10::ValueError);
}

}  // namespace
}  // namespace dcgan
