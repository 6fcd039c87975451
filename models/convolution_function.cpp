#include "models/convolution_function.h"

#include <ATen/autocast_mode.h>

#include "models/kernels/leaky_backward.h"

namespace dcgan {
namespace {

using torch::Tensor;

std::optional<ConvolutionKind> kind_of(const Tensor& input, const Tensor& weight,
                                       const ConvolutionOptions& options) {
  if (at::autocast::is_autocast_enabled(input.device().type())) return std::nullopt;
  if (input.device() != weight.device() || input.scalar_type() != weight.scalar_type()) {
    return std::nullopt;
  }
  return convolution_kind(input.sizes(), weight, options);
}

Tensor channels_last(const Tensor& tensor) {
  return tensor.contiguous(at::MemoryFormat::ChannelsLast);
}

Tensor empty_channels_last(c10::IntArrayRef sizes, const Tensor& like) {
  return torch::empty(sizes, like.options().memory_format(at::MemoryFormat::ChannelsLast));
}

// Calls body with a value of the tensor's element type.
template <typename Body>
void with_float_or_double(const Tensor& tensor, Body&& body) {
  tensor.scalar_type() == at::kDouble ? body(double{}) : body(float{});
}

Tensor bias_gradient_of(const Tensor& grad) {
  Tensor result = torch::empty({grad.size(1)}, grad.options());
  with_float_or_double(grad, [&](auto element) {
    using T = decltype(element);
    kernels::channel_sums<T>(grad.numel() / grad.size(1), grad.size(1), grad.const_data_ptr<T>(),
                             result.mutable_data_ptr<T>());
  });
  return result;
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
  const ConvolutionKind kind = kind_of(input, weight, options).value();
  const Tensor x = channels_last(input);
  const Tensor w = weight.contiguous();
  const Tensor b = bias ? bias->contiguous() : Tensor();
  const Tensor y = empty_channels_last(convolution_output_sizes(kind, x.sizes(), w), x);
  with_float_or_double(x, [&](auto element) {
    using T = decltype(element);
    convolution_forward<T>(kind, x.sizes(), w, x.const_data_ptr<T>(),
                           b.defined() ? b.const_data_ptr<T>() : nullptr, /*slope=*/T(1),
                           y.mutable_data_ptr<T>());
  });
  return y;
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

  const ConvolutionKind kind = kind_of(input, weight, options).value();
  const Tensor x = channels_last(input);
  const Tensor w = weight.contiguous();
  const Tensor grad = channels_last(grad_output[0]);
  Tensor dx;
  Tensor dw;
  with_float_or_double(x, [&](auto element) {
    using T = decltype(element);
    if (wants_input) {
      dx = torch::empty_like(x);
      convolution_data_gradient<T>(kind, x.sizes(), w, grad.const_data_ptr<T>(),
                                   dx.mutable_data_ptr<T>());
    }
    if (wants_weight) {
      dw = torch::empty(w.sizes(), w.options());
      convolution_weight_gradient<T>(kind, x.sizes(), w, x.const_data_ptr<T>(),
                                     grad.const_data_ptr<T>(), dw.mutable_data_ptr<T>());
    }
  });
  return {dx, dw, call->has_bias ? bias_gradient_of(grad) : Tensor(), Tensor()};
}

}  // namespace dcgan
