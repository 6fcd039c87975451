// What is left of a variance and of a gradient where the mean is far larger than the deviation.

#include "models/kernels/batch_norm_reference.h"

namespace dcgan::kernels::testing {
namespace {

class BatchNormPrecision : public EveryTarget {};
DCGAN_EVERY_TARGET(BatchNormPrecision);

TEST_P(BatchNormPrecision, VarianceIsRightToAThousandthAtMeanTenThousandAndDeviationAHundredth) {
  for (const MemoryOrder order : kOrders) {
    for (const int64_t spatial : {1, 16, 64, 1024, 5000}) {
      const BatchNormShape shape{1, 32, 5, spatial, order};
      const Problem<float> p(shape, 0.2, true, 7, 1e4, 1e-2);
      const ReferenceAnswer r = reference_answer(p);
      const Answer<float> a = by_passes(p);
      for (size_t e = 0; e < r.mean.size(); ++e) {
        EXPECT_NEAR(a.variance[e] / r.variance[e], 1.0, 1e-3) << "spatial " << spatial;
        EXPECT_NEAR(a.mean[e], r.mean[e], 1e-6);
      }
      for (size_t i = 0; i < r.y.size(); ++i) ASSERT_NEAR(as_float(a.y[i]), r.y[i], 5e-3);
    }
  }
}

TEST_P(BatchNormPrecision, GradientIsRightToAThousandthAtMeanTenThousand) {
  for (const MemoryOrder order : kOrders) {
    for (const int64_t spatial : {1, 16, 100}) {
      // A mean that no float is near, and dy that goes with x, so that every term counts.
      Problem<float> p({1, 32, 5, spatial, order}, 1.0, true, 8, 1e4 + 0.0004, 1e-2);
      for (int64_t i = 0; i < p.shape.elements(); ++i) {
        p.dy[i] = (p.x[i] - 1e4f) * 100.0f + p.dy[i] * 0.1f;
      }
      const ReferenceAnswer r = reference_answer(p);
      const Answer<float> a = by_passes(p);
      for (size_t e = 0; e < r.mean.size(); ++e) {
        EXPECT_NEAR(a.sum_dy_xhat[e], r.sum_dy_xhat[e], 1e-4 * r.dy_magnitude[e]);
      }
      for (size_t i = 0; i < r.dx.size(); ++i) {
        ASSERT_NEAR(a.dx[i], r.dx[i], 1e-3 * r.inv_std[0]);
      }
    }
  }
}

TEST_P(BatchNormPrecision, ConstantChannelHasVarianceZeroAndBecomesBeta) {
  for (const MemoryOrder order : kOrders) {
    for (const float value : {0.0f, 0.1f, 1e4f, 12345.678f, -3e30f, 1e-40f}) {
      for (const int64_t spatial : {1, 16, 49, 256, 3000}) {
        Problem<float> p({2, 37, 3, spatial, order}, 1.0, true, 9);
        for (int64_t i = 0; i < p.shape.elements(); ++i) p.x[i] = value;
        const Answer<float> a = by_steps(p);
        for (size_t e = 0; e < a.mean.size(); ++e) {
          EXPECT_EQ(a.variance[e], 0.0);
          EXPECT_EQ(a.mean[e], static_cast<double>(value));
        }
        for (int64_t i = 0; i < p.shape.elements(); ++i) {
          const float beta = p.beta[static_cast<size_t>(p.entry(i) % p.shape.channels)];
          ASSERT_NEAR(a.y[static_cast<size_t>(i)], beta, 1e-4f);
        }
      }
    }
  }
}

}  // namespace
}  // namespace dcgan::kernels::testing
