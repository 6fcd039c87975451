// The batch-norm kernels against plain loops in double, on every instruction set of this machine.

#include "models/kernels/batch_norm_reference.h"

namespace dcgan::kernels::testing {
namespace {

class BatchNormKernels : public EveryTarget {};
DCGAN_EVERY_TARGET(BatchNormKernels);

TEST_P(BatchNormKernels, EqualPlainLoopsInDoubleOnRandomShapesAndPassesEqualStepsBitForBit) {
  std::mt19937 random(1);
  const auto pick = [&](std::initializer_list<int64_t> from) {
    return *(from.begin() + static_cast<ptrdiff_t>(random() % from.size()));
  };
  for (uint32_t round = 0; round < 210; ++round) {
    BatchNormShape shape;
    shape.groups = pick({1, 1, 2, 3});
    shape.batch_per_group = pick({1, 2, 3, 5, 8, 16, 33, 64});
    shape.channels = pick({1, 2, 3, 5, 8, 16, 17, 20, 32, 33, 48, 64, 65, 100, 130});
    shape.spatial = pick({1, 2, 4, 9, 16, 25, 49, 63, 64, 65, 100, 256, 1024, 1300});
    // Keep the test short, but leave some shapes of several tiles and parts.
    while (shape.elements() > 150000 && shape.batch_per_group > 1) shape.batch_per_group /= 2;
    while (shape.elements() > 150000 && shape.channels > 1) shape.channels /= 2;
    if (shape.values_per_channel() < 2) shape.batch_per_group = 2;
    shape.order = kOrders[round % 2];
    const double slope = std::initializer_list<double>{1.0, 0.0, 0.2}.begin()[random() % 3];
    const bool affine = random() % 4 != 0;
    switch (random() % 3) {
      case 0:
        check_against_reference<float>(shape, slope, affine, round);
        break;
      case 1:
        check_against_reference<double>(shape, slope, affine, round);
        break;
      default:
        check_against_reference<BFloat16>(shape, slope, affine, round);
        break;
    }
    if (HasFatalFailure()) return;
  }
}

TEST_P(BatchNormKernels, EqualPlainLoopsOnShapesOfManyTilesAndParts) {
  for (const MemoryOrder order : kOrders) {
    for (const BatchNormShape& shape :
         {BatchNormShape{1, 64, 3, 1024, order}, BatchNormShape{2, 64, 16, 256, order},
          BatchNormShape{1, 33, 70, 100, order}, BatchNormShape{1, 200, 1100, 1, order},
          BatchNormShape{1, 3000, 5, 16, order}, BatchNormShape{1, 7, 1030, 9, order}}) {
      check_against_reference<float>(shape, 0.2, true, 3);
      if (HasFatalFailure()) return;
    }
  }
}
TEST_P(BatchNormKernels, SumsOfUnevenSharesOfABatchAddUpToTheWholeBatch) {
  const BatchNormShape whole{1, 8, 6, 50, MemoryOrder::kChannelsFirst};
  const Problem<float> p(whole, 0.2, true, 41);
  const Answer<float> expected = by_steps(p);
  const BatchNormTransform<float> transform{expected.mean.data(), expected.inv_std.data(),
                                            p.gamma.data(), p.beta.data(), 0.2};
  std::vector<BatchNormShape> shares(2, whole);
  shares[0].batch_per_group = 3;
  shares[1].batch_per_group = 5;
  const int64_t starts[] = {0, shares[0].elements()};
  std::vector<double> sum_dy(6, 0.0), sum_dy_xhat(6, 0.0);
  for (size_t s = 0; s < 2; ++s) {
    std::vector<double> part_dy(6), part_dy_xhat(6);
    batch_norm_backward_sums(shares[s], p.x.data() + starts[s], p.dy.data() + starts[s], transform,
                             part_dy.data(), part_dy_xhat.data());
    for (size_t c = 0; c < 6; ++c) {
      sum_dy[c] += part_dy[c];
      sum_dy_xhat[c] += part_dy_xhat[c];
    }
  }
  for (size_t s = 0; s < 2; ++s) {
    GuardedBuffer<float> dx(shares[s].elements());
    batch_norm_backward_data(
        shares[s], p.x.data() + starts[s], p.dy.data() + starts[s], transform,
        {sum_dy.data(), sum_dy_xhat.data(), static_cast<double>(whole.values_per_channel())},
        dx.data());
    for (int64_t i = 0; i < shares[s].elements(); ++i) {
      ASSERT_NEAR(dx[i], expected.dx[static_cast<size_t>(starts[s] + i)], 1e-6f);
    }
  }
}

TEST_P(BatchNormKernels, ConstantStatisticsNeedNoSums) {
  for (const MemoryOrder order : kOrders) {
    const Problem<float> p({1, 8, 20, 9, order}, 0.2, true, 31);
    const Answer<float> expected = by_steps(p, false, false);
    const BatchNormTransform<float> transform{expected.mean.data(), expected.inv_std.data(),
                                              p.gamma.data(), p.beta.data(), 0.2};
    GuardedBuffer<float> dx(p.shape.elements());
    BatchNormGradientSums none;
    none.through_mean = none.through_variance = false;
    batch_norm_backward_data(p.shape, p.x.data(), p.dy.data(), transform, none, dx.data());
    EXPECT_TRUE(same_bits(dx.values(), expected.dx));
  }
}

TEST_P(BatchNormKernels, NotANumberReachesTheResultsOfItsChannelOnly) {
  for (const MemoryOrder order : kOrders) {
    for (const int64_t spatial : {1, 16, 100}) {
      Problem<BFloat16> p({1, 8, 3, spatial, order}, 0.2, true, 37);
      const int64_t at = order == MemoryOrder::kChannelsFirst ? 3 * spatial + spatial : 3 + 1;
      ASSERT_EQ(p.entry(at), 1);
      p.x[at] = {0x7FC0};
      const Answer<BFloat16> a = by_steps(p);
      for (size_t e = 0; e < 3; ++e) {
        EXPECT_EQ(std::isnan(a.mean[e]), e == 1);
        EXPECT_EQ(std::isnan(a.variance[e]), e == 1);
      }
      for (int64_t i = 0; i < p.shape.elements(); ++i) {
        ASSERT_EQ(std::isnan(as_float(a.y[static_cast<size_t>(i)])), p.entry(i) == 1);
        ASSERT_EQ(std::isnan(as_float(a.dx[static_cast<size_t>(i)])), p.entry(i) == 1);
      }
    }
  }
}

TEST_P(BatchNormKernels, EmptyShapesAreNoWork) {
  for (const BatchNormShape& shape : {BatchNormShape{0, 1, 1, 1}, BatchNormShape{1, 0, 1, 1},
                                      BatchNormShape{1, 1, 0, 1}, BatchNormShape{1, 1, 1, 0}}) {
    double untouched = 42.0;
    float element = 42.0f;
    batch_norm_statistics(shape, &element, &untouched, &untouched);
    batch_norm_forward_training<float>(shape, &element, nullptr, nullptr, 1e-5, 1.0, &untouched,
                                       &untouched, &untouched, &element);
    const BatchNormTransform<float> transform{&untouched, &untouched};
    batch_norm_backward_training(shape, &element, &element, transform, true, true, &untouched,
                                 &untouched, &element);
    EXPECT_EQ(untouched, 42.0);
    EXPECT_EQ(element, 42.0f);
  }
}

}  // namespace
}  // namespace dcgan::kernels::testing
