#include "training/adam.h"

namespace dcgan {

Adam::Adam(const torch::OrderedDict<std::string, torch::Tensor>& parameters, AdamOptions options_)
    : options(options_) {
  for (const auto& item : parameters) {
    names_.push_back(item.key());
    parameters_.push_back(item.value());
    exp_avgs_.push_back(torch::zeros_like(item.value(), torch::MemoryFormat::Contiguous));
    exp_avg_sqs_.push_back(torch::zeros_like(item.value(), torch::MemoryFormat::Contiguous));
  }
  step_tensor_ =
      torch::zeros({}, torch::TensorOptions(torch::kFloat32).device(parameters_.front().device()));
}

void Adam::set_steps(int64_t steps) {
  steps_ = steps;
  step_tensor_.fill_(static_cast<double>(steps));
}

void Adam::step(std::vector<torch::Tensor> gradients) {
  const torch::NoGradGuard no_grad;
  set_steps(steps_ + 1);
  for (torch::Tensor& gradient : gradients) {
    gradient = gradient.contiguous();
  }
  const std::vector<torch::Tensor> counts(parameters_.size(), step_tensor_);
  at::_fused_adam_(parameters_, gradients, exp_avgs_, exp_avg_sqs_, /*max_exp_avg_sqs=*/{}, counts,
                   options.lr, options.beta1, options.beta2, /*weight_decay=*/0, options.eps,
                   /*amsgrad=*/false, /*maximize=*/false);
}

}  // namespace dcgan
