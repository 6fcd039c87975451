#include "metrics/modes.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>

namespace dcgan {

at::Tensor class_counts(const at::Tensor& predictions, int64_t classes) {
  return at::bincount(predictions, {}, classes).to(torch::kFloat64);
}

ModeMetrics mode_metrics(const at::Tensor& generated, const at::Tensor& real, int64_t classes) {
  ModeMetrics result;
  result.classes = classes;
  const at::Tensor counts = class_counts(generated, classes);
  const double drawn = counts.sum().item<double>();
  const double real_total = real.sum().item<double>();
  const auto* made = counts.const_data_ptr<double>();
  const at::Tensor real_dense = real.contiguous();
  const auto* known = real_dense.const_data_ptr<double>();
  for (int64_t c = 0; c < classes; ++c) {
    if (made[c] == 0) continue;
    ++result.covered;
    const double p = made[c] / drawn;
    const double q = std::max(known[c], 0.5) / real_total;
    result.entropy -= p * std::log(p);
    result.reverse_kl += p * std::log(p / q);
  }
  return result;
}

}  // namespace dcgan
