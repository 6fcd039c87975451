#pragma once

#include <filesystem>
#include <memory>

#include "metrics/features.h"

namespace dcgan {

/// Features by a TorchScript module. LibTorch's loader can crash on crafted files
/// (pytorch/pytorch#179581), so the file is opened and tried on two images in a child process
/// first. Throws CheckpointError naming `option`, file and reason.
std::unique_ptr<FeatureExtractor> open_torchscript_features(const std::filesystem::path& path,
                                                            const char* option);

/// The same without the child, for the child itself. Throws whatever LibTorch throws.
std::unique_ptr<FeatureExtractor> load_torchscript_features(const std::filesystem::path& path);

}  // namespace dcgan
