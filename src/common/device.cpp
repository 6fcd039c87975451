#include "common/device.h"

#include <dlfcn.h>
#include <fmt/format.h>
#include <torch/cuda.h>
#include <torch/utils.h>

#include <filesystem>
#include <fstream>

#include "common/error.h"
#include "common/parallel.h"
#include "common/parse_number.h"

namespace dcgan {
namespace {

enum class CudaLibrary { kLoaded, kAbsent, kBroken };

// Registers LibTorch's CUDA backend by loading it. Must happen before anything asks LibTorch about
// CUDA, since it caches the answer.
CudaLibrary load_cuda(std::string& reason) {
  static std::string problem;
  static const CudaLibrary state = [] {
    if (::dlopen("libtorch_cuda.so", RTLD_NOW | RTLD_GLOBAL) != nullptr) {
      return CudaLibrary::kLoaded;
    }
    problem = ::dlerror();
    return problem.find("libtorch_cuda.so: cannot open") == std::string::npos
               ? CudaLibrary::kBroken
               : CudaLibrary::kAbsent;
  }();
  reason = problem;
  return state;
}

bool has_nvidia_driver() {
  std::error_code error;
  return std::filesystem::exists("/dev/nvidiactl", error) ||
         std::filesystem::exists("/dev/dxg", error);  // WSL
}

torch::Device open_cuda(const std::string& name) {
  int64_t index = 0;
  if (name != "cuda") {
    index = parse_number<int64_t>(name.substr(5)).value_or(-1);
    if (index < 0) {
      throw UsageError(fmt::format("--device {}: expected cuda:N with a number N", name));
    }
  }
  std::string reason;
  switch (load_cuda(reason)) {
    case CudaLibrary::kAbsent:
      throw UsageError(fmt::format(
          "--device {}: this LibTorch was built without CUDA (no libtorch_cuda.so); use --device "
          "cpu or install the full torch wheel",
          name));
    case CudaLibrary::kBroken:
      throw UsageError(fmt::format(
          "--device {}: LibTorch's CUDA part cannot be loaded ({}); use --device cpu or install "
          "the full torch wheel with its nvidia packages",
          name, reason));
    case CudaLibrary::kLoaded:
      break;
  }
  const auto devices = torch::cuda::device_count();
  if (devices == 0) {
    throw UsageError(
        fmt::format("--device {}: no CUDA device found (LibTorch has CUDA support; is there an "
                    "NVIDIA GPU with a driver?); use --device cpu",
                    name));
  }
  if (index >= devices) {
    throw UsageError(fmt::format("--device {}: only {} CUDA device{} found, the last is cuda:{}",
                                 name, devices, devices == 1 ? "" : "s", devices - 1));
  }
  return {torch::kCUDA, static_cast<c10::DeviceIndex>(index)};
}

}  // namespace

torch::Device open_device(const std::string& name) {
  if (name == "cpu") {
    return torch::kCPU;
  }
  if (name == "auto") {
    std::string reason;
    const bool usable = has_nvidia_driver() && load_cuda(reason) == CudaLibrary::kLoaded &&
                        torch::cuda::device_count() > 0;
    return usable ? torch::Device(torch::kCUDA, 0) : torch::Device(torch::kCPU);
  }
  if (name == "cuda" || name.starts_with("cuda:")) {
    return open_cuda(name);
  }
  throw UsageError(fmt::format("--device {}: expected auto, cpu, cuda or cuda:N", name));
}

std::string describe_device(const torch::Device& device) {
  if (device.is_cuda()) {
    return fmt::format("cuda:{}", device.index());
  }
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    if (line.starts_with("model name")) {
      const size_t colon = line.find(": ");
      return colon == std::string::npos ? "cpu" : line.substr(colon + 2);
    }
  }
  return "cpu";
}

int set_threads(int64_t requested) {
  int threads = static_cast<int>(requested);
  if (threads == 0) threads = available_processors();
  torch::set_num_threads(threads);
  return threads;
}

}  // namespace dcgan
