#pragma once

#include <torch/nn/modules/container/any.h>

#include <string>
#include <string_view>
#include <vector>

namespace dcgan {

/// How a stage normalises its feature maps.
enum class Normalization { kBatch, kNone };

/// Every name that `parse_normalization` takes, in the order of the enumeration.
const std::vector<std::string>& normalization_names();

/// "batch", "none". Throws c10::ValueError on another name, listing them.
Normalization parse_normalization(std::string_view name);
std::string to_string(Normalization normalization);

/// The module for `channels` feature maps [N, C, H, W]; empty for kNone.
torch::nn::AnyModule make_normalization(Normalization normalization, int64_t channels);

}  // namespace dcgan
