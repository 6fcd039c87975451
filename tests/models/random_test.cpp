#include "models/random.h"

#include <gtest/gtest.h>
#include <torch/types.h>

namespace dcgan {
namespace {

TEST(RandomStream, NormalNumbersHaveTheirMoments) {
  torch::Tensor values = torch::empty({200001}, torch::kFloat64);  // odd: the last has no partner
  RandomStream(1, "test").fill_normal(values, 2.0, 3.0);
  const torch::Tensor standard = (values - 2) / 3;
  const double n = static_cast<double>(values.numel());
  EXPECT_LT(std::abs(standard.mean().item<double>()), 5 / std::sqrt(n));
  EXPECT_LT(std::abs(standard.pow(2).mean().item<double>() - 1), 5 * std::sqrt(2 / n));
  EXPECT_LT(std::abs(standard.pow(3).mean().item<double>()), 5 * std::sqrt(15 / n));
  EXPECT_LT(std::abs(standard.pow(4).mean().item<double>() - 3), 5 * std::sqrt(96 / n));
}

TEST(RandomStream, StreamsAndSubstreamsDiffer) {
  EXPECT_NE(RandomStream(1, "a").key(), RandomStream(1, "b").key());
  EXPECT_NE(RandomStream(1, "a").key(), RandomStream(2, "a").key());
  EXPECT_NE(RandomStream(1, "a").substream(0).key(), RandomStream(1, "a").substream(1).key());
  EXPECT_EQ(RandomStream(1, "a").substream(7).key(), RandomStream(1, "a").substream(7).key());
}

TEST(RandomStream, PermutationHasEveryIndexOnceAndMovesUniformly) {
  constexpr int64_t kSize = 5;
  constexpr int64_t kRepeats = 20000;
  torch::Tensor counts = torch::zeros({kSize, kSize}, torch::kFloat64);
  for (int64_t r = 0; r < kRepeats; ++r) {
    const torch::Tensor order = RandomStream(9, "order").substream(r).permutation(kSize);
    EXPECT_TRUE(torch::equal(std::get<0>(order.sort()), torch::arange(kSize)));
    for (int64_t i = 0; i < kSize; ++i) counts[i][order[i]] += 1;
  }
  const double expected = static_cast<double>(kRepeats) / kSize;
  const double chi2 = ((counts - expected).pow(2) / expected).sum().item<double>();
  EXPECT_LT(chi2, 45);  // 16 degrees of freedom: exceeded once in 7,000
}

}  // namespace
}  // namespace dcgan
