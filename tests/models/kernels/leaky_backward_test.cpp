#include "models/kernels/leaky_backward.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>
#include <torch/types.h>

#include "models/kernels/every_target.h"

namespace dcgan::kernels::testing {
namespace {

class LeakyBackward : public EveryTarget {};
DCGAN_EVERY_TARGET(LeakyBackward);

template <typename T>
void check(int64_t pixels, int64_t channels, double slope, int64_t offset) {
  const auto options = torch::TensorOptions(c10::CppTypeToScalarType<T>::value);
  const torch::Tensor value = torch::randn({pixels, channels}, options);
  const torch::Tensor y = torch::leaky_relu(value, slope);
  // `offset` elements into a buffer: pointers that no vector is aligned to.
  torch::Tensor room = torch::randn({pixels * channels + offset}, options);
  torch::Tensor dy = room.narrow(0, offset, pixels * channels);
  const torch::Tensor expected = torch::leaky_relu_backward(dy.view_as(value), value, slope, false);
  torch::Tensor dx = torch::empty_like(dy);
  torch::Tensor dbias = torch::empty({channels}, options);
  leaky_backward<T>(pixels, channels, y.const_data_ptr<T>(), dy.const_data_ptr<T>(),
                    static_cast<T>(slope), dx.mutable_data_ptr<T>(), dbias.mutable_data_ptr<T>());
  EXPECT_TRUE(torch::equal(dx.view_as(value), expected));
  const torch::Tensor sums = expected.to(torch::kFloat64).sum(0);
  const double bound = (sizeof(T) == 4 ? 1e-6 : 1e-15) *
                       (1 + expected.abs().to(torch::kFloat64).sum(0).max().item<double>());
  EXPECT_LT((dbias.to(torch::kFloat64) - sums).abs().max().item<double>(), bound)
      << pixels << "x" << channels;
  torch::Tensor alone = torch::empty_like(dbias);
  channel_sums<T>(pixels, channels, dx.const_data_ptr<T>(), alone.mutable_data_ptr<T>());
  EXPECT_TRUE(torch::equal(alone, dbias));
  leaky_backward<T>(pixels, channels, y.const_data_ptr<T>(), dy.const_data_ptr<T>(),
                    static_cast<T>(slope), dy.mutable_data_ptr<T>(), nullptr);  // in place
  EXPECT_TRUE(torch::equal(dx, dy));
}

TEST_P(LeakyBackward, EqualsLibTorchsOperatorOnOddSizesAndUnalignedMemory) {
  torch::manual_seed(1);
  for (const int64_t channels : {1, 3, 4, 15, 16, 17, 64}) {
    for (const int64_t pixels : {1, 2, 77, 5000}) {
      for (const double slope : {0.0, 0.2, 1.0}) {
        check<float>(pixels, channels, slope, pixels % 3);
        check<double>(pixels, channels, slope, pixels % 3);
      }
    }
  }
}

TEST_P(LeakyBackward, DoesNotDependOnTheNumberOfThreads) {
  torch::manual_seed(1);
  const torch::Tensor x = torch::randn({40000, 17});
  const auto sums = [&](int threads) {
    at::set_num_threads(threads);
    torch::Tensor result = torch::empty({17});
    channel_sums<float>(40000, 17, x.const_data_ptr<float>(), result.mutable_data_ptr<float>());
    return result;
  };
  const torch::Tensor one = sums(1);
  EXPECT_TRUE(torch::equal(one, sums(3)));
}

}  // namespace
}  // namespace dcgan::kernels::testing
