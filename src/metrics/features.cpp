#include "metrics/features.h"

#include <fmt/format.h>
#include <torch/types.h>

#include "common/data_files.h"
#include "common/error.h"
#include "common/file.h"
#include "metrics/torchscript_features.h"

namespace dcgan {

namespace {

std::filesystem::path digits_features_file() {
  return find_data_file("digits/features.safetensors");
}

}  // namespace

std::unique_ptr<FeatureExtractor> open_features(const std::string& which, const char* option) {
  if (which == "digits") return open_classifier_features(digits_features_file(), false);
  if (which == "stacked-digits") return open_classifier_features(digits_features_file(), true);
  if (which == "random") return open_random_features();
  if (lower_extension(which) == ".pt") return open_torchscript_features(which, option);
  throw UsageError(fmt::format(
      "{} {}: expected digits, stacked-digits, random or a TorchScript file (.pt)", option, which));
}

at::Tensor to_network_images(const at::Tensor& images, int64_t channels, int64_t size) {
  at::Tensor x = images.permute({0, 3, 1, 2}).to(torch::kFloat32);
  if (x.size(1) == 3 && channels == 1) {
    x = (0.299 * x.select(1, 0) + 0.587 * x.select(1, 1) + 0.114 * x.select(1, 2)).unsqueeze(1);
  }
  if (x.size(2) != size || x.size(3) != size) {
    x = at::_upsample_bilinear2d_aa(x, {size, size}, /*align_corners=*/false);
  }
  if (x.size(1) == 1 && channels == 3) x = x.expand({-1, 3, -1, -1});
  return (x / 127.5 - 1).contiguous();
}

}  // namespace dcgan
