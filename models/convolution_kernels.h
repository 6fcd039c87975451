#pragma once

#include <torch/types.h>

#include <optional>
#include <vector>

namespace dcgan {

/// The geometry of a square convolution or transposed convolution.
struct ConvolutionOptions {
  bool transposed = false;
  int64_t stride = 2;
  int64_t padding = 1;
};

/// The DCGAN's convolutions that kernels/conv4x4.h computes: kernel 4x4, float or double, CPU.
enum class ConvolutionKind {
  kStrided,     // stride 2, padding 1: [N, in, H, W] -> [N, out, H/2, W/2]
  kTransposed,  // [N, in, H, W] -> [N, out, 2H, 2W], the adjoint of the above
  kProject,     // transposed, stride 1: [N, in, 1, 1] -> [N, out, 4, 4]
  kScore,       // stride 1, no padding: [N, in, 4, 4] -> [N, 1, 1, 1]
};

/// The kernel for an input of such sizes [N, in, H, W], if there is one. Depends on shapes, type
/// and device alone (and on use_convolution_kernels), so that runs stay exact.
std::optional<ConvolutionKind> convolution_kind(c10::IntArrayRef input_sizes,
                                                const torch::Tensor& weight,
                                                const ConvolutionOptions& options);

/// False: no shape has a kernel from now on, all go through LibTorch's operators. For comparisons;
/// set it before the first convolution.
void use_convolution_kernels(bool use);

/// Sizes [N, out, H', W'] of the result.
std::vector<int64_t> convolution_output_sizes(ConvolutionKind kind, c10::IntArrayRef input_sizes,
                                              const torch::Tensor& weight);

// One direction each, into memory that is there. Activations and their gradients are dense
// channels_last arrays of the sizes above, weights contiguous in LibTorch's layout; T is the
// weight's element type. Results are set, not added to.

/// y = leaky(conv(x) + bias), leaky(v) = v > 0 ? v : slope * v; bias may be null.
template <typename T>
void convolution_forward(ConvolutionKind kind, c10::IntArrayRef input_sizes,
                         const torch::Tensor& weight, const T* x, const T* bias, T slope, T* y);

template <typename T>
void convolution_data_gradient(ConvolutionKind kind, c10::IntArrayRef input_sizes,
                               const torch::Tensor& weight, const T* dy, T* dx);

template <typename T>
void convolution_weight_gradient(ConvolutionKind kind, c10::IntArrayRef input_sizes,
                                 const torch::Tensor& weight, const T* x, const T* dy, T* dw);

}  // namespace dcgan
