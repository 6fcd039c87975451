#pragma once

#include <filesystem>
#include <memory>

#include "data/dataset.h"

namespace dcgan {

/// Every JPEG and PNG below `folder` (any case of the ending, sub-folders included), in the order
/// of their paths: EXIF orientation applied, transparency on white, resized with antialiasing so
/// that the shorter side fits and cropped at the centre to image_size x image_size; `channels` 1
/// (grey, 0.299 R + 0.587 G + 0.114 B) or 3 (RGB). What cannot be read is left out and counted in
/// the remarks. Throws DataError if the folder is none or nothing in it can be used.
std::unique_ptr<Dataset> open_folder(const std::filesystem::path& folder, int64_t image_size,
                                     int64_t channels);

}  // namespace dcgan
