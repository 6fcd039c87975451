#include "metrics/swd.h"

#include <torch/types.h>

#include <cmath>

#include "models/random.h"

namespace dcgan {
namespace {

constexpr int64_t kSmallestLevel = 16;
constexpr int64_t kPatches = 128;
constexpr int64_t kPatchSize = 7;
constexpr int64_t kDirections = 128;
constexpr int64_t kRepeats = 4;

// The binomial filter of the pyramid (Burt & Adelson 1983), 5x5, for each channel.
at::Tensor filter(int64_t channels, double gain) {
  const at::Tensor row = torch::tensor({1.0, 4.0, 6.0, 4.0, 1.0}) / 16;
  return (torch::outer(row, row) * gain).expand({channels, 1, 5, 5}).contiguous().to(torch::kFloat);
}

at::Tensor mirrored(const at::Tensor& images) { return at::reflection_pad2d(images, {2, 2, 2, 2}); }

// Each channel by itself.
at::Tensor convolve(const at::Tensor& images, const at::Tensor& filters, int64_t stride) {
  return torch::conv2d(images, filters, {}, at::IntArrayRef{stride}, at::IntArrayRef{0},
                       at::IntArrayRef{1}, images.size(1));
}

at::Tensor down(const at::Tensor& images) {
  return convolve(mirrored(images), filter(images.size(1), 1), /*stride=*/2);
}

// Twice as large, cut to `height` x `width`: of an odd size the half was rounded up.
at::Tensor up(const at::Tensor& images, int64_t height, int64_t width) {
  const auto s = images.sizes();
  at::Tensor spread = torch::zeros({s[0], s[1], 2 * s[2], 2 * s[3]});
  spread.slice(2, 0, 2 * s[2], 2).slice(3, 0, 2 * s[3], 2).copy_(images);
  return convolve(mirrored(spread), filter(s[1], 4), /*stride=*/1)
      .narrow(2, 0, height)
      .narrow(3, 0, width);
}

// kPatches patches of every image, [N * kPatches, C, 7, 7], at places drawn from `random`.
at::Tensor patches_of(const at::Tensor& level, const RandomStream& random) {
  const int64_t n = level.size(0);
  const int64_t places = level.size(2) - kPatchSize + 1;
  at::Tensor uniform = torch::empty({n * kPatches, 2}, torch::kFloat64);
  random.fill_normal(uniform, 0, 1);
  // The normal distribution function makes them uniform.
  uniform = (1 + torch::erf(uniform / std::sqrt(2.0))) / 2;
  const at::Tensor corner =
      (uniform * static_cast<double>(places)).to(torch::kInt64).clamp_(0, places - 1);
  const at::Tensor image = torch::arange(n).repeat_interleave(kPatches).view({-1, 1, 1, 1});
  const at::Tensor channel = torch::arange(level.size(1)).view({1, -1, 1, 1});
  const at::Tensor offset = torch::arange(kPatchSize);
  const at::Tensor row = corner.select(1, 0).view({-1, 1, 1, 1}) + offset.view({1, 1, -1, 1});
  const at::Tensor column = corner.select(1, 1).view({-1, 1, 1, 1}) + offset.view({1, 1, 1, -1});
  return level.index({image, channel, row, column});
}

// Every channel to mean 0 and deviation 1 over all patches, as rows.
at::Tensor normalized_rows(const at::Tensor& patches) {
  const at::Tensor mean = patches.mean({0, 2, 3}, /*keepdim=*/true);
  const at::Tensor deviation = patches.std({0, 2, 3}, /*unbiased=*/false, /*keepdim=*/true);
  return ((patches - mean) / deviation.clamp_min(1e-8)).flatten(1);
}

}  // namespace

std::vector<at::Tensor> laplacian_pyramid(const at::Tensor& images) {
  std::vector<at::Tensor> levels;
  at::Tensor current = images;
  while (current.size(2) > kSmallestLevel) {
    const at::Tensor smaller = down(current);
    levels.push_back(current - up(smaller, current.size(2), current.size(3)));
    current = smaller;
  }
  levels.push_back(current);
  return levels;
}

double sliced_wasserstein_of(const at::Tensor& a, const at::Tensor& b,
                             const at::Tensor& directions) {
  const at::Tensor x = std::get<0>(a.matmul(directions).sort(0));
  const at::Tensor y = std::get<0>(b.matmul(directions).sort(0));
  return (x - y).abs().mean().item<double>();
}

std::vector<double> sliced_wasserstein(const at::Tensor& a, const at::Tensor& b, uint64_t seed) {
  const torch::NoGradGuard no_grad;
  TORCH_CHECK_VALUE(a.sizes() == b.sizes(), "sliced Wasserstein: needs equally many images of one ",
                    "size, has ", a.sizes(), " and ", b.sizes());
  TORCH_CHECK_VALUE(a.size(1) == a.size(2) && a.size(1) >= kSmallestLevel,
                    "sliced Wasserstein: needs square images of at least ", kSmallestLevel,
                    " pixels, has ", a.sizes());
  const auto pyramid = [](const at::Tensor& images) {
    return laplacian_pyramid(images.permute({0, 3, 1, 2}).to(torch::kFloat32));
  };
  const auto levels_a = pyramid(a);
  const auto levels_b = pyramid(b);
  std::vector<double> distances;
  for (size_t i = 0; i < levels_a.size(); ++i) {
    const RandomStream random = RandomStream(seed, "sliced wasserstein").substream(i);
    const at::Tensor x = normalized_rows(patches_of(levels_a[i], random.substream(0)));
    const at::Tensor y = normalized_rows(patches_of(levels_b[i], random.substream(1)));
    double sum = 0;
    for (int64_t repeat = 0; repeat < kRepeats; ++repeat) {
      at::Tensor directions = torch::empty({x.size(1), kDirections});
      random.substream(2 + static_cast<uint64_t>(repeat)).fill_normal(directions, 0, 1);
      sum += sliced_wasserstein_of(x, y, directions / directions.norm(2, 0, /*keepdim=*/true));
    }
    distances.push_back(1e3 * sum / kRepeats);
  }
  return distances;
}

}  // namespace dcgan
