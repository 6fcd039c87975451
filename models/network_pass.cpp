#include "models/network_pass.h"

#include <torch/csrc/autograd/autograd.h>

#include "models/autocast.h"

namespace dcgan {

NetworkPass::NetworkPass(StageSequence network, std::shared_ptr<GradientMemory> gradients)
    : network_(std::move(network)),
      parameters_(network_->parameters()),
      gradients_(std::move(gradients)) {}

torch::Tensor NetworkPass::forward(const torch::Tensor& input, Wants wants, int64_t groups,
                                   const torch::Tensor& output) {
  last_was_written_ = written_allowed_ && !autocast_ && WrittenPass::supports(network_, input);
  if (last_was_written_) {
    if (!written_ || written_type_ != input.scalar_type()) {
      written_type_ = input.scalar_type();
      written_ = WrittenPass::create(network_, written_type_, gradients_);
    }
    return written_->forward(input.contiguous(at::MemoryFormat::ChannelsLast), groups, output);
  }
  for (torch::Tensor& parameter : parameters_) {
    parameter.requires_grad_(wants == Wants::kParameters);
  }
  input_ = input.detach().requires_grad_(wants == Wants::kInput);
  Activation activation(input_);
  activation.groups = groups;
  {
    const AutocastGuard autocast(input.device().type(), autocast_);
    output_ = network_->forward(activation).values.to(input.scalar_type());
  }
  const torch::Tensor result = output_.detach();
  return output.defined() ? output.copy_(result) : result;
}

void NetworkPass::backward_to_parameters(const torch::Tensor& grad_output,
                                         const std::vector<torch::Tensor>& gradients) {
  if (last_was_written_) {
    written_->backward_to_parameters(grad_output, gradients);
    return;
  }
  const auto computed = torch::autograd::grad({output_}, parameters_, {grad_output});
  const torch::NoGradGuard no_grad;
  for (size_t i = 0; i < gradients.size(); ++i) {
    gradients[i].copy_(computed[i]);
  }
  output_ = torch::Tensor();
}

torch::Tensor NetworkPass::backward_to_input(const torch::Tensor& grad_output) {
  if (last_was_written_) return written_->backward_to_input(grad_output);
  torch::Tensor gradient = torch::autograd::grad({output_}, {input_}, {grad_output})[0];
  output_ = torch::Tensor();
  return gradient;
}

}  // namespace dcgan
