// The batch-norm kernels against plain loops in double, on every instruction set of this machine.

#include "models/kernels/batch_norm.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <type_traits>
#include <vector>

#include "models/kernels/highway_targets.h"

#include "hwy/highway.h"

namespace dcgan::kernels {
namespace {

// ---- Elements ----

float as_float(float x) { return x; }
double as_float(double x) { return x; }
float as_float(BFloat16 x) {
  const uint32_t bits = uint32_t{x.bits} << 16;
  float value;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
}

template <class T>
T from_double(double x) {
  if constexpr (std::is_same_v<T, BFloat16>) {
    const float value = static_cast<float>(x);
    uint32_t bits;
    std::memcpy(&bits, &value, sizeof(bits));
    bits += 0x7FFF + ((bits >> 16) & 1);
    return {static_cast<uint16_t>(bits >> 16)};
  } else {
    return static_cast<T>(x);
  }
}

// Spacing of numbers near 1.
template <class T>
double epsilon() {
  if constexpr (std::is_same_v<T, BFloat16>)
    return 1.0 / 128;
  else
    return static_cast<double>(std::numeric_limits<T>::epsilon());
}

template <class T>
bool same_bits(const std::vector<T>& a, const std::vector<T>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0;
}

// Elements that start one element past an address aligned to a cache line, or at one.
template <class T>
class Buffer {
 public:
  explicit Buffer(int64_t size, bool unaligned = true)
      : memory_(static_cast<size_t>(size) + 2 * 64 / sizeof(T), from_double<T>(kGuard)) {
    const auto address = reinterpret_cast<uintptr_t>(memory_.data());
    begin_ = (64 - address % 64) % 64 / sizeof(T) + (unaligned ? 1 : 0);
    size_ = static_cast<size_t>(size);
  }
  T* data() { return memory_.data() + begin_; }
  const T* data() const { return memory_.data() + begin_; }
  T& operator[](int64_t i) { return data()[i]; }
  const T& operator[](int64_t i) const { return data()[i]; }
  std::vector<T> values() const { return {data(), data() + size_}; }

  // Nothing was written in front of or behind the elements.
  bool is_intact() const {
    for (size_t i = 0; i < memory_.size(); ++i) {
      const bool inside = i >= begin_ && i < begin_ + size_;
      if (!inside && as_float(memory_[i]) != as_float(from_double<T>(kGuard))) return false;
    }
    return true;
  }

 private:
  static constexpr double kGuard = 12345.0;
  std::vector<T> memory_;
  size_t begin_;
  size_t size_;
};

// ---- A problem and its answer in plain loops ----

template <class T>
struct Problem {
  using F = ComputeType<T>;
  BatchNormShape shape;
  double slope = 1.0;
  bool affine = true;
  double eps = 1e-5;
  Buffer<T> x, dy;
  std::vector<F> gamma, beta;

  Problem(const BatchNormShape& s, double slope_, bool affine_, uint32_t seed, double mean = 0.5,
          double std = 2.0, bool unaligned = true)
      : shape(s),
        slope(slope_),
        affine(affine_),
        x(s.elements(), unaligned),
        dy(s.elements(), unaligned) {
    std::mt19937 random(seed);
    std::normal_distribution<double> normal;
    for (int64_t i = 0; i < s.elements(); ++i) {
      x[i] = from_double<T>(mean + std * normal(random));
      dy[i] = from_double<T>(0.1 + normal(random));
    }
    for (int64_t c = 0; c < s.channels; ++c) {
      gamma.push_back(static_cast<F>(1.0 + 0.3 * normal(random)));
      beta.push_back(static_cast<F>(0.3 * normal(random)));
    }
  }

  const F* gamma_or_null() const { return affine ? gamma.data() : nullptr; }
  const F* beta_or_null() const { return affine ? beta.data() : nullptr; }
  int64_t entries() const { return shape.groups * shape.channels; }

