#include "training/losses.h"

namespace dcgan {

torch::Tensor binary_cross_entropy(const torch::Tensor& logits, double target) {
  return torch::binary_cross_entropy_with_logits(logits, torch::full_like(logits, target));
}

torch::Tensor discriminator_loss(const torch::Tensor& real_logits,
                                 const torch::Tensor& fake_logits) {
  return binary_cross_entropy(real_logits, 1.0) + binary_cross_entropy(fake_logits, 0.0);
}

torch::Tensor generator_loss(const torch::Tensor& fake_logits) {
  return binary_cross_entropy(fake_logits, 1.0);
}

}  // namespace dcgan
