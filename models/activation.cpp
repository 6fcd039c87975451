#include "models/activation.h"

namespace dcgan {

torch::Tensor Activation::materialize() const {
  if (is_plain()) {
    return values;
  }
  const auto per_channel = [](const torch::Tensor& t) { return t.view({1, -1, 1, 1}); };
  torch::Tensor result = values;
  if (scale.defined()) {
    result = result * per_channel(scale);
  }
  if (shift.defined()) {
    result = result + per_channel(shift);
  }
  return slope == 1.0 ? result : torch::leaky_relu(result, slope);
}

}  // namespace dcgan
