#pragma once

#include <filesystem>
#include <string>

#include <torch/types.h>

namespace dcgan {

/// Writes environment.json: what the run's numbers depend on besides its options.
void write_environment(const std::filesystem::path& path, const torch::Device& device, int threads,
                       const std::string& data_fingerprint, int64_t images);

}  // namespace dcgan
