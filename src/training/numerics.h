#pragma once

#include <torch/types.h>

#include <string>

namespace dcgan {

/// How the convolutions of a training step are computed. Parameters, statistics, losses and Adam
/// are float in each.
enum class Precision {
  kFloat32,
  kTf32,      // float with 10 bits of mantissa in the products, on NVIDIA GPUs from Ampere on
  kBFloat16,  // products of bfloat16, added up in float
};

/// "auto" (fp32 on a processor; tf32 on a GPU, PyTorch's own default for convolutions), "fp32",
/// "tf32" or "bf16". Throws c10::ValueError: an unknown name; tf32 or bf16 on a processor, where
/// the kernels of this project are float and faster than LibTorch's in bfloat16.
Precision parse_precision(const std::string& name, const torch::Device& device);

/// Sets LibTorch's global switches. `deterministic`: a GPU too computes the same bits in every run,
/// at some cost; a processor always does.
void set_numerics(Precision precision, bool deterministic);

}  // namespace dcgan
