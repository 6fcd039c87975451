#include "data/square_images.h"

#include <torch/types.h>

#include <vector>

namespace dcgan {
namespace {

constexpr int64_t kMnistSize = 28;
constexpr int64_t kMnistPadding = 2;

// uint8 [N, C, H, W] -> uint8 [N, C, size, size], by pieces: as floats they are four times as
// large.
at::Tensor resize(const at::Tensor& images, int64_t size) {
  constexpr int64_t kPiece = 4096;
  std::vector<at::Tensor> pieces;
  for (const at::Tensor& piece : images.split(kPiece)) {
    pieces.push_back(at::_upsample_bilinear2d_aa(piece.to(torch::kFloat32), {size, size},
                                                 /*align_corners=*/false)
                         .round_()
                         .clamp_(0, 255)
                         .to(torch::kUInt8));
  }
  return pieces.size() == 1 ? pieces.front() : torch::cat(pieces);
}

at::Tensor to_grey(const at::Tensor& rgb) {
  const at::Tensor weights = torch::tensor({0.299f, 0.587f, 0.114f});
  constexpr int64_t kPiece = 4096;
  std::vector<at::Tensor> pieces;
  for (const at::Tensor& piece : rgb.split(kPiece)) {
    pieces.push_back(
        piece.to(torch::kFloat32).matmul(weights).round_().to(torch::kUInt8).unsqueeze(3));
  }
  return pieces.size() == 1 ? pieces.front() : torch::cat(pieces);
}

}  // namespace

at::Tensor to_training_images(const at::Tensor& images, int64_t image_size, int64_t channels) {
  at::Tensor planes = images.permute({0, 3, 1, 2});
  if (planes.size(2) == kMnistSize) {
    planes = torch::constant_pad_nd(
        planes, {kMnistPadding, kMnistPadding, kMnistPadding, kMnistPadding}, 0);
  }
  if (planes.size(2) != image_size) planes = resize(planes, image_size);
  at::Tensor result = planes.permute({0, 2, 3, 1});
  const int64_t colours = channels <= 2 ? 1 : 3;
  if (result.size(3) == 3 && colours == 1) result = to_grey(result);
  if (result.size(3) == 1 && colours == 3) result = result.expand({-1, -1, -1, 3});
  if (channels % 2 == 0) {
    result = torch::cat({result, torch::full_like(result.narrow(3, 0, 1), 255)}, 3);
  }
  return result;
}

}  // namespace dcgan
