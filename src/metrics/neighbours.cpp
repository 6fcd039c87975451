#include "metrics/neighbours.h"

#include <torch/types.h>

#include <cmath>

namespace dcgan {

NearestNeighbours nearest_neighbours(
    const at::Tensor& generated,
    const std::function<void(const std::function<void(const at::Tensor&)>&)>& pieces) {
  const torch::NoGradGuard no_grad;
  const int64_t n = generated.size(0);
  const auto rows = [](const at::Tensor& images) {
    return images.to(torch::kFloat32).div(255).flatten(1);
  };
  const at::Tensor wanted = rows(generated);
  NearestNeighbours result{torch::zeros_like(generated),
                           torch::full({n}, INFINITY, torch::kFloat64)};
  pieces([&](const at::Tensor& piece) {
    const auto [distance, index] = at::cdist(wanted, rows(piece), 2.0, 2).min(1);
    const at::Tensor rms =
        distance.to(torch::kFloat64) / std::sqrt(static_cast<double>(wanted.size(1)));
    const at::Tensor nearer = rms < result.distances;
    result.distances = torch::where(nearer, rms, result.distances);
    result.images =
        torch::where(nearer.view({n, 1, 1, 1}), piece.index_select(0, index), result.images);
  });
  return result;
}

}  // namespace dcgan
