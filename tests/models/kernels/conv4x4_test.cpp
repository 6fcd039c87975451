// The stride-2 convolutions against the definition, in every direction, type and vector width.
#include "models/kernels/conv4x4.h"

#include <stdexcept>

#include "models/kernels/conv4x4_reference.h"

namespace dcgan::kernels::testing {
namespace {

class Conv4x4 : public EveryTarget {};

// Around every edge: one image, one channel, the smallest maps, channels around the widths of
// vectors and panels, narrow inputs, several strips an image and several images a strip, splits,
// blocks.
const ConvShape kShapes[] = {
    {1, 2, 2, 1, 1},   {1, 2, 2, 3, 5},    {2, 2, 4, 4, 1},    {3, 4, 2, 5, 7},
    {1, 6, 10, 1, 16}, {2, 8, 8, 3, 33},   {1, 12, 6, 2, 9},   {1, 32, 32, 1, 8},
    {1, 34, 30, 3, 6}, {1, 10, 44, 8, 24}, {1, 4, 4, 100, 3},  {9, 8, 8, 4, 12},
    {1, 2, 300, 2, 3}, {1, 2, 300, 5, 3},  {17, 16, 16, 3, 4}, {12, 16, 16, 6, 10},
    {1, 2, 2, 4, 300}, {1, 66, 70, 1, 2},  {2, 8, 8, 300, 8},  {2, 8, 8, 8, 300},
};

// The same for Winograd (16 channels on both sides): maps of odd halves, of less than a tile, ...
const ConvShape kWinogradShapes[] = {
    {1, 2, 2, 16, 16},   {1, 2, 6, 32, 16},  {2, 6, 10, 20, 24}, {5, 4, 4, 16, 32},
    {2, 8, 8, 17, 19},   {3, 4, 4, 31, 40},  {1, 4, 6, 70, 65},  {1, 2, 4, 130, 20},
    {1, 44, 36, 16, 17}, {70, 2, 2, 18, 16}, {1, 2, 4, 20, 280},
};

template <typename T>
struct Problem {
  explicit Problem(const ConvShape& s, unsigned seed)
      : shape(s),
        generator(seed),
        x(random_vector<T>(x_size(s), generator)),
        y(random_vector<T>(y_size(s), generator)),
        w(random_vector<T>(w_size(s), generator)),
        x_bias(random_vector<T>(s.in_channels, generator)),
        y_bias(random_vector<T>(s.out_channels, generator)) {}

