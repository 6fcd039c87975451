#include "models/batch_norm_function.h"

namespace dcgan {
namespace {

std::optional<torch::Tensor> present(const torch::Tensor& tensor) {
  return tensor.defined() ? std::optional(tensor) : std::nullopt;
}

}  // namespace

torch::Tensor BatchNormFunction::forward(torch::autograd::AutogradContext* ctx,
                                         const torch::Tensor& input,
                                         const std::optional<torch::Tensor>& weight,
                                         const std::optional<torch::Tensor>& bias,
                                         BatchNormCall* call) {
  const BatchNormTransformOptions& options = call->options;
  const torch::Tensor output =
      call->statistics.mean.defined()
          ? batch_norm_forward(input, weight, bias, call->statistics, options)
          : batch_norm_forward_training(input, weight, bias, options, call->statistics);

  ctx->save_for_backward({input, weight.value_or(torch::Tensor()), bias.value_or(torch::Tensor()),
                          call->statistics.mean, call->statistics.variance});
  auto& saved = ctx->saved_data;
  saved["count"] = call->statistics.count;
  saved["eps"] = options.eps;
  saved["slope"] = options.slope;
  saved["groups"] = options.groups;
  saved["through_mean"] = options.through_mean;
  saved["through_variance"] = options.through_variance;
  if (call->reducer) saved["reducer"] = c10::IValue::make_capsule(call->reducer);
  return output;
}

torch::autograd::variable_list BatchNormFunction::backward(
    torch::autograd::AutogradContext* ctx, torch::autograd::variable_list grad_output) {
  const auto tensors = ctx->get_saved_variables();
  const torch::Tensor& input = tensors[0];
  const auto weight = present(tensors[1]);
  const auto bias = present(tensors[2]);
  auto& saved = ctx->saved_data;
  const BatchNormStatistics statistics{tensors[3], tensors[4], saved["count"].toDouble()};
  const BatchNormTransformOptions options{saved["eps"].toDouble(), saved["slope"].toDouble(),
                                          saved["groups"].toInt(), saved["through_mean"].toBool(),
                                          saved["through_variance"].toBool()};
  c10::intrusive_ptr<StatisticsReducer> reducer;
  if (const auto found = saved.find("reducer"); found != saved.end()) {
    reducer = c10::static_intrusive_pointer_cast<StatisticsReducer>(found->second.toCapsule());
  }

  BatchNormGradients gradients;
  if (torch::GradMode::is_enabled()) {
    TORCH_CHECK(!reducer,
                "batch norm: gradients of gradients are not defined over several processes");
    gradients = batch_norm_backward_differentiable(input, grad_output[0], weight, bias, statistics,
                                                   options);
  } else {
    gradients = batch_norm_backward(input, grad_output[0], weight, bias, statistics, options,
                                    reducer.get());
  }
  const auto parameter_gradient = [](const torch::Tensor& sums, const auto& parameter) {
    return parameter ? sums.sum(0).to(parameter->scalar_type()) : torch::Tensor();
  };
  return {gradients.input, parameter_gradient(gradients.weight_sum, weight),
          parameter_gradient(gradients.bias_sum, bias), torch::Tensor()};
}

}  // namespace dcgan
