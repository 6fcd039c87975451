#include "data/digits.h"

#include <torch/types.h>

#include "common/data_files.h"
#include "common/error.h"
#include "data/idx.h"

namespace dcgan {

std::unique_ptr<Dataset> open_digits(int64_t image_size, int64_t channels) {
  constexpr int64_t kPaddedSize = 32;
  torch::Tensor images = read_idx(find_data_file("digits/images-idx3-ubyte.gz"));
  if (images.dim() != 3 || images.size(1) != 28 || images.size(2) != 28) {
    throw DataError("the embedded digits are damaged: expected images of 28x28");
  }
  images = torch::constant_pad_nd(images, {2, 2, 2, 2}, 0).unsqueeze(1);
  if (image_size != kPaddedSize) {
    images = at::_upsample_bilinear2d_aa(images.to(torch::kFloat32), {image_size, image_size},
                                         /*align_corners=*/false)
                 .round_()
                 .clamp_(0, 255)
                 .to(torch::kUInt8);
  }
  images = images.permute({0, 2, 3, 1});
  if (channels != 1) {
    images = images.expand({-1, -1, -1, channels});
  }
  return std::make_unique<MemoryDataset>("digits", images);
}

}  // namespace dcgan
