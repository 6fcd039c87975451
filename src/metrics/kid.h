#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace dcgan {

struct KernelDistance {
  /// Mean over the subsets; unbiased, so it may be negative.
  double mean = 0;
  /// Standard deviation over the subsets.
  double deviation = 0;
};

/// Kernel inception distance (Binkowski et al. 2018): the unbiased estimate of the squared maximum
/// mean discrepancy under the kernel (x . y / D + 1)^3, averaged over `subsets` draws of
/// `subset_size` samples of either side without replacement. Features [N, D]; the draws are a
/// function of `seed`. Throws c10::ValueError if subset_size is below 2 or above either N.
KernelDistance kernel_distance(const at::Tensor& a, const at::Tensor& b, int64_t subsets,
                               int64_t subset_size, uint64_t seed);

/// The same estimate over all samples at once.
double squared_mmd(const at::Tensor& a, const at::Tensor& b);

}  // namespace dcgan
