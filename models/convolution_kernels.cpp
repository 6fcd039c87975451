#include "models/convolution_kernels.h"

#include "models/kernels/conv4x4.h"

namespace dcgan {
namespace {

bool kernels_in_use = true;

// The stride-2 map from the large to the small feature maps, of which the input is one.
kernels::ConvShape shape_of(ConvolutionKind kind, c10::IntArrayRef input_sizes,
                            const torch::Tensor& weight) {
  const int64_t scale = kind == ConvolutionKind::kTransposed ? 2 : 1;
  return {input_sizes[0], scale * input_sizes[2], scale * input_sizes[3], weight.size(1),
          weight.size(0)};
}

}  // namespace

std::optional<ConvolutionKind> convolution_kind(c10::IntArrayRef input_sizes,
                                                const torch::Tensor& weight,
                                                const ConvolutionOptions& options) {
  const auto type = weight.scalar_type();
  const bool known =
      kernels_in_use && weight.is_cpu() && (type == at::kFloat || type == at::kDouble) &&
      input_sizes.size() == 4 && c10::multiply_integers(input_sizes) > 0 && weight.size(2) == 4 &&
      weight.size(3) == 4 && weight.size(options.transposed ? 0 : 1) == input_sizes[1];
  if (!known) return std::nullopt;
  const int64_t height = input_sizes[2];
  const int64_t width = input_sizes[3];
  if (options.stride == 2 && options.padding == 1) {
    if (options.transposed) return ConvolutionKind::kTransposed;
    return height % 2 == 0 && width % 2 == 0 ? std::optional(ConvolutionKind::kStrided)
                                             : std::nullopt;
  }
  if (options.stride == 1 && options.padding == 0) {
    if (options.transposed && height == 1 && width == 1) return ConvolutionKind::kProject;
    if (!options.transposed && height == 4 && width == 4 && weight.size(0) == 1) {
      return ConvolutionKind::kScore;
    }
  }
  return std::nullopt;
}

void use_convolution_kernels(bool use) { kernels_in_use = use; }

std::vector<int64_t> convolution_output_sizes(ConvolutionKind kind, c10::IntArrayRef input_sizes,
                                              const torch::Tensor& weight) {
  const int64_t n = input_sizes[0];
  switch (kind) {
    case ConvolutionKind::kStrided:
      return {n, weight.size(0), input_sizes[2] / 2, input_sizes[3] / 2};
    case ConvolutionKind::kTransposed:
      return {n, weight.size(1), 2 * input_sizes[2], 2 * input_sizes[3]};
    case ConvolutionKind::kProject:
      return {n, weight.size(1), 4, 4};
    case ConvolutionKind::kScore:
      break;
  }
  return {n, 1, 1, 1};
}

template <typename T>
void convolution_forward(ConvolutionKind kind, c10::IntArrayRef input_sizes,
                         const torch::Tensor& weight, const T* x, const T* bias, T slope, T* y) {
  const kernels::Epilogue<T> epilogue{bias, slope};
  const T* w = weight.const_data_ptr<T>();
  const int64_t n = input_sizes[0];
  const int64_t in = input_sizes[1];
  switch (kind) {
    case ConvolutionKind::kStrided:
      kernels::conv4x4s2_forward<T>(shape_of(kind, input_sizes, weight), x, w, y, epilogue);
      break;
    case ConvolutionKind::kTransposed:
      kernels::conv4x4s2_data_gradient<T>(shape_of(kind, input_sizes, weight), x, w, y, epilogue);
      break;
    case ConvolutionKind::kProject:
      kernels::project_forward<T>(n, in, weight.size(1), x, w, y, epilogue);
      break;
    case ConvolutionKind::kScore:
      kernels::score_forward<T>(n, in, x, w, y, epilogue);
      break;
  }
}

template <typename T>
void convolution_data_gradient(ConvolutionKind kind, c10::IntArrayRef input_sizes,
                               const torch::Tensor& weight, const T* dy, T* dx) {
  const T* w = weight.const_data_ptr<T>();
  const int64_t n = input_sizes[0];
  switch (kind) {
    case ConvolutionKind::kStrided:
      kernels::conv4x4s2_data_gradient<T>(shape_of(kind, input_sizes, weight), dy, w, dx);
      break;
    case ConvolutionKind::kTransposed:
      kernels::conv4x4s2_forward<T>(shape_of(kind, input_sizes, weight), dy, w, dx);
      break;
    case ConvolutionKind::kScore:
      kernels::score_data_gradient<T>(n, input_sizes[1], dy, w, dx);
      break;
    case ConvolutionKind::kProject: {
      // Nobody trains latents, so the projection has no kernel for it.
      const auto options = weight.options().requires_grad(false);
      const int64_t out = weight.size(1);
      const torch::Tensor grad =
          torch::from_blob(const_cast<T*>(dy), {n, 16, out}, options)  // NOLINT: only read
              .transpose(1, 2)
              .reshape({n, out * 16});
      torch::Tensor result = torch::from_blob(dx, {n, input_sizes[1]}, options);
      torch::matmul_out(result, grad, weight.detach().flatten(1).t());
      break;
    }
  }
}

template <typename T>
void convolution_weight_gradient(ConvolutionKind kind, c10::IntArrayRef input_sizes,
                                 const torch::Tensor& weight, const T* x, const T* dy, T* dw) {
  const int64_t n = input_sizes[0];
  const int64_t in = input_sizes[1];
  switch (kind) {
    case ConvolutionKind::kStrided:
      kernels::conv4x4s2_weight_gradient<T>(shape_of(kind, input_sizes, weight), x, dy, dw);
      break;
    case ConvolutionKind::kTransposed:
      kernels::conv4x4s2_weight_gradient<T>(shape_of(kind, input_sizes, weight), dy, x, dw);
      break;
    case ConvolutionKind::kProject:
      kernels::project_weight_gradient<T>(n, in, weight.size(1), x, dy, dw);
      break;
    case ConvolutionKind::kScore:
      kernels::score_weight_gradient<T>(n, in, x, dy, dw);
      break;
  }
}

#define DCGAN_INSTANTIATE(T)                                                                       \
  template void convolution_forward(ConvolutionKind, c10::IntArrayRef, const torch::Tensor&,       \
                                    const T*, const T*, T, T*);                                    \
  template void convolution_data_gradient(ConvolutionKind, c10::IntArrayRef, const torch::Tensor&, \
                                          const T*, T*);                                           \
  template void convolution_weight_gradient(ConvolutionKind, c10::IntArrayRef,                     \
                                            const torch::Tensor&, const T*, const T*, T*);
DCGAN_INSTANTIATE(float)
DCGAN_INSTANTIATE(double)
#undef DCGAN_INSTANTIATE

}  // namespace dcgan
