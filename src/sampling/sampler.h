#pragma once

#include <ATen/core/Tensor.h>

#include "models/generator.h"

namespace dcgan {

/// Images uint8 [N, H, W, C] for latents [N, nz], with running statistics. An image is a function
/// of its own latent, to the bit: the generator always sees batches of one fixed size, the last one
/// filled up, because the libraries' kernels may round differently for another. The generator's
/// training mode is left as it was found.
at::Tensor sample_images(Generator& generator, const at::Tensor& latents);

/// Mean over pixels and channels of the standard deviation over images, on the networks' scale
/// [-1, 1]: 0 when every image is the same. `images` uint8 [N, H, W, C], N >= 2.
double sample_standard_deviation(const at::Tensor& images);

}  // namespace dcgan
