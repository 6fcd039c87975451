#include "training/numerics.h"

#include <ATen/Context.h>

#include <cstdlib>

namespace dcgan {

Precision parse_precision(const std::string& name, const torch::Device& device) {
  const bool gpu = device.is_cuda();
  if (name == "auto") return gpu ? Precision::kTf32 : Precision::kFloat32;
  if (name == "fp32") return Precision::kFloat32;
  TORCH_CHECK_VALUE(name == "tf32" || name == "bf16", "expected auto, fp32, tf32 or bf16");
  TORCH_CHECK_VALUE(gpu, "only on a GPU (here it would be slower than fp32); take auto");
  return name == "tf32" ? Precision::kTf32 : Precision::kBFloat16;
}

void set_numerics(Precision precision, bool deterministic) {
  at::Context& context = at::globalContext();
  const bool tf32 = precision != Precision::kFloat32;
  context.setAllowTF32CuDNN(tf32);
  context.setAllowTF32CuBLAS(tf32);
  context.setDeterministicCuDNN(deterministic);
  // Shapes never change, so the search for cuDNN's fastest algorithm pays; it may differ by run.
  context.setBenchmarkCuDNN(!deterministic);
  context.setDeterministicAlgorithms(deterministic, /*warn_only=*/true);
  // cuBLAS reads it when its first handle is made (CUDA's documentation, "Results
  // reproducibility").
  if (deterministic) ::setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8", /*overwrite=*/0);
}

}  // namespace dcgan
