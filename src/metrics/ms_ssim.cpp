#include "metrics/ms_ssim.h"

#include <torch/types.h>

#include <algorithm>
#include <array>

namespace dcgan {
namespace {

constexpr std::array<double, 5> kWeights{0.0448, 0.2856, 0.3001, 0.2363, 0.1333};
constexpr int64_t kWindow = 11;
constexpr double kDeviation = 1.5;
constexpr double kC1 = (0.01 * 255) * (0.01 * 255);
constexpr double kC2 = (0.03 * 255) * (0.03 * 255);

at::Tensor gaussian(int64_t size, double deviation, int64_t channels) {
  const at::Tensor x = torch::arange(size, torch::kFloat64) - static_cast<double>(size - 1) / 2;
  at::Tensor row = torch::exp(-x.square() / (2 * deviation * deviation));
  row = row / row.sum();
  return torch::outer(row, row).expand({channels, 1, size, size}).contiguous();
}

struct Similarity {
  at::Tensor whole;      // luminance * contrast * structure, [N]
  at::Tensor structure;  // contrast * structure, [N]
};

Similarity ssim(const at::Tensor& a, const at::Tensor& b) {
  const int64_t channels = a.size(1);
  const int64_t size = std::min({kWindow, a.size(2), a.size(3)});
  const double deviation = kDeviation * static_cast<double>(size) / static_cast<double>(kWindow);
  const at::Tensor window = gaussian(size, deviation, channels);
  const auto smooth = [&](const at::Tensor& x) {
    return torch::conv2d(x, window, {}, at::IntArrayRef{1}, at::IntArrayRef{0}, at::IntArrayRef{1},
                         channels);
  };
  const at::Tensor mean_a = smooth(a);
  const at::Tensor mean_b = smooth(b);
  const at::Tensor variances =
      smooth(a * a) - mean_a.square() + smooth(b * b) - mean_b.square() + kC2;
  const at::Tensor covariance = 2 * (smooth(a * b) - mean_a * mean_b) + kC2;
  const at::Tensor structure = covariance / variances;
  const at::Tensor luminance =
      (2 * mean_a * mean_b + kC1) / (mean_a.square() + mean_b.square() + kC1);
  return {(luminance * structure).mean({1, 2, 3}), structure.mean({1, 2, 3})};
}

}  // namespace

double ms_ssim(const at::Tensor& a_pixels, const at::Tensor& b_pixels) {
  const torch::NoGradGuard no_grad;
  TORCH_CHECK_VALUE(
      a_pixels.sizes() == b_pixels.sizes() && a_pixels.size(1) >= 16 && a_pixels.size(2) >= 16,
      "MS-SSIM: needs pairs of images of at least 16 pixels, has ", a_pixels.sizes(), " and ",
      b_pixels.sizes());
  at::Tensor a = a_pixels.permute({0, 3, 1, 2}).to(torch::kFloat64);
  at::Tensor b = b_pixels.permute({0, 3, 1, 2}).to(torch::kFloat64);
  at::Tensor product = torch::ones({a.size(0)}, torch::kFloat64);
  for (size_t scale = 0; scale < kWeights.size(); ++scale) {
    const Similarity similarity = ssim(a, b);
    const bool last = scale + 1 == kWeights.size();
    // A negative structure has no real power; it counts as no likeness.
    product = product *
              (last ? similarity.whole : similarity.structure).clamp_min(0).pow(kWeights[scale]);
    if (!last) {
      a = at::avg_pool2d(a, 2);
      b = at::avg_pool2d(b, 2);
    }
  }
  return product.mean().item<double>();
}

}  // namespace dcgan
