#include "metrics/fid.h"

#include <torch/types.h>

#include <algorithm>

#include "metrics/one_thread.h"

namespace dcgan {
namespace {

// C^(1/2) of a symmetric matrix whose eigenvalues are not negative but for rounding.
at::Tensor square_root(const at::Tensor& matrix) {
  const auto [values, vectors] = at::linalg_eigh(matrix);
  return (vectors * values.clamp_min(0).sqrt()).matmul(vectors.t());
}

}  // namespace

double frechet_distance(const FeatureMoments& a, const FeatureMoments& b) {
  const torch::NoGradGuard no_grad;
  const OneThread one_thread;
  TORCH_CHECK_VALUE(a.dimension() == b.dimension(), "features of ", a.dimension(), " and of ",
                    b.dimension(), " dimensions have no distance");
  const at::Tensor ca = a.covariance();
  const at::Tensor cb = b.covariance();
  const at::Tensor root = square_root(ca);
  const at::Tensor product = root.matmul(cb).matmul(root);
  const double mixed =
      at::linalg_eigvalsh((product + product.t()) / 2).clamp_min(0).sqrt().sum().item<double>();
  const double means = (a.mean() - b.mean()).square().sum().item<double>();
  const double traces = ca.trace().item<double>() + cb.trace().item<double>();
  return std::max(0.0, means + traces - 2 * mixed);
}

}  // namespace dcgan
