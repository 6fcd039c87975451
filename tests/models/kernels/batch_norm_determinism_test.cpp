// The same bits whatever the groups, threads, alignment and memory that a call is given.

#include <ATen/Parallel.h>

#include "models/kernels/batch_norm_reference.h"

namespace dcgan::kernels::testing {
namespace {

class BatchNormDeterminism : public EveryTarget {};
DCGAN_EVERY_TARGET(BatchNormDeterminism);

template <class T>
std::vector<T> slice(const std::vector<T>& all, int64_t part, int64_t parts) {
  const auto size = static_cast<ptrdiff_t>(all.size()) / parts;
  return {all.begin() + part * size, all.begin() + (part + 1) * size};
}

TEST_P(BatchNormDeterminism, TwoGroupsEqualTwoCallsBitForBit) {
  for (const MemoryOrder order : kOrders) {
    for (const BatchNormShape& shape :
         {BatchNormShape{2, 32, 16, 64, order}, BatchNormShape{2, 5, 33, 9, order},
          BatchNormShape{2, 64, 3, 1024, order}, BatchNormShape{2, 16, 64, 1, order},
          BatchNormShape{2, 64, 40, 16, order}}) {
      const Problem<float> both(shape, 0.2, true, 11);
      const Answer<float> together = by_passes(both);
      for (int64_t group = 0; group < 2; ++group) {
        BatchNormShape half = shape;
        half.groups = 1;
        Problem<float> one(half, 0.2, true, 11);
        one.gamma = both.gamma;
        one.beta = both.beta;
        for (int64_t i = 0; i < half.elements(); ++i) {
          one.x[i] = both.x[group * half.elements() + i];
          one.dy[i] = both.dy[group * half.elements() + i];
        }
        const Answer<float> alone = by_passes(one);
        EXPECT_TRUE(same_bits(alone.mean, slice(together.mean, group, 2)));
        EXPECT_TRUE(same_bits(alone.variance, slice(together.variance, group, 2)));
        EXPECT_TRUE(same_bits(alone.y, slice(together.y, group, 2)));
        EXPECT_TRUE(same_bits(alone.sum_dy, slice(together.sum_dy, group, 2)));
        EXPECT_TRUE(same_bits(alone.sum_dy_xhat, slice(together.sum_dy_xhat, group, 2)));
        EXPECT_TRUE(same_bits(alone.dx, slice(together.dx, group, 2)));
      }
    }
  }
}

TEST_P(BatchNormDeterminism, ResultsDoNotDependOnTheNumberOfThreads) {
  const int threads_before = at::get_num_threads();
  for (const MemoryOrder order : kOrders) {
    for (const BatchNormShape& shape :
         {BatchNormShape{1, 64, 20, 256, order}, BatchNormShape{2, 64, 3, 1024, order},
          BatchNormShape{1, 64, 64, 16, order}, BatchNormShape{1, 64, 1024, 1, order}}) {
      const Problem<float> p(shape, 0.2, true, 13);
      at::set_num_threads(1);
      const Answer<float> one = by_steps(p);
      for (const int threads : {2, 3}) {
        at::set_num_threads(threads);
        expect_same_bits(one, by_steps(p));
        expect_same_bits(one, by_passes(p));
      }
    }
  }
  at::set_num_threads(threads_before);
}

TEST_P(BatchNormDeterminism, ResultsDoNotDependOnAlignmentNorOnWritingPastTheCache) {
  // Just above the size from which aligned outputs are written past the cache.
  for (const MemoryOrder order : kOrders) {
    const BatchNormShape shape{1, 33, 256, 1024, order};
    const Problem<float> unaligned(shape, 0.2, true, 17, 0.5, 2.0, true);
    const Answer<float> a = by_passes(unaligned);
    GuardedBuffer<float> y(shape.elements(), false), dx(shape.elements(), false);
    const BatchNormTransform<float> transform{
        a.mean.data(), a.inv_std.data(), unaligned.gamma_or_null(), unaligned.beta_or_null(), 0.2};
    batch_norm_forward(shape, unaligned.x.data(), transform, y.data());
    EXPECT_TRUE(same_bits(y.values(), a.y));
    std::vector<double> sum_dy(a.sum_dy), sum_dy_xhat(a.sum_dy_xhat);
    batch_norm_backward_training(shape, unaligned.x.data(), unaligned.dy.data(), transform, true,
                                 true, sum_dy.data(), sum_dy_xhat.data(), dx.data());
    EXPECT_TRUE(same_bits(dx.values(), a.dx));
    EXPECT_TRUE(y.is_intact() && dx.is_intact());
  }
}

TEST_P(BatchNormDeterminism, InPlaceEqualsOutOfPlaceBitForBit) {
  for (const MemoryOrder order : kOrders) {
    for (const BatchNormShape& shape :
         {BatchNormShape{1, 8, 12, 16, order}, BatchNormShape{2, 9, 33, 100, order},
          BatchNormShape{1, 64, 3, 1024, order}}) {
      Problem<float> p(shape, 0.2, true, 19);
      const Answer<float> a = by_steps(p);
      std::vector<double> mean(a.mean), variance(a.mean), inv_std(a.mean);
      std::vector<double> sum_dy(a.mean), sum_dy_xhat(a.mean);
      const BatchNormTransform<float> transform{a.mean.data(), a.inv_std.data(), p.gamma.data(),
                                                p.beta.data(), 0.2};

      GuardedBuffer<float> dy = p.dy;
      batch_norm_backward_training(shape, p.x.data(), dy.data(), transform, true, true,
                                   sum_dy.data(), sum_dy_xhat.data(), dy.data());
      EXPECT_TRUE(same_bits(dy.values(), a.dx));

      GuardedBuffer<float> x = p.x;
      batch_norm_backward_data(
          shape, x.data(), p.dy.data(), transform,
          {a.sum_dy.data(), a.sum_dy_xhat.data(), static_cast<double>(shape.values_per_channel())},
          x.data());
      EXPECT_TRUE(same_bits(x.values(), a.dx));

      x = p.x;
      batch_norm_forward(shape, x.data(), transform, x.data());
      EXPECT_TRUE(same_bits(x.values(), a.y));

      batch_norm_forward_training(shape, p.x.data(), p.gamma.data(), p.beta.data(), p.eps, 0.2,
                                  mean.data(), variance.data(), inv_std.data(), p.x.data());
      EXPECT_TRUE(same_bits(p.x.values(), a.y));
    }
  }
}

}  // namespace
}  // namespace dcgan::kernels::testing
