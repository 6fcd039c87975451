#pragma once

#include <torch/types.h>

#include "models/discriminator.h"
#include "models/generator.h"
#include "models/initialization.h"
#include "training/adam.h"

namespace dcgan {

/// Both networks with their optimisers: everything that a training step changes.
struct Networks {
  Generator generator{nullptr};
  Discriminator discriminator{nullptr};
  Adam optimizer_g;
  Adam optimizer_d;
};

/// Networks in training mode on `device`, initialised from `seed` alone.
Networks make_networks(const GeneratorOptions& generator, const DiscriminatorOptions& discriminator,
                       const Initialization& initialization, uint64_t seed,
                       const AdamOptions& adam_g, const AdamOptions& adam_d,
                       const torch::Device& device);

}  // namespace dcgan
