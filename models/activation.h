#pragma once

#include <torch/types.h>

namespace dcgan {

/// What one stage hands to the next: feature maps, and possibly work on them that a fused kernel
/// left for its consumer, which applies it while reading the values:
///
///     activation = leaky(scale[c] * values + shift[c]),  leaky(v) = v > 0 ? v : slope * v
///
/// A consumer that does not know how calls `materialize()`.
struct Activation {
  /// Implicit on purpose: a plain tensor is an activation with nothing left undone.
  Activation(torch::Tensor values) : values(std::move(values)) {}  // NOLINT

  /// Feature maps [N, C, H, W] of any memory format.
  torch::Tensor values;
  /// Per-channel factor and offset [C] still to be applied; undefined: none.
  torch::Tensor scale;
  torch::Tensor shift;
  /// Negative slope still to be applied: 1 none, 0 ReLU, 0.2 the discriminator's LeakyReLU.
  double slope = 1.0;

  /// The batch is this many equal slices that batch norm keeps apart: 2 for real and fake images
  /// that go through the discriminator together.
  int64_t groups = 1;

  /// True where `values` is the activation itself.
  bool is_plain() const { return !scale.defined() && !shift.defined() && slope == 1.0; }

  /// The activation [N, C, H, W] with everything applied; differentiable.
  torch::Tensor materialize() const;
};

}  // namespace dcgan
