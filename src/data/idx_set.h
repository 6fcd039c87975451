#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "data/dataset.h"

namespace dcgan {

/// The file of images that a folder of IDX files means: the MNIST family's train-images-idx3-ubyte,
/// with its point or hyphen, gzip-compressed or not, of any prefix; t10k's where there is no other.
/// Nothing if the folder has none.
std::optional<std::filesystem::path> find_idx_images(const std::filesystem::path& folder);

/// The images of the IDX file `images` and, for the classes, the labels beside it, if there.
/// `remarks` become the set's. Throws DataError.
std::unique_ptr<Dataset> open_idx(const std::filesystem::path& images, const std::string& name,
                                  int64_t image_size, int64_t channels,
                                  std::vector<std::string> remarks);

/// The images of Fashion-MNIST as Debian installs it. Throws DataError that says how.
std::filesystem::path find_fashion();

}  // namespace dcgan
