#pragma once

#include <ATen/core/Tensor.h>

namespace dcgan {

/// Small square images uint8 [N, S, S, C] (C = 1 or 3) at another size and number of channels:
/// MNIST's 28x28 are padded with black to 32x32 first, other sizes are resized with antialiasing;
/// grey becomes R = G = B, colour becomes 0.299 R + 0.587 G + 0.114 B; 2 and 4 channels get an
/// opaque alpha.
at::Tensor to_training_images(const at::Tensor& images, int64_t image_size, int64_t channels);

}  // namespace dcgan
