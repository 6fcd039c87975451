#pragma once

#include <torch/types.h>

#include <string>

namespace dcgan {

/// "auto" (the first GPU if there is one), "cpu", "cuda" or "cuda:N". LibTorch's CUDA library is
/// loaded only here, and only when a GPU is asked for or present: it costs a second and 400 MB.
/// Throws UsageError: unknown name; a LibTorch without CUDA; no such GPU.
torch::Device open_device(const std::string& name);

/// "cuda:0", or the processor's name.
std::string describe_device(const torch::Device& device);

/// Threads for the mathematics: `requested`, or with 0 the processors this process may run on.
/// Returns the number set.
int set_threads(int64_t requested);

}  // namespace dcgan
