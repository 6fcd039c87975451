#include "data/labels.h"

#include <torch/types.h>

namespace dcgan {

std::vector<std::pair<std::string, int64_t>> count_labels(const at::Tensor& labels,
                                                          const std::vector<std::string>& names) {
  const at::Tensor counts = torch::bincount(labels.flatten().to(torch::kInt64));
  std::vector<std::pair<std::string, int64_t>> classes;
  for (int64_t label = 0; label < counts.numel(); ++label) {
    const auto index = static_cast<size_t>(label);
    const auto count = counts[label].item<int64_t>();
    if (count == 0) continue;
    classes.emplace_back(index < names.size() ? names[index] : std::to_string(label), count);
  }
  return classes;
}

}  // namespace dcgan
