// The batch norm in plain loops, in double, to test the kernels against, and what their tests
// share.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <type_traits>
#include <vector>

#include "models/kernels/batch_norm.h"
#include "models/kernels/every_target.h"
#include "models/kernels/guarded_buffer.h"

namespace dcgan::kernels::testing {

inline float as_float(float x) { return x; }
inline double as_float(double x) { return x; }
inline float as_float(BFloat16 x) {
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

template <class T>
struct Problem {
  using F = ComputeType<T>;
  BatchNormShape shape;
  double slope = 1.0;
  bool affine = true;
  double eps = 1e-5;
  GuardedBuffer<T> x, dy;
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

struct ReferenceAnswer {
  std::vector<double> mean, variance, inv_std, sum_dy, sum_dy_xhat, z, y, dx;
  std::vector<double> dy_magnitude;  // sum of |g| (1 + |xhat|) of each entry
};

template <class T>
ReferenceAnswer reference_answer(const Problem<T>& p, bool through_mean = true,
                                 bool through_variance = true) {
  const auto entries = static_cast<size_t>(p.entries());
  const auto elements = static_cast<size_t>(p.shape.elements());
  const double n = static_cast<double>(p.shape.values_per_channel());
  ReferenceAnswer r;
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
  GuardedBuffer<T> y(p.shape.elements()), dx(p.shape.elements());
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
  GuardedBuffer<T> y(p.shape.elements()), dx(p.shape.elements());
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
void expect_near_reference(const Problem<T>& p, const Answer<T>& a, const ReferenceAnswer& r) {
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

template <class T>
void check_against_reference(const BatchNormShape& shape, double slope, bool affine,
                             uint32_t seed) {
  SCOPED_TRACE(::testing::Message()
               << "groups " << shape.groups << " batch " << shape.batch_per_group << " channels "
               << shape.channels << " spatial " << shape.spatial << " order "
               << static_cast<int>(shape.order) << " slope " << slope << " affine " << affine
               << " bytes " << sizeof(T));
  const Problem<T> p(shape, slope, affine, seed);
  const bool through_mean = seed % 5 != 1;
  const bool through_variance = seed % 7 != 1;
  const Answer<T> steps = by_steps(p, through_mean, through_variance);
  expect_near_reference(p, steps, reference_answer(p, through_mean, through_variance));
  expect_same_bits(steps, by_passes(p, through_mean, through_variance));
}

inline constexpr MemoryOrder kOrders[] = {MemoryOrder::kChannelsFirst, MemoryOrder::kChannelsLast};

}  // namespace dcgan::kernels::testing
