#include "models/convolution_function.h"

#include "models/kernels/conv4x4.h"

namespace dcgan {
namespace {

using torch::Tensor;

enum class Kind {
  kStrided,     // [N, in, H, W] -> [N, out, H/2, W/2]
  kTransposed,  // [N, in, H, W] -> [N, out, 2H, 2W], the adjoint of the above
  kProject,     // transposed, [N, in, 1, 1] -> [N, out, 4, 4]
  kScore,       // [N, in, 4, 4] -> [N, 1, 1, 1]
};

// The kernel for these tensors, if there is one.
std::optional<Kind> kind_of(const Tensor& input, const Tensor& weight,
                            const ConvolutionOptions& options) {
  const auto type = input.scalar_type();
  const bool known = input.is_cpu() && (type == at::kFloat || type == at::kDouble) &&
                     weight.scalar_type() == type && input.dim() == 4 && input.numel() > 0 &&
                     weight.size(2) == 4 && weight.size(3) == 4 &&
                     weight.size(options.transposed ? 0 : 1) == input.size(1);
  if (!known) return std::nullopt;
  const int64_t height = input.size(2);
  const int64_t width = input.size(3);
  if (options.stride == 2 && options.padding == 1) {
    if (options.transposed) return Kind::kTransposed;
    return height % 2 == 0 && width % 2 == 0 ? std::optional(Kind::kStrided) : std::nullopt;
  }
  if (options.stride == 1 && options.padding == 0) {
    if (options.transposed && height == 1 && width == 1) return Kind::kProject;
    if (!options.transposed && height == 4 && width == 4 && weight.size(0) == 1) {
      return Kind::kScore;
    }
  }
  return std::nullopt;
}

// The stride-2 map from the large to the small feature maps, whichever of them is the input.
kernels::ConvShape shape_of(const Tensor& large, const Tensor& weight) {
  return {large.size(0), large.size(2), large.size(3), weight.size(1), weight.size(0)};
}

Tensor channels_last(const Tensor& tensor) {
  return tensor.contiguous(at::MemoryFormat::ChannelsLast);
}

Tensor empty_channels_last(const std::vector<int64_t>& sizes, const Tensor& like) {
  return torch::empty(sizes, like.options().memory_format(at::MemoryFormat::ChannelsLast));
}

template <typename T>
const T* data(const Tensor& tensor) {
  return tensor.const_data_ptr<T>();
}

template <typename T>
Tensor forward_of(Kind kind, const Tensor& x, const Tensor& weight, const Tensor& bias) {
  kernels::Epilogue<T> epilogue;
  if (bias.defined()) epilogue.bias = data<T>(bias);
  const int64_t n = x.size(0);
  switch (kind) {
    case Kind::kStrided: {
      Tensor y = empty_channels_last({n, weight.size(0), x.size(2) / 2, x.size(3) / 2}, x);
      kernels::conv4x4s2_forward<T>(shape_of(x, weight), data<T>(x), data<T>(weight),
                                    y.mutable_data_ptr<T>(), epilogue);
      return y;
    }
    case Kind::kTransposed: {
      Tensor y = empty_channels_last({n, weight.size(1), 2 * x.size(2), 2 * x.size(3)}, x);
      kernels::conv4x4s2_data_gradient<T>(shape_of(y, weight), data<T>(x), data<T>(weight),
                                          y.mutable_data_ptr<T>(), epilogue);
      return y;
    }
    case Kind::kProject: {
      Tensor y = empty_channels_last({n, weight.size(1), 4, 4}, x);
      kernels::project_forward<T>(n, x.size(1), weight.size(1), data<T>(x), data<T>(weight),
                                  y.mutable_data_ptr<T>(), epilogue);
      return y;
    }
    case Kind::kScore: {
      Tensor y = torch::empty({n, 1, 1, 1}, x.options());
      kernels::score_forward<T>(n, x.size(1), data<T>(x), data<T>(weight), y.mutable_data_ptr<T>(),
                                epilogue);
      return y;
    }
  }
  return {};
}

template <typename T>
Tensor data_gradient_of(Kind kind, const Tensor& x, const Tensor& weight, const Tensor& grad) {
  Tensor dx = torch::empty_like(x);
  switch (kind) {
    case Kind::kStrided:
      kernels::conv4x4s2_data_gradient<T>(shape_of(x, weight), data<T>(grad), data<T>(weight),
                                          dx.mutable_data_ptr<T>());
      return dx;
    case Kind::kTransposed:
      kernels::conv4x4s2_forward<T>(shape_of(grad, weight), data<T>(grad), data<T>(weight),
                                    dx.mutable_data_ptr<T>());
      return dx;
    case Kind::kScore:
      kernels::score_data_gradient<T>(x.size(0), x.size(1), data<T>(grad), data<T>(weight),
                                      dx.mutable_data_ptr<T>());
      return dx;
    case Kind::kProject:
      break;
  }
  // Nobody trains latents, so the projection has no kernel for it: [N, out * 16] x [in, out *
  // 16]^T.
  return grad.contiguous().flatten(1).matmul(weight.flatten(1).t()).view_as(x);
}

template <typename T>
Tensor weight_gradient_of(Kind kind, const Tensor& x, const Tensor& weight, const Tensor& grad) {
  Tensor dw = torch::empty(weight.sizes(), weight.options());
  T* out = dw.mutable_data_ptr<T>();
  switch (kind) {
    case Kind::kStrided:
      kernels::conv4x4s2_weight_gradient<T>(shape_of(x, weight), data<T>(x), data<T>(grad), out);
      break;
    case Kind::kTransposed:
      kernels::conv4x4s2_weight_gradient<T>(shape_of(grad, weight), data<T>(grad), data<T>(x), out);
      break;
    case Kind::kProject:
      kernels::project_weight_gradient<T>(x.size(0), x.size(1), weight.size(1), data<T>(x),
                                          data<T>(grad), out);
      break;
    case Kind::kScore:
      kernels::score_weight_gradient<T>(x.size(0), x.size(1), data<T>(x), data<T>(grad), out);
      break;
  }
  return dw;
}

// Calls body with the tensors' element type.
template <typename Body>
Tensor with_element_type(const Tensor& tensor, Body&& body) {
  return tensor.scalar_type() == at::kDouble ? body(double{}) : body(float{});
}

struct SavedOptions : torch::CustomClassHolder {
  SavedOptions(const ConvolutionOptions& options_, bool has_bias_)
      : options(options_), has_bias(has_bias_) {}
  ConvolutionOptions options;
  bool has_bias;
};

}  // namespace

Tensor convolution(const Tensor& input, const Tensor& weight, const std::optional<Tensor>& bias,
                   const ConvolutionOptions& options) {
  if (kind_of(input, weight, options)) {
    return ConvolutionFunction::apply(input, weight, bias, options);
  }
  return options.transposed
             ? torch::conv_transpose2d(input, weight, bias, options.stride, options.padding)
             : torch::conv2d(input, weight, bias, options.stride, options.padding);
}

Tensor ConvolutionFunction::forward(torch::autograd::AutogradContext* ctx, const Tensor& input,
                                    const Tensor& weight, const std::optional<Tensor>& bias,
                                    const ConvolutionOptions& options) {
  ctx->save_for_backward({input, weight});
  ctx->saved_data["options"] =
      c10::IValue::make_capsule(c10::make_intrusive<SavedOptions>(options, bias.has_value()));
  const Kind kind = *kind_of(input, weight, options);
  const Tensor x = channels_last(input);
  const Tensor w = weight.contiguous();
  const Tensor b = bias ? bias->contiguous() : Tensor();
  return with_element_type(
      x, [&](auto element) { return forward_of<decltype(element)>(kind, x, w, b); });
}

torch::autograd::variable_list ConvolutionFunction::backward(
    torch::autograd::AutogradContext* ctx, torch::autograd::variable_list grad_output) {
  const auto saved = ctx->get_saved_variables();
  const Tensor& input = saved[0];
  const Tensor& weight = saved[1];
  const auto call =
      c10::static_intrusive_pointer_cast<SavedOptions>(ctx->saved_data["options"].toCapsule());
  const ConvolutionOptions& options = call->options;
  const bool wants_input = ctx->needs_input_grad(0);
  const bool wants_weight = ctx->needs_input_grad(1);

  if (torch::GradMode::is_enabled()) {
    // Differentiated once more: LibTorch's operator knows its own derivative.
    const int64_t out_channels = grad_output[0].size(1);
    auto [dx, dw, db] = at::convolution_backward(
        grad_output[0], input, weight, std::vector<int64_t>{out_channels},
        std::vector<int64_t>(2, options.stride), std::vector<int64_t>(2, options.padding),
        std::vector<int64_t>(2, 1), options.transposed, std::vector<int64_t>(2, 0), /*groups=*/1,
        {wants_input, wants_weight, call->has_bias});
    return {dx, dw, db, Tensor()};
  }

  const Kind kind = *kind_of(input, weight, options);
  const Tensor x = channels_last(input);
  const Tensor w = weight.contiguous();
  const Tensor grad = channels_last(grad_output[0]);
  Tensor dx;
  Tensor dw;
  if (wants_input) {
    dx = with_element_type(
        x, [&](auto element) { return data_gradient_of<decltype(element)>(kind, x, w, grad); });
  }
  if (wants_weight) {
    dw = with_element_type(
        x, [&](auto element) { return weight_gradient_of<decltype(element)>(kind, x, w, grad); });
  }
  return {dx, dw, call->has_bias ? grad.sum({0, 2, 3}) : Tensor(), Tensor()};
}

}  // namespace dcgan
