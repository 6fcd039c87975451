#pragma once

#include <ATen/core/Tensor.h>

namespace dcgan {

/// Mean over pixels and channels of the standard deviation over images, on the networks' scale
/// [-1, 1]: 0 when every image is the same, or the only one. `images` uint8
/// [N, H, W, C], N >= 1.
double sample_standard_deviation(const at::Tensor& images);

}  // namespace dcgan
