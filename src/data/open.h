#pragma once

#include <memory>
#include <string>

#include "data/dataset.h"

namespace dcgan {

/// What to make of the pictures; 0 means the source's own choice.
struct DatasetOptions {
  /// Side of the square images; 0: 32 for digits, 64 for a folder.
  int64_t image_size = 0;
  /// 1 or 3; 0: 1 for digits, 3 for a folder.
  int64_t channels = 0;
};

/// Opens the set that `data` names: "digits", "stacked-digits", or a folder of images. Throws
/// DataError.
std::unique_ptr<Dataset> open_dataset(const std::string& data, const DatasetOptions& options);

}  // namespace dcgan
