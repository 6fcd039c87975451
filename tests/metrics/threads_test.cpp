// A distance decides which checkpoint is kept as the best one, so a resumed run has to find the
// very same: not a bit of it may depend on how many threads worked.
#include <ATen/Parallel.h>
#include <gtest/gtest.h>
#include <torch/types.h>

#include <functional>

#include "metrics/fid.h"
#include "metrics/kid.h"
#include "models/random.h"

namespace dcgan {
namespace {

at::Tensor drawn_features(uint64_t seed, int64_t count, int64_t dimension) {
  at::Tensor values = torch::empty({count, dimension});
  RandomStream(seed, "features").fill_normal(values, 1, 2);
  at::Tensor mix = torch::empty({dimension, dimension});
  RandomStream(seed + 1, "mix").fill_normal(mix, 0, 1);
  return values.matmul(mix);
}

FeatureMoments moments_of(const at::Tensor& features) {
  FeatureMoments moments(features.size(1));
  for (const at::Tensor& piece : features.split(256)) moments.add(piece);
  return moments;
}

void expect_same_on_any_number_of_threads(const std::function<double()>& value) {
  const int before = at::get_num_threads();
  at::set_num_threads(1);
  const double expected = value();
  for (const int threads : {2, 3, 4, 7}) {
    at::set_num_threads(threads);
    EXPECT_EQ(value(), expected) << threads << " threads";
    EXPECT_EQ(at::get_num_threads(), threads) << "left as they were";
  }
  at::set_num_threads(before);
}

class MetricsOnThreads : public ::testing::TestWithParam<int64_t> {};

TEST_P(MetricsOnThreads, FidIsTheSame) {
  const at::Tensor a = drawn_features(1, 700, GetParam());
  const at::Tensor b = drawn_features(5, 900, GetParam());
  expect_same_on_any_number_of_threads(
      [&] { return frechet_distance(moments_of(a), moments_of(b)); });
}

TEST_P(MetricsOnThreads, KidIsTheSame) {
  const at::Tensor a = drawn_features(1, 700, GetParam());
  const at::Tensor b = drawn_features(5, 900, GetParam());
  expect_same_on_any_number_of_threads([&] { return kernel_distance(a, b, 5, 300, 0).mean; });
  expect_same_on_any_number_of_threads([&] { return kernel_distance(a, b, 5, 300, 0).deviation; });
}

INSTANTIATE_TEST_SUITE_P(, MetricsOnThreads, ::testing::Values(64, 240));

}  // namespace
}  // namespace dcgan
