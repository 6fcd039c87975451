#pragma once

#include <torch/types.h>

#include <cstdint>
#include <utility>

namespace dcgan {

/// What one stage hands to the next.
struct Activation {
  /// Implicit on purpose: a plain tensor is the activation of one batch.
  Activation(torch::Tensor values) : values(std::move(values)) {}  // NOLINT

  /// Feature maps [N, C, H, W] of any memory format.
  torch::Tensor values;

  /// The batch is this many equal slices that batch norm keeps apart: 2 for real and fake images
  /// that go through the discriminator together.
  int64_t groups = 1;
};

}  // namespace dcgan