  // Index of group * channels + c, for every element.
  int64_t entry(int64_t element) const {
    const int64_t per_group = shape.elements() / shape.groups;
    const int64_t c = shape.order == MemoryOrder::kChannelsFirst
                          ? element / shape.spatial % shape.channels
                          : element % shape.channels;
    return element / per_group * shape.channels + c;
  }
};

template <class T>
struct Answer {
  std::vector<double> mean, variance, inv_std, sum_dy, sum_dy_xhat;
  std::vector<T> y, dx;
};

struct Reference {
  std::vector<double> mean, variance, inv_std, sum_dy, sum_dy_xhat, z, y, dx;
  std::vector<double> dy_magnitude;  // sum of |g| (1 + |xhat|) of each entry
};

template <class T>
Reference reference(const Problem<T>& p, bool through_mean = true, bool through_variance = true) {
  const auto entries = static_cast<size_t>(p.entries());
  const auto elements = static_cast<size_t>(p.shape.elements());
  const double n = static_cast<double>(p.shape.values_per_channel());
  Reference r;
  for (auto* v : {&r.mean, &r.variance, &r.inv_std, &r.sum_dy, &r.sum_dy_xhat, &r.dy_magnitude}) {
    v->assign(entries, 0.0);
  }
  for (auto* v : {&r.z, &r.y, &r.dx}) v->assign(elements, 0.0);
  const auto at = [&](size_t i) { return static_cast<size_t>(p.entry(static_cast<int64_t>(i))); };
  const auto x = [&](size_t i) {
    return static_cast<double>(as_float(p.x[static_cast<int64_t>(i)]));
  };
  for (size_t i = 0; i < elements; ++i) r.mean[at(i)] += x(i) / n;
  for (size_t i = 0; i < elements; ++i) {
    r.variance[at(i)] += (x(i) - r.mean[at(i)]) * (x(i) - r.mean[at(i)]) / n;
  }
  for (size_t e = 0; e < entries; ++e) r.inv_std[e] = 1.0 / std::sqrt(r.variance[e] + p.eps);
  const auto channel = [&](size_t e) { return e % static_cast<size_t>(p.shape.channels); };
  const auto gamma = [&](size_t e) {
    return p.affine ? static_cast<double>(p.gamma[channel(e)]) : 1.0;
  };
  const auto beta = [&](size_t e) {
    return p.affine ? static_cast<double>(p.beta[channel(e)]) : 0.0;
  };
  std::vector<double> g(elements), xhat(elements);
  for (size_t i = 0; i < elements; ++i) {
    const size_t e = at(i);
    xhat[i] = (x(i) - r.mean[e]) * r.inv_std[e];
    r.z[i] = gamma(e) * xhat[i] + beta(e);
    r.y[i] = r.z[i] > 0 ? r.z[i] : p.slope * r.z[i];
    g[i] =
        static_cast<double>(as_float(p.dy[static_cast<int64_t>(i)])) * (r.z[i] > 0 ? 1.0 : p.slope);
    r.sum_dy[e] += g[i];
    r.sum_dy_xhat[e] += g[i] * xhat[i];
    r.dy_magnitude[e] += std::abs(g[i]) * (1 + std::abs(xhat[i]));
  }
  for (size_t i = 0; i < elements; ++i) {
    const size_t e = at(i);
    r.dx[i] = gamma(e) * r.inv_std[e] *
              (g[i] - (through_mean ? r.sum_dy[e] / n : 0.0) -
               (through_variance ? xhat[i] * r.sum_dy_xhat[e] / n : 0.0));
  }
  return r;
}

template <class T>
Answer<T> blank_answer(const Problem<T>& p) {
  Answer<T> a;
  for (auto* v : {&a.mean, &a.variance, &a.inv_std, &a.sum_dy, &a.sum_dy_xhat}) {
    v->assign(static_cast<size_t>(p.entries()), -1.0);
  }
  return a;
}

// By the separate steps.
template <class T>
Answer<T> by_steps(const Problem<T>& p, bool through_mean = true, bool through_variance = true) {
  Answer<T> a = blank_answer(p);
  Buffer<T> y(p.shape.elements()), dx(p.shape.elements());
  batch_norm_statistics(p.shape, p.x.data(), a.mean.data(), a.variance.data());
  for (size_t e = 0; e < a.mean.size(); ++e) {
    a.inv_std[e] = batch_norm_inv_std(a.variance[e], p.eps);
  }
  const BatchNormTransform<T> transform{a.mean.data(), a.inv_std.data(), p.gamma_or_null(),
                                        p.beta_or_null(), p.slope};
  batch_norm_forward(p.shape, p.x.data(), transform, y.data());
  batch_norm_backward_sums(p.shape, p.x.data(), p.dy.data(), transform, a.sum_dy.data(),
                           a.sum_dy_xhat.data());
  const BatchNormGradientSums sums{a.sum_dy.data(), a.sum_dy_xhat.data(),
                                   static_cast<double>(p.shape.values_per_channel()), through_mean,
                                   through_variance};
  batch_norm_backward_data(p.shape, p.x.data(), p.dy.data(), transform, sums, dx.data());
  EXPECT_TRUE(y.is_intact() && dx.is_intact()) << "written outside the tensor";
  a.y = y.values();
  a.dx = dx.values();
  return a;
}

// By the two calls that do a whole pass each.
template <class T>
Answer<T> by_passes(const Problem<T>& p, bool through_mean = true, bool through_variance = true) {
  Answer<T> a = blank_answer(p);
  Buffer<T> y(p.shape.elements()), dx(p.shape.elements());
  batch_norm_forward_training(p.shape, p.x.data(), p.gamma_or_null(), p.beta_or_null(), p.eps,
                              p.slope, a.mean.data(), a.variance.data(), a.inv_std.data(),
                              y.data());
  const BatchNormTransform<T> transform{a.mean.data(), a.inv_std.data(), p.gamma_or_null(),
                                        p.beta_or_null(), p.slope};
  batch_norm_backward_training(p.shape, p.x.data(), p.dy.data(), transform, through_mean,
                               through_variance, a.sum_dy.data(), a.sum_dy_xhat.data(), dx.data());
  EXPECT_TRUE(y.is_intact() && dx.is_intact()) << "written outside the tensor";
  a.y = y.values();
  a.dx = dx.values();
  return a;
}

template <class T>
void expect_same_bits(const Answer<T>& a, const Answer<T>& b) {
  EXPECT_TRUE(same_bits(a.mean, b.mean)) << "mean";
  EXPECT_TRUE(same_bits(a.variance, b.variance)) << "variance";
  EXPECT_TRUE(same_bits(a.inv_std, b.inv_std)) << "inv_std";
  EXPECT_TRUE(same_bits(a.y, b.y)) << "y";
  EXPECT_TRUE(same_bits(a.sum_dy, b.sum_dy)) << "sum_dy";
  EXPECT_TRUE(same_bits(a.sum_dy_xhat, b.sum_dy_xhat)) << "sum_dy_xhat";
  EXPECT_TRUE(same_bits(a.dx, b.dx)) << "dx";
}

// Tolerances are a few roundings in the compute type, plus one in the element type.
template <class T>
void expect_near_reference(const Problem<T>& p, const Answer<T>& a, const Reference& r) {
  const double compute_eps = epsilon<ComputeType<T>>();
  const double element_eps = epsilon<T>();
  const double n = static_cast<double>(p.shape.values_per_channel());
  for (size_t e = 0; e < r.mean.size(); ++e) {
    const double deviation = std::sqrt(r.variance[e]);
    EXPECT_NEAR(a.mean[e], r.mean[e], 100 * compute_eps * (deviation + 1e-3));
    EXPECT_NEAR(a.variance[e], r.variance[e], 1100 * compute_eps * (r.variance[e] + 1e-12));
    // An element at the kink may fall on either side; it then moves the sums by its own size.
    const double tolerance = 200 * compute_eps * r.dy_magnitude[e] + 1e-12;
    double kink = 0.0;
    if (p.slope != 1.0) kink = r.dy_magnitude[e] / n * 1e-2;
    EXPECT_NEAR(a.sum_dy[e], r.sum_dy[e], tolerance + kink);
    EXPECT_NEAR(a.sum_dy_xhat[e], r.sum_dy_xhat[e], tolerance + kink);
  }
  double largest_dx = 0.0;
  for (const double v : r.dx) largest_dx = std::max(largest_dx, std::abs(v));
  for (size_t i = 0; i < r.y.size(); ++i) {
    ASSERT_NEAR(static_cast<double>(as_float(a.y[i])), r.y[i],
                element_eps * std::abs(r.y[i]) + 3000 * compute_eps * (1 + std::abs(r.z[i])))
        << "element " << i;
    if (p.slope != 1.0 && std::abs(r.z[i]) < 1e4 * compute_eps) continue;  // at the kink
    ASSERT_NEAR(static_cast<double>(as_float(a.dx[i])), r.dx[i],
                element_eps * std::abs(r.dx[i]) + 4000 * compute_eps * (largest_dx + 1e-3))
        << "element " << i;
  }
}

// ---- Every instruction set ----

class BatchNormKernels : public testing::TestWithParam<int64_t> {
 protected:
  void SetUp() override {
    hwy::SetSupportedTargetsForTest(GetParam());
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  }
  void TearDown() override {
    hwy::SetSupportedTargetsForTest(0);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  }
};

INSTANTIATE_TEST_SUITE_P(EveryTarget, BatchNormKernels,
                         testing::ValuesIn(hwy::SupportedAndGeneratedTargets()),
                         [](const testing::TestParamInfo<int64_t>& target) {
                           return std::string(hwy::TargetName(target.param));
                         });

template <class T>
void check_against_reference(const BatchNormShape& shape, double slope, bool affine,
                             uint32_t seed) {
  SCOPED_TRACE(testing::Message() << "groups " << shape.groups << " batch " << shape.batch_per_group
                                  << " channels " << shape.channels << " spatial " << shape.spatial
                                  << " order " << static_cast<int>(shape.order) << " slope "
                                  << slope << " affine " << affine << " bytes " << sizeof(T));
  const Problem<T> p(shape, slope, affine, seed);
  const bool through_mean = seed % 5 != 1;
  const bool through_variance = seed % 7 != 1;
  const Answer<T> steps = by_steps(p, through_mean, through_variance);
  expect_near_reference(p, steps, reference(p, through_mean, through_variance));
  expect_same_bits(steps, by_passes(p, through_mean, through_variance));
}

constexpr MemoryOrder kOrders[] = {MemoryOrder::kChannelsFirst, MemoryOrder::kChannelsLast};

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

TEST_P(BatchNormKernels, VarianceIsRightToAThousandthAtMeanTenThousandAndDeviationAHundredth) {
  for (const MemoryOrder order : kOrders) {
    for (const int64_t spatial : {1, 16, 64, 1024, 5000}) {
      const BatchNormShape shape{1, 32, 5, spatial, order};
      const Problem<float> p(shape, 0.2, true, 7, 1e4, 1e-2);
      const Reference r = reference(p);
      const Answer<float> a = by_passes(p);
      for (size_t e = 0; e < r.mean.size(); ++e) {
        EXPECT_NEAR(a.variance[e] / r.variance[e], 1.0, 1e-3) << "spatial " << spatial;
        EXPECT_NEAR(a.mean[e], r.mean[e], 1e-6);
      }
      for (size_t i = 0; i < r.y.size(); ++i) ASSERT_NEAR(as_float(a.y[i]), r.y[i], 5e-3);
    }
  }
}

TEST_P(BatchNormKernels, GradientIsRightToAThousandthAtMeanTenThousand) {
  for (const MemoryOrder order : kOrders) {
    for (const int64_t spatial : {1, 16, 100}) {
      // A mean that no float is near, and dy that goes with x, so that every term counts.
      Problem<float> p({1, 32, 5, spatial, order}, 1.0, true, 8, 1e4 + 0.0004, 1e-2);
      for (int64_t i = 0; i < p.shape.elements(); ++i) {
        p.dy[i] = (p.x[i] - 1e4f) * 100.0f + p.dy[i] * 0.1f;
      }
      const Reference r = reference(p);
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

TEST_P(BatchNormKernels, ConstantChannelHasVarianceZeroAndBecomesBeta) {
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

template <class T>
std::vector<T> slice(const std::vector<T>& all, int64_t part, int64_t parts) {
  const auto size = static_cast<ptrdiff_t>(all.size()) / parts;
  return {all.begin() + part * size, all.begin() + (part + 1) * size};
}

TEST_P(BatchNormKernels, TwoGroupsEqualTwoCallsBitForBit) {
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

TEST_P(BatchNormKernels, ResultsDoNotDependOnTheNumberOfThreads) {
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

TEST_P(BatchNormKernels, ResultsDoNotDependOnAlignmentNorOnWritingPastTheCache) {
  // Just above the size from which aligned outputs are written past the cache.
  for (const MemoryOrder order : kOrders) {
    const BatchNormShape shape{1, 33, 256, 1024, order};
    const Problem<float> unaligned(shape, 0.2, true, 17, 0.5, 2.0, true);
    const Answer<float> a = by_passes(unaligned);
    Buffer<float> y(shape.elements(), false), dx(shape.elements(), false);
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

TEST_P(BatchNormKernels, InPlaceEqualsOutOfPlaceBitForBit) {
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

      Buffer<float> dy = p.dy;
      batch_norm_backward_training(shape, p.x.data(), dy.data(), transform, true, true,
                                   sum_dy.data(), sum_dy_xhat.data(), dy.data());
      EXPECT_TRUE(same_bits(dy.values(), a.dx));

      Buffer<float> x = p.x;
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

TEST_P(BatchNormKernels, BackwardIsTheDerivativeOfForwardByFiniteDifferences) {
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
      const Reference r = reference(p);
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

TEST_P(BatchNormKernels, MaskOfTheBackwardIsTheSignOfTheForwardBitForBit) {
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

TEST_P(BatchNormKernels, GradientAtPreActivationZeroTakesTheSlope) {
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
    Buffer<float> dx(shares[s].elements());
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
    Buffer<float> dx(p.shape.elements());
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
}  // namespace dcgan::kernels
