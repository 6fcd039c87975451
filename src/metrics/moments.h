#pragma once

#include <ATen/core/Tensor.h>

namespace dcgan {

/// Mean and covariance of feature vectors, gathered batch by batch in double: memory does not grow
/// with the number of samples.
class FeatureMoments {
 public:
  explicit FeatureMoments(int64_t dimension);
  /// From what `mean`, `scatter` and `count` gave.
  FeatureMoments(at::Tensor mean, at::Tensor scatter, int64_t count);

  /// `features` [N, D], float or double. Batches combine as in Chan et al. 1983, so a large mean
  /// costs no digits.
  void add(const at::Tensor& features);

  int64_t count() const { return count_; }
  int64_t dimension() const { return mean_.size(0); }
  /// double [D]
  const at::Tensor& mean() const { return mean_; }
  /// Sum of outer products of the deviations from the mean, double [D, D].
  const at::Tensor& scatter() const { return scatter_; }
  /// Unbiased (divided by count - 1), double [D, D]; zeros for a single sample.
  at::Tensor covariance() const;

 private:
  at::Tensor mean_;
  at::Tensor scatter_;
  int64_t count_ = 0;
};

}  // namespace dcgan
