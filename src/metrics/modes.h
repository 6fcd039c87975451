#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace dcgan {

/// Which classes a generator draws, as a classifier sees them.
struct ModeMetrics {
  /// Classes with at least one sample.
  int64_t covered = 0;
  int64_t classes = 0;
  /// Entropy of the predicted classes in nats: ln(classes) is best, 0 is one class alone.
  double entropy = 0;
  /// KL(generated || real) of the predicted classes in nats (Che et al. 2017 and what follows it);
  /// 0 is best. Infinite never: a class that the real set lacks counts as half a sample there.
  double reverse_kl = 0;
};

/// `generated` int64 [N], predicted classes in [0, classes); `real` double [classes], counts of the
/// real set's.
ModeMetrics mode_metrics(const at::Tensor& generated, const at::Tensor& real, int64_t classes);

/// double [classes]
at::Tensor class_counts(const at::Tensor& predictions, int64_t classes);

}  // namespace dcgan
