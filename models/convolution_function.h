#pragma once

#include <torch/csrc/autograd/custom_function.h>
#include <torch/types.h>

#include <optional>

#include "models/convolution_kernels.h"

namespace dcgan {

/// A convolution of `input` [N, in, H, W] with `weight` in LibTorch's layout ([out, in, k, k], or
/// transposed [in, out, k, k]) and an optional bias [out]: what torch::conv2d and
/// torch::conv_transpose2d compute.
///
/// The DCGAN's own shapes on the CPU in float and double (kernel 4 with stride 2 and padding 1, and
/// the ends 1x1 -> 4x4 and 4x4 -> one score) go through the kernels of kernels/conv4x4.h, which
/// return channels_last tensors and the same bits for an image whatever else is in the batch;
/// everything else goes through LibTorch, so too under autocast. Which it is depends on shapes,
/// type and device alone.
torch::Tensor convolution(const torch::Tensor& input, const torch::Tensor& weight,
                          const std::optional<torch::Tensor>& bias,
                          const ConvolutionOptions& options);

/// The kernels' part of `convolution`. Its backward is differentiable under `create_graph`.
class ConvolutionFunction : public torch::autograd::Function<ConvolutionFunction> {
 public:
  static torch::Tensor forward(torch::autograd::AutogradContext* ctx, const torch::Tensor& input,
                               const torch::Tensor& weight,
                               const std::optional<torch::Tensor>& bias,
                               const ConvolutionOptions& options);
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* ctx,
                                                 torch::autograd::variable_list grad_output);
};

}  // namespace dcgan
