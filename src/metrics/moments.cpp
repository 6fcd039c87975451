#include "metrics/moments.h"

#include <torch/types.h>

#include <algorithm>
#include <utility>

#include "metrics/one_thread.h"

namespace dcgan {

FeatureMoments::FeatureMoments(int64_t dimension)
    : mean_(torch::zeros({dimension}, torch::kFloat64)),
      scatter_(torch::zeros({dimension, dimension}, torch::kFloat64)) {}

FeatureMoments::FeatureMoments(at::Tensor mean, at::Tensor scatter, int64_t count)
    : mean_(std::move(mean)), scatter_(std::move(scatter)), count_(count) {}

void FeatureMoments::add(const at::Tensor& features) {
  const torch::NoGradGuard no_grad;
  TORCH_CHECK_VALUE(features.dim() == 2 && features.size(1) == dimension(),
                    "features: expected [N, ", dimension(), "], is ", features.sizes());
  if (features.size(0) == 0) return;
  const OneThread one_thread;
  const at::Tensor x = features.to(torch::kFloat64);
  const at::Tensor mean = x.mean(0);
  const at::Tensor centred = x - mean;
  const auto before = static_cast<double>(count_);
  const auto added = static_cast<double>(x.size(0));
  const at::Tensor shift = mean - mean_;
  scatter_ = scatter_ + centred.t().matmul(centred) +
             torch::outer(shift, shift) * (before * added / (before + added));
  mean_ = mean_ + shift * (added / (before + added));
  count_ += x.size(0);
}

at::Tensor FeatureMoments::covariance() const {
  return scatter_ / static_cast<double>(std::max<int64_t>(count_ - 1, 1));
}

}  // namespace dcgan
