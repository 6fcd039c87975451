#include "models/normalization.h"

#include "models/batch_norm.h"

namespace dcgan {

const std::vector<std::string>& normalization_names() {
  static const std::vector<std::string> names{"batch", "none"};
  return names;
}

Normalization parse_normalization(std::string_view name) {
  const auto& names = normalization_names();
  for (size_t i = 0; i < names.size(); ++i) {
    if (names[i] == name) {
      return static_cast<Normalization>(i);
    }
  }
  TORCH_CHECK_VALUE(false, "unknown normalization '", name, "': one of ",
                    c10::Join(", ", normalization_names()));
}

std::string to_string(Normalization normalization) {
  return normalization_names()[static_cast<size_t>(normalization)];
}

torch::nn::AnyModule make_normalization(Normalization normalization, int64_t channels) {
  switch (normalization) {
    case Normalization::kBatch:
      return torch::nn::AnyModule(BatchNorm2d(channels));
    case Normalization::kNone:
      return {};
  }
  return {};
}

}  // namespace dcgan
