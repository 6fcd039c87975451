#pragma once

#include <filesystem>
#include <memory>

#include "data/dataset.h"

namespace dcgan {

/// The project's data folder: $DCGAN_DATA_DIR, beside an installed program
/// (PREFIX/share/dcgan/data), or in the source tree. Throws DataError if none has `file`.
std::filesystem::path find_data_file(const std::filesystem::path& file);

/// The embedded digits: 5,000 real MNIST digits, padded from 28x28 to 32x32 and, for another
/// `image_size`, resized with antialiasing; `channels` 1, or 3 for grey as RGB.
std::unique_ptr<Dataset> open_digits(int64_t image_size, int64_t channels);

}  // namespace dcgan
