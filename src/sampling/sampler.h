#pragma once

#include <ATen/core/Tensor.h>

#include "models/generator.h"

namespace dcgan {

/// Images uint8 [N, H, W, C] for latents [N, nz], with running statistics. An image is a function
/// of its own latent, to the bit: the generator always sees batches of one fixed size, the last one
/// filled up, because the libraries' kernels may round differently for another. The generator's
/// training mode is left as it was found.
at::Tensor sample_images(Generator& generator, const at::Tensor& latents);

}  // namespace dcgan
