// Plain double-precision convolutions to test the kernels against, written from the definitions,
// and what the tests share.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "models/kernels/conv4x4.h"
#include "models/kernels/every_target.h"
#include "models/kernels/guarded_buffer.h"

namespace dcgan::kernels::testing {

// A result and the sum of the magnitudes of what was added up, to which rounding errors compare.
struct Reference {
  std::vector<double> value;
  std::vector<double> magnitude;

  explicit Reference(int64_t size)
      : value(static_cast<size_t>(size)), magnitude(static_cast<size_t>(size)) {}

  void add(int64_t index, double term) { add(index, term, std::abs(term)); }
  void add(int64_t index, double term, double term_magnitude) {
    value[static_cast<size_t>(index)] += term;
    magnitude[static_cast<size_t>(index)] += term_magnitude;
  }

  // Adds a[i] * b[j], whose own errors count too.
  void add_product(int64_t index, const Reference& a, int64_t i, const Reference& b, int64_t j) {
    add(index, a.value[static_cast<size_t>(i)] * b.value[static_cast<size_t>(j)],
        a.magnitude[static_cast<size_t>(i)] * b.magnitude[static_cast<size_t>(j)]);
  }
};

inline int64_t x_size(const ConvShape& s) { return s.batch * s.height * s.width * s.in_channels; }
inline int64_t y_size(const ConvShape& s) {
  return s.batch * (s.height / 2) * (s.width / 2) * s.out_channels;
}
inline int64_t w_size(const ConvShape& s) { return s.out_channels * s.in_channels * 16; }

// Calls body(index in x, index in y, index in w) for every product of the convolution.
template <typename Body>
void for_each_product(const ConvShape& s, const Body& body) {
  const int64_t rows = s.height / 2;
  const int64_t columns = s.width / 2;
  for (int64_t n = 0; n < s.batch; ++n)
    for (int64_t oh = 0; oh < rows; ++oh)
      for (int64_t ow = 0; ow < columns; ++ow)
        for (int64_t kh = 0; kh < 4; ++kh)
          for (int64_t kw = 0; kw < 4; ++kw) {
            const int64_t ih = 2 * oh - 1 + kh;
            const int64_t iw = 2 * ow - 1 + kw;
            if (ih < 0 || ih >= s.height || iw < 0 || iw >= s.width) continue;
            for (int64_t o = 0; o < s.out_channels; ++o)
              for (int64_t i = 0; i < s.in_channels; ++i) {
                body(((n * s.height + ih) * s.width + iw) * s.in_channels + i,
                     ((n * rows + oh) * columns + ow) * s.out_channels + o,
                     ((o * s.in_channels + i) * 4 + kh) * 4 + kw);
              }
          }
}

template <typename T>
double leaky(double value, T slope) {
  return value > 0 ? value : value * static_cast<double>(slope);
}

// The bias and activation that an epilogue stands for.
template <typename T>
void apply_epilogue(Reference& reference, int64_t channels, const Epilogue<T>& epilogue) {
  for (size_t i = 0; i < reference.value.size(); ++i) {
    const size_t c = i % static_cast<size_t>(channels);
    const double bias = epilogue.bias == nullptr ? 0.0 : static_cast<double>(epilogue.bias[c]);
    reference.value[i] = leaky(reference.value[i] + bias, epilogue.slope);
    reference.magnitude[i] += std::abs(bias);
  }
}

template <typename T>
Reference exactly(const std::vector<T>& x) {
  Reference result(static_cast<int64_t>(x.size()));
  for (size_t i = 0; i < x.size(); ++i) {
    result.add(static_cast<int64_t>(i), static_cast<double>(x[i]));
  }
  return result;
}

template <typename T>
std::vector<T> random_vector(int64_t size, std::mt19937& generator) {
  std::normal_distribution<double> normal;
  std::vector<T> result(static_cast<size_t>(size));
  for (T& element : result) element = static_cast<T>(normal(generator));
  return result;
}

// Winograd's sums pass through those of neighbouring elements, so errors compare to the largest
// magnitude around, here taken over the whole result, as well as to an element's own.
template <typename T>
void expect_close(const GuardedBuffer<T>& actual, const Reference& expected,
                  const std::string& what) {
  const double largest = *std::max_element(expected.magnitude.begin(), expected.magnitude.end());
  const double epsilon = static_cast<double>(std::numeric_limits<T>::epsilon());
  const std::vector<T> values = actual.values();
  ASSERT_EQ(values.size(), expected.value.size()) << what;
  EXPECT_TRUE(actual.is_intact()) << what << ": wrote outside its output";
  for (size_t i = 0; i < values.size(); ++i) {
    const double tolerance = epsilon * (12 * expected.magnitude[i] + 4 * largest);
    ASSERT_NEAR(static_cast<double>(values[i]), expected.value[i], tolerance)
        << what << ", element " << i;
  }
}

inline std::string describe(const ConvShape& s) {
  return "batch " + std::to_string(s.batch) + ", " + std::to_string(s.height) + "x" +
         std::to_string(s.width) + ", " + std::to_string(s.in_channels) + " -> " +
         std::to_string(s.out_channels);
}

}  // namespace dcgan::kernels::testing
