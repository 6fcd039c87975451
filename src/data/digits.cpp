#include "data/digits.h"

#include <torch/types.h>

#include "common/data_files.h"
#include "common/error.h"
#include "data/idx.h"
#include "data/labels.h"
#include "data/square_images.h"

namespace dcgan {

std::unique_ptr<Dataset> open_digits(int64_t image_size, int64_t channels) {
  const torch::Tensor images = read_idx(find_data_file("digits/images-idx3-ubyte.gz"));
  if (images.dim() != 3 || images.size(1) != 28 || images.size(2) != 28) {
    throw DataError("the embedded digits are damaged: expected images of 28x28");
  }
  SourceInfo source;
  source.kind = kEmbeddedDigits;
  source.classes = count_labels(read_idx(find_data_file("digits/labels-idx1-ubyte.gz")), {});
  return std::make_unique<MemoryDataset>(
      "digits", to_training_images(images.unsqueeze(3), image_size, channels), std::move(source));
}

}  // namespace dcgan
