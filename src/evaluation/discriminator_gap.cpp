#include "evaluation/discriminator_gap.h"

#include <torch/types.h>

#include <algorithm>

#include "data/dataset.h"
#include "interchange/load_module.h"
#include "models/discriminator.h"
#include "sampling/saved_generator.h"
#include "training/losses.h"

namespace dcgan {
namespace {

double discriminator_loss_on(Discriminator& discriminator, const ImageSource& source) {
  constexpr int64_t kMost = 10'000;
  constexpr int64_t kAtOnce = 256;
  const torch::NoGradGuard no_grad;
  double sum = 0;
  const int64_t count = std::min(source.count, kMost);
  for (int64_t first = 0; first < count; first += kAtOnce) {
    const int64_t n = std::min(kAtOnce, count - first);
    const at::Tensor images = to_network_range(source.images(first, n));
    sum += binary_cross_entropy(discriminator->forward(images), 1.0).item<double>() *
           static_cast<double>(n);
  }
  return sum / static_cast<double>(count);
}

Discriminator load_discriminator(const ComparedSet& set) {
  const CheckpointSummary summary = summarize_checkpoint(*set.checkpoint, set.checkpoint_path);
  Discriminator discriminator(DiscriminatorOptions()
                                  .image_size(summary.image_size)
                                  .channels(summary.channels)
                                  .ndf(summary.ndf)
                                  .normalization(parse_normalization(summary.norm_d)));
  load_module(*discriminator, *set.checkpoint, "discriminator.", set.checkpoint_path);
  discriminator->eval();
  return discriminator;
}

}  // namespace

DiscriminatorGap discriminator_gap(const ComparedSet& checkpoint, const ImageSource& real,
                                   const ImageSource& held_out) {
  Discriminator discriminator = load_discriminator(checkpoint);
  return {discriminator_loss_on(discriminator, real),
          discriminator_loss_on(discriminator, held_out)};
}

}  // namespace dcgan
