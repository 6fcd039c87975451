#include "bench/step/peak.h"

#include <ATen/Parallel.h>
#include <torch/types.h>

#include <algorithm>
#include <chrono>

#include "bench/step/fma_loop.h"
#include "models/kernels/parallel.h"

namespace dcgan::bench {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

}  // namespace

double fma_peak() {
  const int threads = at::get_num_threads();
  double best = 0;
  for (int round = 0; round < 5; ++round) {
    constexpr int64_t kIterations = 20'000'000;
    const Clock::time_point start = Clock::now();
    kernels::parallel_for(threads, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) fma_loop(kIterations);
    });
    best = std::max(best, threads * fma_loop_flops(kIterations) / seconds_since(start));
  }
  return best;
}

double matrix_product_peak() {
  double best = 0;
  for (const int64_t n : {512, 1024, 2048}) {
    const torch::Tensor a = torch::randn({n, n});
    const torch::Tensor b = torch::randn({n, n});
    torch::Tensor c = torch::empty({n, n});
    for (int round = 0; round < 5; ++round) {
      const Clock::time_point start = Clock::now();
      torch::matmul_out(c, a, b);
      const double cubes = static_cast<double>(n) * static_cast<double>(n) * static_cast<double>(n);
      best = std::max(best, 2 * cubes / seconds_since(start));
    }
  }
  return best;
}

}  // namespace dcgan::bench
