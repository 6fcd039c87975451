#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace dcgan {

/// How generated samples lie to the neighbourhoods of the real ones and the other way round.
struct ManifoldMetrics {
  /// Share of generated samples inside the union of the real samples' balls, and of real samples
  /// inside that of the generated ones' (Kynkaanniemi et al. 2019), k = 3.
  double precision = 0;
  double recall = 0;
  /// Average number of real balls a generated sample lies in, over k, and share of real balls that
  /// hold one (Naeem et al. 2020), k = 5.
  double density = 0;
  double coverage = 0;
};

inline constexpr int64_t kPrecisionNeighbours = 3;
inline constexpr int64_t kDensityNeighbours = 5;

/// `real` [N, D], `generated` [M, D]; a sample's ball reaches to its k-th nearest other sample of
/// its own set. Takes N M + N^2 + M^2 distances, in blocks. Throws c10::ValueError if the real set
/// has fewer than 6 samples or the generated one fewer than 4.
ManifoldMetrics manifold_metrics(const at::Tensor& real, const at::Tensor& generated);

}  // namespace dcgan
