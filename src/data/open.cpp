#include "data/open.h"

#include "data/digits.h"
#include "data/folder.h"

namespace dcgan {

std::unique_ptr<Dataset> open_dataset(const std::string& data, const DatasetOptions& options) {
  if (data == "digits") {
    return open_digits(options.image_size > 0 ? options.image_size : 32,
                       options.channels > 0 ? options.channels : 1);
  }
  return open_folder(data, options.image_size > 0 ? options.image_size : 64,
                     options.channels > 0 ? options.channels : 3);
}

}  // namespace dcgan
