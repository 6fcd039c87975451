#pragma once

#include <torch/types.h>

#include <string_view>

namespace dcgan {

/// What a stage applies to each value, last of its layers.
enum class Nonlinearity { kNone, kRelu, kLeakyRelu, kTanh, kSigmoid };

/// "relu", "leaky", "tanh" or "sigmoid". Throws c10::ValueError on anything else.
Nonlinearity parse_nonlinearity(std::string_view name);

/// As people write it: "ReLU", "LeakyReLU", "Tanh", "Sigmoid"; empty for none.
std::string_view title_of(Nonlinearity nonlinearity);

/// The nonlinearity itself, of values of any shape.
torch::Tensor apply_nonlinearity(Nonlinearity nonlinearity, const torch::Tensor& input);

/// Negative slope of the discriminator's LeakyReLU (Radford 2015, section 3).
inline constexpr double kLeakySlope = 0.2;

/// Negative slope of the nonlinearity, 1 where it has none.
double slope_of(Nonlinearity nonlinearity);

}  // namespace dcgan
