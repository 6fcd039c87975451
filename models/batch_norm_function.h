#pragma once

#include <torch/csrc/autograd/custom_function.h>
#include <torch/types.h>

#include <optional>

#include "models/batch_norm_transform.h"

namespace dcgan {

/// One call of BatchNormFunction: what to compute, and the statistics that it used.
struct BatchNormCall {
  BatchNormTransformOptions options;
  /// Empty: those of the batch, computed in the same pass and left here.
  BatchNormStatistics statistics;
  /// Where the sums of the backward are shared between processes; may be null.
  c10::intrusive_ptr<StatisticsReducer> reducer;
};

/// The normalising transform y = leaky(weight * (x - mean) / sqrt(variance + eps) + bias) of Ioffe
/// & Szegedy 2015 (algorithm 1) with its own gradient (section 3), for any device and floating
/// type. models/README.md derives it; batch_norm_transform.h computes it.
class BatchNormFunction : public torch::autograd::Function<BatchNormFunction> {
 public:
  /// `input` [N, C, *]; `weight`, `bias` [C], or empty for 1 and 0. Returns y of input's shape and
  /// memory order. Keeps input, weight, bias and the statistics for the backward, and neither the
  /// normalised values nor the activation's mask, which are recomputed from them.
  static torch::Tensor forward(torch::autograd::AutogradContext* ctx, const torch::Tensor& input,
                               const std::optional<torch::Tensor>& weight,
                               const std::optional<torch::Tensor>& bias, BatchNormCall* call);

  /// Gradients of input, weight and bias; differentiable under `create_graph`.
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* ctx,
                                                 torch::autograd::variable_list grad_output);
};

}  // namespace dcgan
