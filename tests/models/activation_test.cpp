#include "models/activation.h"

#include <gtest/gtest.h>

namespace dcgan {
namespace {

TEST(Activation, PlainTensorMaterializesToItself) {
  const torch::Tensor values = torch::randn({2, 3, 4, 4});
  EXPECT_TRUE(Activation(values).materialize().is_same(values));
}

TEST(Activation, MaterializeAppliesScaleShiftAndSlopeInThatOrder) {
  Activation activation(torch::randn({2, 3, 4, 4}, torch::kFloat64));
  activation.scale = torch::randn({3}, torch::kFloat64);
  activation.shift = torch::randn({3}, torch::kFloat64);
  activation.slope = 0.2;
  for (int64_t c = 0; c < 3; ++c) {
    const torch::Tensor plain =
        activation.values.select(1, c) * activation.scale[c].item<double>() +
        activation.shift[c].item<double>();
    const torch::Tensor expected = torch::where(plain > 0, plain, 0.2 * plain);
    EXPECT_TRUE(torch::allclose(activation.materialize().select(1, c), expected, 0, 1e-14));
  }
}

}  // namespace
}  // namespace dcgan
