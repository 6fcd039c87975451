#include "metrics/diversity.h"

#include <torch/types.h>

namespace dcgan {

double sample_standard_deviation(const at::Tensor& images) {
  if (images.size(0) < 2) return 0;
  return images.to(torch::kFloat64).div(127.5).std(0).mean().item<double>();
}

}  // namespace dcgan
