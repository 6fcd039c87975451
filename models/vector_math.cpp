#include "models/vector_math.h"

#include <torch/types.h>

namespace dcgan {

void settle_vector_math() {
  [[maybe_unused]] static const bool settled = [] {
    const torch::NoGradGuard no_grad;
    for (const auto type : {at::kFloat, at::kDouble}) {
      const torch::Tensor one = torch::ones({1}, type);
      torch::tanh(one);
      torch::exp(one);
      torch::log(one);
      torch::sqrt(one);
    }
    return true;
  }();
}

}  // namespace dcgan
