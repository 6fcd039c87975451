#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "data/dataset.h"

namespace dcgan {

/// Whether `path` is a folder of CIFAR-10's or CIFAR-100's binary release, or one of its files.
/// Throws DataError for the Python release, saying which one is needed.
bool is_cifar(const std::filesystem::path& path);

/// Whether the folder has files of the binary release.
bool holds_cifar(const std::filesystem::path& folder);

/// The training images of the folder (data_batch_1.bin to data_batch_5.bin; train.bin), or the one
/// file. `remarks` become the set's. Throws DataError.
std::unique_ptr<Dataset> open_cifar(const std::filesystem::path& path, int64_t image_size,
                                    int64_t channels, std::vector<std::string> remarks);

}  // namespace dcgan
