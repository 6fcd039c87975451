#pragma once

#include <torch/nn/module.h>

#include <string>
#include <string_view>

namespace dcgan {

/// How the weights of convolutions and fully connected layers start: zero-mean normal, with the
/// standard deviation of
///   dcgan      0.02 (Radford 2015); the norms' gamma from N(1, 0.02) as in the PyTorch example
///   he         sqrt(2 / fan_in) (He et al. 2015, equation 10)
///   xavier     sqrt(2 / (fan_in + fan_out)) (Glorot & Bengio 2010, equation 16)
///   normal:STD the given one
/// Fans count the connections a unit really has: in a transposed convolution of stride s an output
/// meets 1/s^2 of the kernel's taps. Biases and beta start at 0, gamma at 1 (but for dcgan).
struct Initialization {
  enum class Scheme { kDcgan, kHe, kXavier, kNormal };
  Scheme scheme = Scheme::kDcgan;
  /// Used by kNormal alone; above 0.
  double std = 0.02;
};

/// "dcgan", "he", "xavier" or "normal:STD". Throws c10::ValueError on anything else.
Initialization parse_initialization(std::string_view text);

/// Sets every parameter of `network` (a Generator, Discriminator or Classifier) from `seed` alone;
/// each parameter has a random stream of its own, named after it.
void initialize(torch::nn::Module& network, const Initialization& initialization, uint64_t seed);

}  // namespace dcgan
