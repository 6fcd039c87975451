#include "training/step.h"

#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/grad_mode.h>

#include <array>

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

struct DiscriminatorLoss {
  torch::Tensor loss;
  torch::Tensor real_logits;
  torch::Tensor fake_logits;
};

// Sets the discriminator's gradients on real and generated images that go through it together, as
// two groups, so that batch norm sees each with its own statistics, as in two passes; or mixed, as
// one.
DiscriminatorLoss in_one_pass(Networks& networks, const torch::Tensor& images) {
  const int64_t batch = images.size(0) / 2;
  const int64_t groups = networks.mixing == BatchMixing::kMixed ? 1 : 2;
  const torch::Tensor scores =
      networks.pass_d.forward(images, NetworkPass::Wants::kParameters, groups);
  const torch::Tensor logits = scores.flatten().clone().requires_grad_();
  const torch::Tensor real_logits = logits.narrow(0, 0, batch);
  const torch::Tensor fake_logits = logits.narrow(0, batch, batch);
  const torch::Tensor loss = discriminator_loss(real_logits, fake_logits);
  networks.pass_d.backward_to_parameters(gradient_at(loss, logits).view_as(scores),
                                         networks.optimizer_d.gradients());
  return {loss.detach(), real_logits.detach(), fake_logits.detach()};
}

// The same in two passes, whose gradients are added up.
DiscriminatorLoss in_two_passes(Networks& networks, const torch::Tensor& images) {
  const int64_t batch = images.size(0) / 2;
  const auto& gradients = networks.optimizer_d.gradients();
  std::vector<torch::Tensor> of_real;
  std::array<torch::Tensor, 2> logits;
  torch::Tensor loss;
  for (int64_t half = 0; half < 2; ++half) {
    const torch::Tensor scores = networks.pass_d.forward(images.narrow(0, half * batch, batch),
                                                         NetworkPass::Wants::kParameters);
    torch::Tensor& own = logits[static_cast<size_t>(half)];
    own = scores.flatten().clone().requires_grad_();
    const torch::Tensor part = binary_cross_entropy(own, half == 0 ? 1.0 : 0.0);
    networks.pass_d.backward_to_parameters(gradient_at(part, own).view_as(scores), gradients);
    loss = half == 0 ? part.detach() : loss + part.detach();
    if (half == 0) {
      for (const torch::Tensor& gradient : gradients) of_real.push_back(gradient.clone());
    }
  }
  for (size_t i = 0; i < gradients.size(); ++i) gradients[i].add_(of_real[i]);
  return {loss, logits[0].detach(), logits[1].detach()};
}

// An update of one network; `norm` is that of its gradients before they are clipped.
void update(Adam& optimizer, double clip, bool with_norm, torch::Tensor& norm) {
  if (clip > 0 || with_norm) norm = optimizer.gradient_norm();
  if (clip > 0) optimizer.clip_gradients(clip, norm);
  optimizer.step();
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

  const DiscriminatorLoss d = networks.mixing == BatchMixing::kSeparate
                                  ? in_two_passes(networks, images)
                                  : in_one_pass(networks, images);
  update(networks.optimizer_d, networks.clip_grad_norm, with_gradient_norms, result.grad_norm_d);

  // Generator: the gradient passes through the discriminator, whose own weights need none.
  const torch::Tensor fake_scores = networks.pass_d.forward(fake, Wants::kInput);
  const torch::Tensor judged = fake_scores.flatten().clone().requires_grad_();
  const torch::Tensor loss_g = generator_loss(judged);
  const torch::Tensor at_images =
      networks.pass_d.backward_to_input(gradient_at(loss_g, judged).view_as(fake_scores));
  networks.pass_g.backward_to_parameters(at_images, networks.optimizer_g.gradients());
  update(networks.optimizer_g, networks.clip_grad_norm, with_gradient_norms, result.grad_norm_g);
  if (networks.average) networks.average->update();

  result.loss_d = d.loss;
  result.loss_g = loss_g.detach();
  result.d_real = mean_probability(d.real_logits);
  result.d_fake = mean_probability(d.fake_logits);
  result.d_fake_after = mean_probability(judged);
  return result;
}

}  // namespace dcgan
