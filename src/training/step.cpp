#include "training/step.h"

#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/grad_mode.h>

#include "training/losses.h"

namespace dcgan {
namespace {

// The gradient of `loss` at the logits it was computed from.
torch::Tensor gradient_at(const torch::Tensor& loss, const torch::Tensor& logits) {
  return torch::autograd::grad({loss}, {logits})[0];
}

torch::Tensor mean_probability(const torch::Tensor& logits) {
  return torch::sigmoid(logits.detach()).mean();
}

// Memory for real and generated images side by side, the real ones filled in.
torch::Tensor& with_real(torch::Tensor& images, const torch::Tensor& real) {
  std::vector<int64_t> sizes = real.sizes().vec();
  sizes[0] *= 2;
  if (!images.defined() || images.sizes() != torch::IntArrayRef(sizes) ||
      images.dtype() != real.dtype() || images.device() != real.device()) {
    images = torch::empty(sizes, real.options().memory_format(at::MemoryFormat::ChannelsLast));
  }
  images.narrow(0, 0, real.size(0)).copy_(real);
  return images;
}

}  // namespace

StepResult train_step(Networks& networks, const torch::Tensor& real, const torch::Tensor& latents,
                      bool with_gradient_norms) {
  using Wants = NetworkPass::Wants;
  const torch::AutoGradMode with_graph(true);  // whatever the caller has set
  StepResult result;
  const int64_t batch = real.size(0);
  const torch::Tensor& images = with_real(networks.images, real);
  const torch::Tensor fake =
      networks.pass_g.forward(latents.reshape({batch, -1, 1, 1}), Wants::kParameters, /*groups=*/1,
                              images.narrow(0, batch, batch));

  // Discriminator: real and fake go through it together, as two groups, so that batch norm sees
  // each with its own statistics, as in two passes.
  const torch::Tensor scores = networks.pass_d.forward(images, Wants::kParameters, /*groups=*/2);
  const torch::Tensor logits = scores.flatten().clone().requires_grad_();
  const torch::Tensor real_logits = logits.narrow(0, 0, batch);
  const torch::Tensor fake_logits = logits.narrow(0, batch, batch);
  const torch::Tensor loss_d = discriminator_loss(real_logits, fake_logits);
  networks.pass_d.backward_to_parameters(gradient_at(loss_d, logits).view_as(scores),
                                         networks.optimizer_d.gradients());
  if (with_gradient_norms) result.grad_norm_d = networks.optimizer_d.gradient_norm();
  networks.optimizer_d.step();

  // Generator: the gradient passes through the discriminator, whose own weights need none.
  const torch::Tensor fake_scores = networks.pass_d.forward(fake, Wants::kInput);
  const torch::Tensor judged = fake_scores.flatten().clone().requires_grad_();
  const torch::Tensor loss_g = generator_loss(judged);
  const torch::Tensor at_images =
      networks.pass_d.backward_to_input(gradient_at(loss_g, judged).view_as(fake_scores));
  networks.pass_g.backward_to_parameters(at_images, networks.optimizer_g.gradients());
  if (with_gradient_norms) result.grad_norm_g = networks.optimizer_g.gradient_norm();
  networks.optimizer_g.step();

  result.loss_d = loss_d.detach();
  result.loss_g = loss_g.detach();
  result.d_real = mean_probability(real_logits);
  result.d_fake = mean_probability(fake_logits);
  result.d_fake_after = mean_probability(judged);
  return result;
}

}  // namespace dcgan
