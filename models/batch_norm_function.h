#pragma once

#include <torch/csrc/autograd/custom_function.h>
#include <torch/types.h>

#include <optional>

namespace dcgan {

/// Mean and biased variance of each channel, [C], computed without autograd.
struct BatchStatistics {
  torch::Tensor mean;
  torch::Tensor variance;
  /// Values per channel they were taken over (N * spatial size).
  int64_t count = 0;
};

/// Per-channel statistics of `input` [N, C, *] over all other dimensions (Ioffe & Szegedy 2015,
/// algorithm 1, lines 1 and 2).
BatchStatistics batch_statistics(const torch::Tensor& input);

/// The normalising transform y = weight * (x - mean) / sqrt(variance + eps) + bias of Ioffe &
/// Szegedy 2015 (algorithm 1) with its own gradient (section 3), for any device and floating type.
///
/// Where the statistics came from the batch itself, the gradient flows through them; where they are
/// constants (the running statistics of evaluation), it does not. models/README.md derives both.
class BatchNormFunction : public torch::autograd::Function<BatchNormFunction> {
 public:
  /// `input` [N, C, *]; `weight`, `bias` [C], or empty for 1 and 0; `mean`, `variance` [C].
  /// `from_batch`: mean and variance are those of `input`. Returns y of input's shape.
  static torch::Tensor forward(torch::autograd::AutogradContext* ctx, const torch::Tensor& input,
                               const std::optional<torch::Tensor>& weight,
                               const std::optional<torch::Tensor>& bias, const torch::Tensor& mean,
                               const torch::Tensor& variance, double eps, bool from_batch);

  /// Gradients of input, weight and bias. Under `create_graph` it is written in differentiable
  /// operators, statistics included, so that a gradient penalty is right.
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* ctx,
                                                 torch::autograd::variable_list grad_output);
};

}  // namespace dcgan
