#pragma once

#include <torch/nn/cloneable.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

namespace dcgan {

/// Spectral normalisation of a convolution's weight (Miyato et al. 2018): divides it by an estimate
/// of its largest singular value, one step of power iteration per training pass (algorithm 1). The
/// weight counts as a matrix [out, in * kernel area].
class SpectralNormImpl : public torch::nn::Cloneable<SpectralNormImpl> {
 public:
  /// `out_channels` rows; `out_dimension`: which dimension of the weight they are (0 for a
  /// convolution, 1 for a transposed one).
  SpectralNormImpl(int64_t out_channels, int64_t out_dimension);

  /// weight / sigma. The gradient flows through sigma = u^T W v with u and v held constant.
  torch::Tensor forward(const torch::Tensor& weight);

  void reset() override;
  void pretty_print(std::ostream& stream) const override;

  torch::Tensor u;  // estimate of the first left singular vector, [out], a buffer

 private:
  int64_t out_channels_;
  int64_t out_dimension_;
};
TORCH_MODULE(SpectralNorm);

}  // namespace dcgan
