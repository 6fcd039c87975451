// The backward as the derivative of the forward, and where the derivative has two values.

#include "models/kernels/batch_norm_reference.h"

namespace dcgan::kernels::testing {
namespace {

class BatchNormGradient : public EveryTarget {};
DCGAN_EVERY_TARGET(BatchNormGradient);

TEST_P(BatchNormGradient, BackwardIsTheDerivativeOfForwardByFiniteDifferences) {
  for (const MemoryOrder order : kOrders) {
    for (const double slope : {1.0, 0.2}) {
      const BatchNormShape shape{2, 3, 3, 4, order};
      Problem<double> p(shape, slope, true, 23);
      p.eps = 0.1;
      const auto loss = [&] {
        const Answer<double> a = by_passes(p);
        double sum = 0.0;
        for (size_t i = 0; i < a.y.size(); ++i) sum += a.y[i] * p.dy[static_cast<int64_t>(i)];
        return sum;
      };
      // A step that leads over the kink would see the mean of both slopes.
      const ReferenceAnswer r = reference_answer(p);
      for (const double z : r.z) ASSERT_GT(std::abs(z), 1e-4);
      const double step = 1e-5;
      const auto slope_of = [&](double& value) {
        const double before = value;
        value = before + step;
        const double above = loss();
        value = before - step;
        const double below = loss();
        value = before;
        return (above - below) / (2 * step);
      };
      const Answer<double> a = by_passes(p);
      for (int64_t i = 0; i < shape.elements(); ++i) {
        EXPECT_NEAR(a.dx[static_cast<size_t>(i)], slope_of(p.x[i]), 1e-7);
      }
      for (size_t c = 0; c < p.gamma.size(); ++c) {
        EXPECT_NEAR(a.sum_dy_xhat[c] + a.sum_dy_xhat[c + 3], slope_of(p.gamma[c]), 1e-7);
        EXPECT_NEAR(a.sum_dy[c] + a.sum_dy[c + 3], slope_of(p.beta[c]), 1e-7);
      }
    }
  }
}

TEST_P(BatchNormGradient, MaskOfTheBackwardIsTheSignOfTheForwardBitForBit) {
  // With gamma = 0 beta alone decides; with values around the mean many z lie next to zero.
  for (const MemoryOrder order : kOrders) {
    const BatchNormShape shape{1, 64, 9, 64, order};
    Problem<float> p(shape, 0.0, true, 29, 1e4, 1e-2);
    std::fill(p.beta.begin(), p.beta.end(), 0.0f);
    for (int64_t i = 0; i < shape.elements(); ++i) p.dy[i] = 1.0f;
    const Answer<float> a = by_steps(p, false, false);
    for (size_t i = 0; i < a.y.size(); ++i) {
      ASSERT_EQ(a.y[i] > 0.0f, a.dx[i] != 0.0f) << "element " << i;
    }
  }
}

TEST_P(BatchNormGradient, GradientAtPreActivationZeroTakesTheSlope) {
  for (const MemoryOrder order : kOrders) {
    for (const int64_t spatial : {16, 100}) {
      Problem<float> p({1, 4, 3, spatial, order}, 0.25, false, 30);
      for (int64_t i = 0; i < p.shape.elements(); ++i) p.x[i] = 5.0f;
      p.eps = 1.0;
      const Answer<float> a = by_steps(p, false, false);
      for (int64_t i = 0; i < p.shape.elements(); ++i) {
        ASSERT_EQ(a.y[static_cast<size_t>(i)], 0.0f);
        ASSERT_EQ(a.dx[static_cast<size_t>(i)], 0.25f * p.dy[i]);
      }
    }
  }
}

}  // namespace
}  // namespace dcgan::kernels::testing
