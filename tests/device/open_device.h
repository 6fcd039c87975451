#pragma once

#include <dlfcn.h>
#include <torch/cuda.h>
#include <torch/types.h>

#include <cstdlib>
#include <stdexcept>
#include <string>

namespace dcgan::testing {

/// "cpu" or "cuda". LibTorch's CUDA library is opened here, as the program does it; the program's
/// own way needs libraries that a machine with nothing but PyTorch lacks.
inline torch::Device open_device_of_bundle(const std::string& name) {
  if (name == "cpu") return torch::kCPU;
  static void* const library = ::dlopen("libtorch_cuda.so", RTLD_NOW | RTLD_GLOBAL);
  if (library == nullptr) throw std::runtime_error(std::string("no CUDA: ") + ::dlerror());
  if (torch::cuda::device_count() == 0) throw std::runtime_error("no CUDA device found");
  return torch::Device(name);
}

}  // namespace dcgan::testing
