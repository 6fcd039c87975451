#include "data/open.h"

#include "common/error.h"
#include "data/digits.h"
#include "data/folder.h"
#include "data/stacked_digits.h"

namespace dcgan {

std::unique_ptr<Dataset> open_dataset(const std::string& data, const DatasetOptions& options) {
  if (options.channels != 0 && options.channels != 1 && options.channels != 3) {
    throw UsageError("--channels " + std::to_string(options.channels) +
                     ": expected 1 (grey) or 3 (RGB)");
  }
  if (data == "digits") {
    return open_digits(options.image_size > 0 ? options.image_size : 32,
                       options.channels > 0 ? options.channels : 1);
  }
  if (data == "stacked-digits") {
    if (options.channels != 0 && options.channels != 3) {
      throw UsageError("--data stacked-digits: its images have 3 channels");
    }
    return open_stacked_digits(options.image_size > 0 ? options.image_size : 32);
  }
  return open_folder(data, options.image_size > 0 ? options.image_size : 64,
                     options.channels > 0 ? options.channels : 3);
}

}  // namespace dcgan
