#pragma once

#include <torch/types.h>

#include "training/networks.h"

namespace dcgan {

/// What one step measured. Scalars on the networks' device: reading one waits for a GPU, so a loop
/// reads them only when it logs.
struct StepResult {
  torch::Tensor loss_d;
  torch::Tensor loss_g;
  /// Mean D(x), and mean D(G(z)) before and after the discriminator's update.
  torch::Tensor d_real;
  torch::Tensor d_fake;
  torch::Tensor d_fake_after;
  /// Euclidean norms of all gradients of a network together, before they are clipped; undefined
  /// unless asked for or clipped.
  torch::Tensor grad_norm_d;
  torch::Tensor grad_norm_g;
};

/// One alternating step as in the PyTorch DCGAN example: the discriminator learns from `real`
/// [B, C, H, W] and from G(latents), then the generator from the updated discriminator's view of
/// the same images. `latents` [B, nz]. Changes networks, running statistics, optimisers and
/// the averaged generator.
StepResult train_step(Networks& networks, const torch::Tensor& real, const torch::Tensor& latents,
                      bool with_gradient_norms);

}  // namespace dcgan
