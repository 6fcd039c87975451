#pragma once

#include <torch/types.h>

#include <filesystem>

#include "data/dataset.h"
#include "training/options.h"

namespace dcgan {

/// Writes environment.json: what the run's numbers depend on. Versions, build, processor, device,
/// threads, the images' number and fingerprint, and every option (resolved).
void write_environment(const std::filesystem::path& path, const TrainOptions& options,
                       const torch::Device& device, const Dataset& dataset);

}  // namespace dcgan
