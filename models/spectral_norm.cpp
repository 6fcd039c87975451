#include "models/spectral_norm.h"

#include "models/random.h"

namespace dcgan {
namespace {

torch::Tensor unit(const torch::Tensor& vector) {
  constexpr double kEps = 1e-12;  // as torch.nn.utils.spectral_norm
  return vector / vector.norm().clamp_min(kEps);
}

}  // namespace

SpectralNormImpl::SpectralNormImpl(int64_t out_channels, int64_t out_dimension)
    : out_channels_(out_channels), out_dimension_(out_dimension) {
  reset();
}

void SpectralNormImpl::reset() {
  torch::Tensor start = torch::empty({out_channels_});
  RandomStream(0, "spectral norm").fill_normal(start, 0, 1);
  u = register_buffer("u", unit(start));
}

torch::Tensor SpectralNormImpl::forward(const torch::Tensor& weight) {
  const torch::Tensor matrix = weight.transpose(0, out_dimension_).flatten(1);
  torch::Tensor left = u.clone();  // the buffer may move on before the backward
  torch::Tensor right;
  {
    const torch::NoGradGuard no_grad;
    right = unit(matrix.t().mv(left));
    if (is_training()) {
      left = unit(matrix.mv(right));
      u.copy_(left);
    }
  }
  const torch::Tensor sigma = left.dot(matrix.mv(right));
  return weight / sigma;
}

void SpectralNormImpl::pretty_print(std::ostream& stream) const {
  stream << "dcgan::SpectralNorm(" << out_channels_ << ")";
}

}  // namespace dcgan
