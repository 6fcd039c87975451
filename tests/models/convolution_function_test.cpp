#include "models/convolution_function.h"

#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/utils.h>

namespace dcgan {
namespace {

using torch::Tensor;

struct ConvolutionCase {
  const char* name;
  ConvolutionOptions options;
  std::vector<int64_t> input;
  std::vector<int64_t> weight;
};

const std::vector<ConvolutionCase> kCases{
    {"strided", {false, 2, 1}, {3, 5, 8, 6}, {7, 5, 4, 4}},
    {"strided, one channel", {false, 2, 1}, {2, 1, 16, 16}, {20, 1, 4, 4}},
    {"strided, wide", {false, 2, 1}, {4, 32, 8, 8}, {64, 32, 4, 4}},
    {"transposed", {true, 2, 1}, {3, 5, 4, 3}, {5, 7, 4, 4}},
    {"transposed, to one channel", {true, 2, 1}, {2, 16, 8, 8}, {16, 1, 4, 4}},
    {"transposed, wide", {true, 2, 1}, {4, 64, 4, 4}, {64, 32, 4, 4}},
    {"project", {true, 1, 0}, {5, 9, 1, 1}, {9, 6, 4, 4}},
    {"score", {false, 1, 0}, {5, 6, 4, 4}, {1, 6, 4, 4}},
    {"neither: odd size", {false, 2, 1}, {2, 3, 7, 8}, {4, 3, 4, 4}},
    {"neither: other kernel", {false, 1, 1}, {2, 3, 6, 6}, {4, 3, 3, 3}},
    {"neither: several scores", {false, 1, 0}, {2, 3, 4, 4}, {2, 3, 4, 4}},
};

Tensor reference(const ConvolutionCase& c, const Tensor& x, const Tensor& w,
                 const std::optional<Tensor>& b) {
  return c.options.transposed
             ? torch::conv_transpose2d(x, w, b, c.options.stride, c.options.padding)
             : torch::conv2d(x, w, b, c.options.stride, c.options.padding);
}

double difference(const Tensor& a, const Tensor& b) { return (a - b).abs().max().item<double>(); }

TEST(Convolution, ForwardAndAllGradientsEqualLibTorchInDouble) {
  torch::manual_seed(1);
  for (const ConvolutionCase& c : kCases) {
    for (const bool with_bias : {false, true}) {
      for (const auto format : {at::MemoryFormat::Contiguous, at::MemoryFormat::ChannelsLast}) {
        Tensor x = torch::randn(c.input, torch::kFloat64).contiguous(format).requires_grad_();
        Tensor w = torch::randn(c.weight, torch::kFloat64).requires_grad_();
        const int64_t out = c.weight[c.options.transposed ? 1 : 0];
        Tensor b = torch::randn({out}, torch::kFloat64).requires_grad_();
        const std::optional<Tensor> bias = with_bias ? std::optional(b) : std::nullopt;
        const Tensor y = convolution(x, w, bias, c.options);
        const Tensor expected = reference(c, x, w, bias);
        EXPECT_LT(difference(y, expected), 1e-12) << c.name;
        std::vector<Tensor> wanted{x, w};
        if (with_bias) wanted.push_back(b);
        const Tensor g = torch::randn_like(expected);
        const auto gradients = torch::autograd::grad({y}, wanted, {g});
        const auto expected_gradients = torch::autograd::grad({expected}, wanted, {g});
        for (size_t i = 0; i < wanted.size(); ++i) {
          EXPECT_LT(difference(gradients[i], expected_gradients[i]), 1e-11) << c.name << " " << i;
        }
      }
    }
  }
}

TEST(Convolution, SecondDerivativesEqualLibTorch) {
  torch::manual_seed(2);
  for (const ConvolutionCase& c : kCases) {
    Tensor x = torch::randn(c.input, torch::kFloat64).requires_grad_();
    Tensor w = torch::randn(c.weight, torch::kFloat64).requires_grad_();
    const auto penalty = [&](const Tensor& y) {
      const Tensor g =
          torch::autograd::grad({y.pow(3).sum()}, {x}, {}, {}, /*create_graph=*/true)[0];
      return torch::autograd::grad({g.square().sum()}, {x, w});
    };
    const auto ours = penalty(convolution(x, w, {}, c.options));
    const auto theirs = penalty(reference(c, x, w, {}));
    for (size_t i = 0; i < 2; ++i) {
      const double scale = 1 + theirs[i].abs().max().item<double>();
      EXPECT_LT(difference(ours[i], theirs[i]), 1e-11 * scale) << c.name << " " << i;
    }
  }
}

TEST(Convolution, AnImageHasTheSameBitsInAnyBatchAndOnAnyNumberOfThreads) {
  torch::manual_seed(3);
  const int before = torch::get_num_threads();
  for (const ConvolutionCase& c : kCases) {
    if (std::string(c.name).starts_with("neither")) continue;
    std::vector<int64_t> sizes = c.input;
    sizes[0] = 33;
    const Tensor x = torch::randn(sizes);
    const Tensor w = torch::randn(c.weight);
    torch::set_num_threads(1);
    const Tensor all = convolution(x, w, {}, c.options);
    torch::set_num_threads(3);
    EXPECT_TRUE(torch::equal(convolution(x, w, {}, c.options), all)) << c.name;
    for (const int64_t i : {0, 7, 32}) {
      EXPECT_TRUE(torch::equal(convolution(x.narrow(0, i, 1), w, {}, c.options)[0], all[i]))
          << c.name;
    }
  }
  torch::set_num_threads(before);
}

}  // namespace
}  // namespace dcgan
