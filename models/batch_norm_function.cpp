#include "models/batch_norm_function.h"

#include "models/optional_tensor.h"

namespace dcgan {
namespace {

// What the backward needs besides tensors, in one object: a dictionary entry each costs
// microseconds.
struct SavedCall : torch::CustomClassHolder {
  SavedCall(const BatchNormCall& call)  // NOLINT(google-explicit-constructor)
      : options(call.options), count(call.statistics.count), reducer(call.reducer) {}
  BatchNormTransformOptions options;
  double count;
  c10::intrusive_ptr<StatisticsReducer> reducer;
};

// The parameter's gradient from sums [groups, C] in float64.
torch::Tensor parameter_gradient(const torch::Tensor& sums,
                                 const std::optional<torch::Tensor>& parameter) {
  if (!parameter) return {};
  return (sums.size(0) == 1 ? sums.squeeze(0) : sums.sum(0)).to(parameter->scalar_type());
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
  ctx->saved_data["call"] = c10::IValue::make_capsule(c10::make_intrusive<SavedCall>(*call));
  return output;
}

torch::autograd::variable_list BatchNormFunction::backward(
    torch::autograd::AutogradContext* ctx, torch::autograd::variable_list grad_output) {
  const auto tensors = ctx->get_saved_variables();
  const torch::Tensor& input = tensors[0];
  const auto weight = present(tensors[1]);
  const auto bias = present(tensors[2]);
  const auto call =
      c10::static_intrusive_pointer_cast<SavedCall>(ctx->saved_data["call"].toCapsule());
  const BatchNormStatistics statistics{tensors[3], tensors[4], call->count};

  BatchNormGradients gradients;
  if (torch::GradMode::is_enabled()) {
    TORCH_CHECK(!call->reducer,
                "batch norm: gradients of gradients are not defined over several processes");
    gradients = batch_norm_backward_differentiable(input, grad_output[0], weight, bias, statistics,
                                                   call->options);
  } else {
    gradients = batch_norm_backward(input, grad_output[0], weight, bias, statistics, call->options,
                                    call->reducer.get());
  }
  return {gradients.input, parameter_gradient(gradients.weight_sum, weight),
          parameter_gradient(gradients.bias_sum, bias), torch::Tensor()};
}

}  // namespace dcgan
