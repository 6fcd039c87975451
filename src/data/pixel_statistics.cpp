#include "data/pixel_statistics.h"

#include <torch/types.h>

namespace dcgan {

PixelStatistics pixel_statistics(const Dataset& dataset) {
  constexpr int64_t kPiece = 1024;
  const int64_t channels = dataset.channels();
  // Exact: counts of the 256 values, for each channel.
  at::Tensor counts = torch::zeros({channels, 256}, torch::kFloat64);
  for (int64_t first = 0; first < dataset.size(); first += kPiece) {
    const int64_t last = std::min(first + kPiece, dataset.size());
    const at::Tensor pixels = dataset.images(torch::arange(first, last)).reshape({-1, channels});
    for (int64_t c = 0; c < channels; ++c) {
      counts[c] += torch::bincount(pixels.select(1, c), {}, /*minlength=*/256);
    }
  }
  const at::Tensor values = torch::arange(256, torch::kFloat64) / 255;
  const at::Tensor share = counts / counts.sum(1, /*keepdim=*/true);
  const at::Tensor mean = share.matmul(values);
  const at::Tensor variance = (share * (values - mean.unsqueeze(1)).square()).sum(1);
  PixelStatistics result;
  for (int64_t c = 0; c < channels; ++c) {
    result.mean.push_back(mean[c].item<double>());
    result.std.push_back(variance[c].sqrt().item<double>());
  }
  return result;
}

}  // namespace dcgan
