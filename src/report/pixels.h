#pragma once

#include <ATen/core/Tensor.h>

namespace dcgan {

/// Float [B, C, H, W] in [-1, 1] of any device to uint8 [B, H, W, C] on the CPU, rounded to
/// nearest; values outside are clamped, NaN becomes 0.
at::Tensor to_pixels(const at::Tensor& images);

/// uint8 [H, W, C] whose last channel is alpha (C of 2 or 4), blended onto white: [H, W, C - 1].
at::Tensor blend_on_white(const at::Tensor& pixels);

}  // namespace dcgan
