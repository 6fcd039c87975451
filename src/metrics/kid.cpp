#include "metrics/kid.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "common/parallel.h"
#include "metrics/one_thread.h"
#include "models/random.h"

namespace dcgan {
namespace {

at::Tensor kernel(const at::Tensor& a, const at::Tensor& b) {
  return (a.matmul(b.t()) / static_cast<double>(a.size(1)) + 1).pow(3);
}

}  // namespace

double squared_mmd(const at::Tensor& a_features, const at::Tensor& b_features) {
  const torch::NoGradGuard no_grad;
  const at::Tensor a = a_features.to(torch::kFloat64);
  const at::Tensor b = b_features.to(torch::kFloat64);
  const auto within = [](const at::Tensor& x) {
    const at::Tensor k = kernel(x, x);
    const auto n = static_cast<double>(x.size(0));
    return (k.sum() - k.trace()).item<double>() / (n * (n - 1));
  };
  return within(a) + within(b) - 2 * kernel(a, b).mean().item<double>();
}

KernelDistance kernel_distance(const at::Tensor& a, const at::Tensor& b, int64_t subsets,
                               int64_t subset_size, uint64_t seed) {
  TORCH_CHECK_VALUE(subset_size >= 2 && subset_size <= a.size(0) && subset_size <= b.size(0),
                    "KID: subsets of ", subset_size, " cannot be drawn from ", a.size(0), " and ",
                    b.size(0), " samples");
  const RandomStream random(seed, "kernel distance");
  const auto draw = [&](const at::Tensor& features, int64_t subset, uint64_t side) {
    const at::Tensor order =
        random.substream(2 * static_cast<uint64_t>(subset) + side).permutation(features.size(0));
    return features.index_select(0, order.narrow(0, 0, subset_size));
  };
  // Each subset on one thread, as many at a time as there are threads: no bit depends on them.
  std::vector<double> values(static_cast<size_t>(subsets));
  {
    const int threads = at::get_num_threads();
    const OneThread one_thread;  // holds in threads that begin while it lives, too
    parallel_for(subsets, threads, [&](int64_t i) {
      values[static_cast<size_t>(i)] = squared_mmd(draw(a, i, 0), draw(b, i, 1));
    });
  }
  double sum = 0;
  double squares = 0;
  for (const double value : values) {
    sum += value;
    squares += value * value;
  }
  const auto n = static_cast<double>(subsets);
  const double mean = sum / n;
  return {mean, std::sqrt(std::max(0.0, squares / n - mean * mean))};
}

}  // namespace dcgan