  ConvShape shape;
  std::mt19937 generator;
  std::vector<T> x, y, w, x_bias, y_bias;
};

template <typename T>
void check_forward(const Problem<T>& problem, const Epilogue<T>& epilogue) {
  const ConvShape& shape = problem.shape;
  const Reference x = exactly(problem.x);
  const Reference w = exactly(problem.w);
  Reference expected(y_size(shape));
  for_each_product(
      shape, [&](int64_t xi, int64_t yi, int64_t wi) { expected.add_product(yi, x, xi, w, wi); });
  apply_epilogue(expected, shape.out_channels, epilogue);
  const GuardedBuffer<T> input(problem.x);
  const GuardedBuffer<T> weight(problem.w);
  GuardedBuffer<T> output(y_size(shape));
  conv4x4s2_forward(shape, input.data(), weight.data(), output.data(), epilogue);
  expect_close(output, expected, "forward, " + describe(shape));
}

template <typename T>
void check_data_gradient(const Problem<T>& problem, const Epilogue<T>& epilogue) {
  const ConvShape& shape = problem.shape;
  const Reference dy = exactly(problem.y);
  const Reference w = exactly(problem.w);
  Reference expected(x_size(shape));
  for_each_product(
      shape, [&](int64_t xi, int64_t yi, int64_t wi) { expected.add_product(xi, dy, yi, w, wi); });
  apply_epilogue(expected, shape.in_channels, epilogue);
  const GuardedBuffer<T> input(problem.y);
  const GuardedBuffer<T> weight(problem.w);
  GuardedBuffer<T> output(x_size(shape));
  conv4x4s2_data_gradient(shape, input.data(), weight.data(), output.data(), epilogue);
  expect_close(output, expected, "data gradient, " + describe(shape));
}

template <typename T>
void check_weight_gradient(const Problem<T>& problem) {
  const ConvShape& shape = problem.shape;
  const Reference x = exactly(problem.x);
  const Reference dy = exactly(problem.y);
  Reference expected(w_size(shape));
  for_each_product(
      shape, [&](int64_t xi, int64_t yi, int64_t wi) { expected.add_product(wi, x, xi, dy, yi); });
  const GuardedBuffer<T> left(problem.x);
  const GuardedBuffer<T> right(problem.y);
  GuardedBuffer<T> output(w_size(shape));
  conv4x4s2_weight_gradient(shape, left.data(), right.data(), output.data());
  expect_close(output, expected, "weight gradient, " + describe(shape));
}

template <typename T>
void check_all(const ConvShape& shape, unsigned seed) {
  const Problem<T> problem(shape, seed);
  check_forward<T>(problem, {});
  check_data_gradient<T>(problem, {});
  check_weight_gradient(problem);
}

template <typename T>
void check_all_fused(const ConvShape& shape, unsigned seed) {
  const Problem<T> problem(shape, seed);
  check_forward<T>(problem, {problem.y_bias.data(), T(0.2)});
  check_data_gradient<T>(problem, {problem.x_bias.data(), T(0.1)});
}

TEST_P(Conv4x4, FloatEqualsTheDefinition) {
  for (const ConvShape& shape : kShapes) check_all<float>(shape, 1);
}

TEST_P(Conv4x4, DoubleEqualsTheDefinition) {
  for (const ConvShape& shape : kShapes) check_all<double>(shape, 2);
}

TEST_P(Conv4x4, WithEpilogueEqualsTheDefinition) {
  for (const ConvShape& shape : kShapes) check_all_fused<float>(shape, 3);
  for (const ConvShape& shape : kShapes) check_all_fused<double>(shape, 4);
}

TEST_P(Conv4x4, WinogradEqualsTheDefinition) {
  for (const ConvShape& shape : kWinogradShapes) check_all<float>(shape, 1);
  for (const ConvShape& shape : kWinogradShapes) check_all<double>(shape, 2);
}

TEST_P(Conv4x4, WinogradWithEpilogueEqualsTheDefinition) {
  for (const ConvShape& shape : kWinogradShapes) check_all_fused<float>(shape, 3);
  for (const ConvShape& shape : kWinogradShapes) check_all_fused<double>(shape, 4);
}

TEST_P(Conv4x4, RandomShapesEqualTheDefinition) {
  std::mt19937 generator(5);
  const auto draw = [&](int64_t most) {
    return std::uniform_int_distribution<int64_t>(1, most)(generator);
  };
  for (unsigned i = 0; i < 20; ++i) {
    const ConvShape shape = {draw(4), 2 * draw(6), 2 * draw(6), draw(40), draw(40)};
    check_all<float>(shape, i);
    check_all_fused<double>(shape, i);
  }
}

// A deep reduction with splits, row blocks and column blocks at once; checked by adjointness, since
// the definition would take minutes.
TEST_P(Conv4x4, DirectionsAreAdjoint) {
  for (const ConvShape& shape : {ConvShape{16, 16, 16, 40, 280}, ConvShape{64, 8, 8, 64, 33},
                                 ConvShape{30, 16, 16, 12, 300}, ConvShape{8, 32, 32, 3, 20}}) {
    const Problem<double> problem(shape, 6);
    std::vector<double> y(problem.y.size());
    std::vector<double> dx(problem.x.size());
    std::vector<double> dw(problem.w.size());
    conv4x4s2_forward(shape, problem.x.data(), problem.w.data(), y.data());
    conv4x4s2_data_gradient(shape, problem.y.data(), problem.w.data(), dx.data());
    conv4x4s2_weight_gradient(shape, problem.x.data(), problem.y.data(), dw.data());
    const auto inner = [](const std::vector<double>& a, const std::vector<double>& b) {
      double sum = 0;
      for (size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
      return sum;
    };
    const double value = inner(y, problem.y);
    const double tolerance = 1e-12 * std::sqrt(inner(y, y) * inner(problem.y, problem.y));
    EXPECT_NEAR(inner(problem.x, dx), value, tolerance) << describe(shape);
    EXPECT_NEAR(inner(problem.w, dw), value, tolerance) << describe(shape);
  }
}

DCGAN_EVERY_TARGET(Conv4x4);

TEST(Conv4x4Errors, ImpossibleShapesAreNamed) {
  float value = 0;
  EXPECT_THROW(conv4x4s2_forward({1, 3, 4, 1, 1}, &value, &value, &value), std::invalid_argument);
  EXPECT_THROW(conv4x4s2_data_gradient({1, 4, 4, 0, 1}, &value, &value, &value),
               std::invalid_argument);
  EXPECT_THROW(conv4x4s2_weight_gradient({0, 4, 4, 1, 1}, &value, &value, &value),
               std::invalid_argument);
  try {
    conv4x4s2_forward({1, 3, 4, 1, 1}, &value, &value, &value);
  } catch (const std::invalid_argument& error) {
    EXPECT_STREQ(error.what(), "conv4x4s2_forward: the map is 3x4, both must be even");
  }
}

}  // namespace
}  // namespace dcgan::kernels::testing
