#pragma once

#include <torch/types.h>

#include <optional>

namespace dcgan {

/// LibTorch's modules and saved variables say "none" with an undefined tensor, its autograd
/// functions and operators with an empty optional: from the one to the other.
inline std::optional<torch::Tensor> present(const torch::Tensor& tensor) {
  return tensor.defined() ? std::optional(tensor) : std::nullopt;
}

}  // namespace dcgan
