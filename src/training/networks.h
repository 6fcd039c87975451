#pragma once

#include <torch/types.h>

#include <optional>

#include "models/discriminator.h"
#include "models/generator.h"
#include "models/initialization.h"
#include "models/network_pass.h"
#include "training/adam.h"
#include "training/generator_average.h"

namespace dcgan {

/// How real and generated images go through the discriminator in its own step.
enum class BatchMixing {
  kGrouped,   // in one pass, batch norm taking the statistics of each half by itself
  kSeparate,  // in two passes, as in the PyTorch example: the same to rounding
  kMixed,     // in one pass with common statistics
};

/// Both networks with their optimisers: everything that a training step changes, and the memory
/// that it works in.
struct Networks {
  Networks(Generator generator, Discriminator discriminator, const AdamOptions& adam_g,
           const AdamOptions& adam_d);

  Generator generator;
  Discriminator discriminator;
  Adam optimizer_g;
  Adam optimizer_d;

  NetworkPass pass_g;
  NetworkPass pass_d;
  BatchMixing mixing = BatchMixing::kGrouped;
  /// Most that the norm of a network's gradients may be; 0: no limit.
  double clip_grad_norm = 0;
  /// The averaged generator, if one is wanted.
  std::optional<GeneratorAverage> average;
  /// What a run's samples and measurements are drawn from.
  Generator& shown() { return average ? average->generator() : generator; }

  /// Real images, then generated ones [2 B, C, H, W], channels_last.
  torch::Tensor images;
};

/// Networks in training mode on `device`, initialised from `seed` alone.
Networks make_networks(const GeneratorOptions& generator, const DiscriminatorOptions& discriminator,
                       const Initialization& initialization, uint64_t seed,
                       const AdamOptions& adam_g, const AdamOptions& adam_d,
                       const torch::Device& device);

}  // namespace dcgan
