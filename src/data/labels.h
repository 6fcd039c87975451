#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace dcgan {

/// How many of `labels` (uint8, any shape) there are of each value, under `names`, or under the
/// value itself where it has none.
std::vector<std::pair<std::string, int64_t>> count_labels(const at::Tensor& labels,
                                                          const std::vector<std::string>& names);

}  // namespace dcgan
