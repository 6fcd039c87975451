#include "training/adam.h"

namespace dcgan {
namespace {

// Views of `flat` with the sizes of `like`, one behind the other.
std::vector<torch::Tensor> views_of(const torch::Tensor& flat,
                                    const std::vector<torch::Tensor>& like) {
  std::vector<torch::Tensor> views;
  int64_t begin = 0;
  for (const torch::Tensor& tensor : like) {
    views.push_back(flat.narrow(0, begin, tensor.numel()).view(tensor.sizes()));
    begin += tensor.numel();
  }
  return views;
}

}  // namespace

Adam::Adam(const torch::OrderedDict<std::string, torch::Tensor>& parameters, AdamOptions options_)
    : options(options_) {
  const torch::NoGradGuard no_grad;
  std::vector<torch::Tensor> flattened;
  for (const auto& item : parameters) {
    names_.push_back(item.key());
    parameters_.push_back(item.value());
    flattened.push_back(item.value().detach().flatten());
  }
  flat_parameters_ = torch::cat(flattened);
  flat_gradients_ = torch::zeros_like(flat_parameters_);
  flat_exp_avgs_ = torch::zeros_like(flat_parameters_);
  flat_exp_avg_sqs_ = torch::zeros_like(flat_parameters_);
  gradients_ = views_of(flat_gradients_, parameters_);
  exp_avgs_ = views_of(flat_exp_avgs_, parameters_);
  exp_avg_sqs_ = views_of(flat_exp_avg_sqs_, parameters_);
  const std::vector<torch::Tensor> moved = views_of(flat_parameters_, parameters_);
  for (size_t i = 0; i < moved.size(); ++i) parameters_[i].set_data(moved[i]);
  step_tensor_ =
      torch::zeros({}, torch::TensorOptions(torch::kFloat32).device(flat_parameters_.device()));
}

void Adam::set_steps(int64_t steps) {
  steps_ = steps;
  step_tensor_.fill_(static_cast<double>(steps));
}

torch::Tensor Adam::gradient_norm() const { return torch::norm(flat_gradients_); }

torch::Tensor Adam::parameter_norm() const {
  const torch::NoGradGuard no_grad;
  return torch::norm(flat_parameters_);
}

void Adam::clip_gradients(double most, const torch::Tensor& norm) {
  constexpr double kEps = 1e-6;
  flat_gradients_.mul_((most / (norm + kEps)).clamp_max(1.0));
}

void Adam::step() {
  const torch::NoGradGuard no_grad;
  set_steps(steps_ + 1);
  at::_fused_adam_({flat_parameters_}, {flat_gradients_}, {flat_exp_avgs_}, {flat_exp_avg_sqs_},
                   /*max_exp_avg_sqs=*/{}, {step_tensor_}, options.lr, options.beta1, options.beta2,
                   /*weight_decay=*/0, options.eps, /*amsgrad=*/false, /*maximize=*/false);
}

}  // namespace dcgan
