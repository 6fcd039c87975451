#pragma once

#include <ATen/core/ivalue.h>
#include <torch/types.h>

#include <cstdint>
#include <optional>

namespace dcgan {

/// How batch normalisation is computed, once the statistics are there:
///
///     x_hat = (x - mean) / sqrt(variance + eps)
///     z     = weight * x_hat + bias
///     y     = z if z > 0, else slope * z
///
/// with x [N, C, *] cut along N into `groups` equal slices that each have statistics of their own.
struct BatchNormTransformOptions {
  double eps = 1e-5;
  /// Negative slope of the activation fused behind the norm: 1 none, 0 ReLU, 0.2 LeakyReLU.
  double slope = 1.0;
  int64_t groups = 1;
  /// Whether the gradient flows through mean and variance: false where they are constants
  /// (evaluation), or where a study asks what that part of the gradient is for.
  bool through_mean = true;
  bool through_variance = true;
};

/// Statistics of each channel in each group: float64 [groups, C] on the input's device.
struct BatchNormStatistics {
  torch::Tensor mean;
  /// Biased: the sum of squared deviations divided by `count`.
  torch::Tensor variance;
  /// Values per channel and group that they were taken over; with shared statistics the total over
  /// all processes.
  double count = 0;
};

/// d loss / d input, and the sums over each channel that are the gradients of weight and bias:
/// float64 [groups, C], of this process alone.
struct BatchNormGradients {
  torch::Tensor input;
  torch::Tensor weight_sum;
  torch::Tensor bias_sum;
};

/// Sums tensors over processes, so that every one of them normalises with the statistics of all
/// (Ioffe & Szegedy 2015 leave this open; "synchronised batch norm" in the literature).
class StatisticsReducer : public torch::CustomClassHolder {
 public:
  /// Replaces `values` (float64, any device) by their sum over all processes. Every process calls
  /// it the same number of times, in the same order.
  virtual void sum(torch::Tensor& values) = 0;
};

/// Statistics of `input` [N, C, *]: N divisible by `groups`. Exact to rounding also for means much
/// larger than the deviations. With a `reducer` those of all processes together, whose batches may
/// differ in size: counts and means first, then the squared deviations from the common mean.
BatchNormStatistics batch_norm_statistics(const torch::Tensor& input, int64_t groups,
                                          StatisticsReducer* reducer = nullptr);

/// y from given statistics. CPU tensors of float, double and bfloat16, NCHW or channels_last, go
/// through the vectorised kernels; everything else through device-generic operators.
torch::Tensor batch_norm_forward(const torch::Tensor& input,
                                 const std::optional<torch::Tensor>& weight,
                                 const std::optional<torch::Tensor>& bias,
                                 const BatchNormStatistics& statistics,
                                 const BatchNormTransformOptions& options);

/// Statistics and y in one pass over the data where the kernels can. Fills `statistics`.
torch::Tensor batch_norm_forward_training(const torch::Tensor& input,
                                          const std::optional<torch::Tensor>& weight,
                                          const std::optional<torch::Tensor>& bias,
                                          const BatchNormTransformOptions& options,
                                          BatchNormStatistics& statistics);

/// The backward of `batch_norm_forward` for `grad` = d loss / d y. With a `reducer` the sums that
/// flow back through the statistics are those of all processes. Not differentiable.
BatchNormGradients batch_norm_backward(const torch::Tensor& input, const torch::Tensor& grad,
                                       const std::optional<torch::Tensor>& weight,
                                       const std::optional<torch::Tensor>& bias,
                                       const BatchNormStatistics& statistics,
                                       const BatchNormTransformOptions& options,
                                       StatisticsReducer* reducer = nullptr);

/// The same in differentiable operators, for gradients of gradients. The saved statistics are
/// functions of the input and would silently count as constants: those that the gradient flows
/// through are computed once more, recorded. `statistics` serve the others. No reducer.
BatchNormGradients batch_norm_backward_differentiable(const torch::Tensor& input,
                                                      const torch::Tensor& grad,
                                                      const std::optional<torch::Tensor>& weight,
                                                      const std::optional<torch::Tensor>& bias,
                                                      const BatchNormStatistics& statistics,
                                                      const BatchNormTransformOptions& options);

}  // namespace dcgan
