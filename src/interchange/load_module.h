#pragma once

#include <torch/nn/module.h>

#include <filesystem>
#include <string>

#include "interchange/safetensors.h"

namespace dcgan {

/// Copies the file's tensors `prefix` + name into the module's parameters and buffers. Throws
/// CheckpointError naming path and the first tensor that is missing or has another shape.
void load_module(torch::nn::Module& module, const TensorFile& file, const std::string& prefix,
                 const std::filesystem::path& path);

/// Adds the module's parameters and buffers to the file as `prefix` + name.
void store_module(const torch::nn::Module& module, const std::string& prefix, TensorFile& file);

}  // namespace dcgan
