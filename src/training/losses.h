#pragma once

#include <torch/types.h>

namespace dcgan {

/// Binary cross entropy on logits against the same target for all, mean over the batch:
/// target 1: mean(log(1 + exp(-x))), target 0: mean(log(1 + exp(x))), without overflow and with the
/// right gradient for logits of any size.
torch::Tensor binary_cross_entropy(const torch::Tensor& logits, double target);

/// -log D(x) - log(1 - D(G(z))) (Goodfellow et al. 2014, equation 1, negated).
torch::Tensor discriminator_loss(const torch::Tensor& real_logits,
                                 const torch::Tensor& fake_logits);

/// The non-saturating -log D(G(z)) (Goodfellow et al. 2014, section 3).
torch::Tensor generator_loss(const torch::Tensor& fake_logits);

}  // namespace dcgan
