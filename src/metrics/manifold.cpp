#include "metrics/manifold.h"

#include <torch/types.h>

#include <algorithm>
#include <array>

#include "models/kernels/parallel.h"

namespace dcgan {
namespace {

constexpr int64_t kBlock = 1024;

// Calls body(first, distances [block, M]) for blocks of rows of a. Through matrix products: in
// double the expanded square costs digits only of neighbours that all but coincide.
template <typename Body>
void for_each_block(const at::Tensor& a, const at::Tensor& b, Body&& body) {
  for (int64_t first = 0; first < a.size(0); first += kBlock) {
    const at::Tensor block = a.narrow(0, first, std::min(kBlock, a.size(0) - first));
    body(first, at::cdist(block, b, 2.0, /*compute_mode=*/1));
  }
}

// The k-th smallest (from 0) of every row. LibTorch's kthvalue uses one thread and an index.
at::Tensor smallest(const at::Tensor& rows, int64_t k) {
  at::Tensor copy = rows.clone();
  at::Tensor result = torch::empty({rows.size(0)}, torch::kFloat64);
  const int64_t length = rows.size(1);
  auto* values = copy.mutable_data_ptr<double>();
  auto* out = result.mutable_data_ptr<double>();
  kernels::parallel_for(rows.size(0), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      double* row = values + i * length;
      std::nth_element(row, row + k, row + length);
      out[i] = row[k];
    }
  });
  return result;
}

at::Tensor exact(const at::Tensor& features) { return features.to(torch::kFloat64).contiguous(); }

// Distance of each of `samples` (exact) to its k-th nearest other sample, double [N], for every k:
// the distances, which cost most, are computed once for all of them.
template <size_t kCount>
std::array<at::Tensor, kCount> radii(const at::Tensor& samples,
                                     const std::array<int64_t, kCount>& neighbours) {
  std::array<at::Tensor, kCount> found;
  for (size_t i = 0; i < kCount; ++i) {
    const int64_t k = neighbours[i];
    TORCH_CHECK_VALUE(samples.size(0) > k, "the ", k, "-th neighbour needs more than ", k,
                      " samples, there are ", samples.size(0));
    found[i] = torch::empty({samples.size(0)}, torch::kFloat64);
  }
  for_each_block(samples, samples, [&](int64_t first, const at::Tensor& distances) {
    for (size_t i = 0; i < kCount; ++i) {
      // Number 0 is the sample itself.
      found[i].narrow(0, first, distances.size(0)).copy_(smallest(distances, neighbours[i]));
    }
  });
  return found;
}

}  // namespace

ManifoldMetrics manifold_metrics(const at::Tensor& real_features,
                                 const at::Tensor& generated_features) {
  const torch::NoGradGuard no_grad;
  const at::Tensor real = exact(real_features);
  const at::Tensor generated = exact(generated_features);
  const auto radii_of_real = radii<2>(real, {kPrecisionNeighbours, kDensityNeighbours});
  const at::Tensor& real_3 = radii_of_real[0];
  const at::Tensor& real_5 = radii_of_real[1];
  const at::Tensor generated_3 = radii<1>(generated, {kPrecisionNeighbours})[0];

  double precise = 0;
  double balls = 0;
  at::Tensor recalled = torch::zeros({real.size(0)}, torch::kBool);
  at::Tensor covered = torch::zeros({real.size(0)}, torch::kBool);
  for_each_block(generated, real, [&](int64_t first, const at::Tensor& distances) {
    precise += (distances <= real_3).any(1).sum().item<double>();
    const at::Tensor inside = distances <= real_5;
    balls += inside.sum().item<double>();
    covered |= inside.any(0);
    const at::Tensor radii = generated_3.narrow(0, first, distances.size(0)).unsqueeze(1);
    recalled |= (distances <= radii).any(0);
  });
  const auto m = static_cast<double>(generated.size(0));
  ManifoldMetrics result;
  result.precision = precise / m;
  result.recall = recalled.to(torch::kFloat64).mean().item<double>();
  result.density = balls / (kDensityNeighbours * m);
  result.coverage = covered.to(torch::kFloat64).mean().item<double>();
  return result;
}

}  // namespace dcgan
