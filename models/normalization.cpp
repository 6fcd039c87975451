#include "models/normalization.h"

#include <torch/nn/modules/normalization.h>

#include <numeric>

namespace dcgan {

const std::vector<std::string>& normalization_names() {
  static const std::vector<std::string> names{"batch",    "none",  "layer",
                                              "instance", "group", "spectral"};
  return names;
}

Normalization parse_normalization(std::string_view name) {
  const auto& names = normalization_names();
  for (size_t i = 0; i < names.size(); ++i) {
    if (names[i] == name) {
      return static_cast<Normalization>(i);
    }
  }
  TORCH_CHECK_VALUE(false, "unknown normalization '", name, "': one of ", c10::Join(", ", names));
}

std::string to_string(Normalization normalization) {
  return normalization_names()[static_cast<size_t>(normalization)];
}

bool normalizes_features(Normalization normalization) {
  return normalization != Normalization::kNone && normalization != Normalization::kSpectral;
}

torch::nn::AnyModule make_normalization(Normalization normalization, int64_t channels,
                                        const BatchNormOptions& batch_norm) {
  constexpr int64_t kGroupChannels = 32;
  const auto group_norm = [&](int64_t groups) {
    return torch::nn::AnyModule(
        torch::nn::GroupNorm(torch::nn::GroupNormOptions(groups, channels)));
  };
  switch (normalization) {
    case Normalization::kBatch: {
      BatchNormOptions options = batch_norm;
      return torch::nn::AnyModule(BatchNorm2d(options.num_features(channels)));
    }
    case Normalization::kLayer:
      return group_norm(1);
    case Normalization::kInstance:
      return group_norm(channels);
    case Normalization::kGroup:
      return group_norm(channels / std::gcd(channels, kGroupChannels));
    case Normalization::kNone:
    case Normalization::kSpectral:
      break;
  }
  return {};
}

}  // namespace dcgan
