#include "report/pixels.h"

#include <torch/types.h>

namespace dcgan {

at::Tensor to_pixels(const at::Tensor& images) {
  return images.detach()
      .add(1.0)
      .mul_(127.5)
      .round_()
      .nan_to_num_(0.0)
      .clamp_(0, 255)
      .to(torch::kUInt8)
      .permute({0, 2, 3, 1})
      .contiguous()
      .cpu();
}

}  // namespace dcgan
