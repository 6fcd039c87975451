#include "training/step.h"

#include <torch/csrc/autograd/autograd.h>

#include "training/losses.h"

namespace dcgan {
namespace {

// Gradients of `loss`, set rather than accumulated: nothing to zero.
std::vector<torch::Tensor> gradients_of(const torch::Tensor& loss,
                                        const std::vector<torch::Tensor>& parameters) {
  return torch::autograd::grad({loss}, parameters);
}

torch::Tensor norm_of(const std::vector<torch::Tensor>& gradients) {
  std::vector<torch::Tensor> norms;
  norms.reserve(gradients.size());
  for (const torch::Tensor& gradient : gradients) {
    norms.push_back(torch::norm(gradient));
  }
  return torch::norm(torch::stack(norms));
}

void require_gradients(const std::vector<torch::Tensor>& parameters, bool required) {
  for (const torch::Tensor& parameter : parameters) {
    parameter.requires_grad_(required);
  }
}

torch::Tensor mean_probability(const torch::Tensor& logits) {
  return torch::sigmoid(logits.detach()).mean();
}

}  // namespace

StepResult train_step(Networks& networks, const torch::Tensor& real, const torch::Tensor& latents,
                      bool with_gradient_norms) {
  StepResult result;
  const torch::Tensor fake = networks.generator->forward(latents);

  // Discriminator: real and fake go through it together, as two groups, so that batch norm sees
  // each with its own statistics, as in two passes.
  require_gradients(networks.optimizer_d.parameters(), true);
  const torch::Tensor logits =
      networks.discriminator->forward(torch::cat({real, fake.detach()}), /*groups=*/2);
  const torch::Tensor real_logits = logits.narrow(0, 0, real.size(0));
  const torch::Tensor fake_logits = logits.narrow(0, real.size(0), fake.size(0));
  const torch::Tensor loss_d = discriminator_loss(real_logits, fake_logits);
  auto gradients_d = gradients_of(loss_d, networks.optimizer_d.parameters());
  if (with_gradient_norms) result.grad_norm_d = norm_of(gradients_d);
  networks.optimizer_d.step(std::move(gradients_d));

  // Generator: the gradient passes through the discriminator, whose own weights need none.
  require_gradients(networks.optimizer_d.parameters(), false);
  const torch::Tensor judged = networks.discriminator->forward(fake);
  const torch::Tensor loss_g = generator_loss(judged);
  auto gradients_g = gradients_of(loss_g, networks.optimizer_g.parameters());
  if (with_gradient_norms) result.grad_norm_g = norm_of(gradients_g);
  networks.optimizer_g.step(std::move(gradients_g));

  result.loss_d = loss_d.detach();
  result.loss_g = loss_g.detach();
  result.d_real = mean_probability(real_logits);
  result.d_fake = mean_probability(fake_logits);
  result.d_fake_after = mean_probability(judged);
  return result;
}

}  // namespace dcgan
