#include "models/batch_norm_function.h"

namespace dcgan {
namespace {

// Every dimension but the channels'.
std::vector<int64_t> reduced_dimensions(const torch::Tensor& input) {
  std::vector<int64_t> dims{0};
  for (int64_t d = 2; d < input.dim(); ++d) {
    dims.push_back(d);
  }
  return dims;
}

// [C] -> [1, C, 1, ...], to broadcast against `input`.
torch::Tensor per_channel(const torch::Tensor& values, const torch::Tensor& input) {
  std::vector<int64_t> shape(static_cast<size_t>(input.dim()), 1);
  shape[1] = values.size(0);
  return values.view(shape);
}

}  // namespace

BatchStatistics batch_statistics(const torch::Tensor& input) {
  const torch::NoGradGuard no_grad;
  auto [variance, mean] = torch::var_mean(input, reduced_dimensions(input), /*correction=*/0,
                                          /*keepdim=*/false);
  return {mean, variance, input.numel() / input.size(1)};
}

torch::Tensor BatchNormFunction::forward(torch::autograd::AutogradContext* ctx,
                                         const torch::Tensor& input,
                                         const std::optional<torch::Tensor>& weight,
                                         const std::optional<torch::Tensor>& bias,
                                         const torch::Tensor& mean, const torch::Tensor& variance,
                                         double eps, bool from_batch) {
  const torch::Tensor inv_std = torch::rsqrt(variance + eps);
  const torch::Tensor scale = weight ? *weight * inv_std : inv_std;
  // The mean goes first: scale * x + shift would cancel where the mean is large.
  torch::Tensor output = (input - per_channel(mean, input)).mul_(per_channel(scale, input));
  if (bias) {
    output.add_(per_channel(*bias, input));
  }
  ctx->save_for_backward({input, weight.value_or(torch::Tensor()), mean, inv_std});
  ctx->saved_data["eps"] = eps;
  ctx->saved_data["from_batch"] = from_batch;
  ctx->saved_data["has_bias"] = bias.has_value();
  return output;
}

torch::autograd::variable_list BatchNormFunction::backward(
    torch::autograd::AutogradContext* ctx, torch::autograd::variable_list grad_output) {
  const auto saved = ctx->get_saved_variables();
  const torch::Tensor& input = saved[0];
  const torch::Tensor& weight = saved[1];
  torch::Tensor mean = saved[2];
  torch::Tensor inv_std = saved[3];
  const double eps = ctx->saved_data["eps"].toDouble();
  const bool from_batch = ctx->saved_data["from_batch"].toBool();
  const bool has_bias = ctx->saved_data["has_bias"].toBool();
  const torch::Tensor& grad = grad_output[0];
  const std::vector<int64_t> dims = reduced_dimensions(input);

  // With create_graph the gradient is differentiated again, and the saved statistics, which are
  // functions of the input, would silently count as constants: compute them once more, recorded.
  if (torch::GradMode::is_enabled() && from_batch) {
    auto [variance, batch_mean] = torch::var_mean(input, dims, /*correction=*/0, /*keepdim=*/false);
    mean = batch_mean;
    inv_std = torch::rsqrt(variance + eps);
  }

  const torch::Tensor normalized = (input - per_channel(mean, input)) * per_channel(inv_std, input);
  const torch::Tensor sum_grad = grad.sum(dims);
  const torch::Tensor sum_grad_normalized = (grad * normalized).sum(dims);

  torch::Tensor grad_input;
  if (ctx->needs_input_grad(0)) {
    const torch::Tensor scale = weight.defined() ? weight * inv_std : inv_std;
    if (from_batch) {
      // dL/dx = scale * (g - mean(g) - x_hat * mean(g * x_hat)): what is left of the gradient once
      // the directions that the normalisation removes, a constant and x_hat itself, are taken out.
      const double count = static_cast<double>(input.numel() / input.size(1));
      grad_input = (grad - per_channel(sum_grad / count, input) -
                    normalized * per_channel(sum_grad_normalized / count, input)) *
                   per_channel(scale, input);
    } else {
      grad_input = grad * per_channel(scale, input);
    }
  }
  const torch::Tensor grad_weight = weight.defined() ? sum_grad_normalized : torch::Tensor();
  const torch::Tensor grad_bias = has_bias ? sum_grad : torch::Tensor();
  return {grad_input,      grad_weight,     grad_bias,      torch::Tensor(),
          torch::Tensor(), torch::Tensor(), torch::Tensor()};
}

}  // namespace dcgan
