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

at::Tensor blend_on_white(const at::Tensor& pixels) {
  const int64_t colours = pixels.size(2) - 1;
  const at::Tensor alpha = pixels.narrow(2, colours, 1).to(torch::kFloat32) / 255;
  const at::Tensor blended = pixels.narrow(2, 0, colours) * alpha + 255 * (1 - alpha);
  return blended.round().to(torch::kUInt8).contiguous();
}

}  // namespace dcgan
