#include "models/generator.h"

#include <bit>

namespace dcgan {

void check_image_size(int64_t image_size) {
  const bool legal = image_size >= kMinimumImageSize && image_size <= kMaximumImageSize &&
                     std::has_single_bit(static_cast<uint64_t>(image_size));
  if (legal) {
    return;
  }
  if (image_size <= kMinimumImageSize || image_size >= kMaximumImageSize) {
    TORCH_CHECK_VALUE(false, "image size must be a power of two from 16 to 256: take ",
                      image_size <= kMinimumImageSize ? kMinimumImageSize : kMaximumImageSize);
  }
  const auto below = static_cast<int64_t>(std::bit_floor(static_cast<uint64_t>(image_size)));
  TORCH_CHECK_VALUE(false, "image size must be a power of two from 16 to 256: take ", below, " or ",
                    2 * below);
}

std::vector<StageOptions> stages_of(const GeneratorOptions& options) {
  check_image_size(options.image_size());
  TORCH_CHECK_VALUE(options.channels() >= 1 && options.channels() <= 4,
                    "generator: channels must be 1 to 4, is ", options.channels());
  TORCH_CHECK_VALUE(options.nz() >= 1, "generator: nz must be at least 1, is ", options.nz());
  TORCH_CHECK_VALUE(options.ngf() >= 1, "generator: ngf must be at least 1, is ", options.ngf());
  StageOptions stage;
  stage.transposed = true;
  stage.normalized = true;
  stage.normalization = options.normalization();
  stage.batch_norm = options.batch_norm();
  stage.nonlinearity = options.nonlinearity();

  std::vector<StageOptions> stages;
  // 1x1 -> 4x4
  stage.in_channels = options.nz();
  stage.out_channels = options.ngf() * options.image_size() / 8;
  stage.stride = 1;
  stage.padding = 0;
  stages.push_back(stage);
  // 4x4 -> 8x8 -> ... -> half the image
  stage.stride = 2;
  stage.padding = 1;
  for (int64_t size = 8; size < options.image_size(); size *= 2) {
    stage.in_channels = stages.back().out_channels;
    stage.out_channels = stage.in_channels / 2;
    stages.push_back(stage);
  }
  // -> the image: no norm, which would tie its mean and contrast to the batch (Radford 2015).
  stage.in_channels = stages.back().out_channels;
  stage.out_channels = options.channels();
  stage.normalized = false;
  stage.nonlinearity = Nonlinearity::kTanh;
  stages.push_back(stage);
  return stages;
}

GeneratorImpl::GeneratorImpl(const GeneratorOptions& options_) : options(options_) { reset(); }

void GeneratorImpl::reset() { main = register_module("main", StageSequence(stages_of(options))); }

torch::Tensor GeneratorImpl::forward(const torch::Tensor& latent) {
  TORCH_CHECK_VALUE((latent.dim() == 2 || latent.dim() == 4) && latent.size(1) == options.nz() &&
                        latent.numel() == latent.size(0) * latent.size(1),
                    "generator: expects latents [N, ", options.nz(), "] or [N, ", options.nz(),
                    ", 1, 1], is ", latent.sizes());
  return main->forward(latent.reshape({latent.size(0), options.nz(), 1, 1})).values;
}

void GeneratorImpl::pretty_print(std::ostream& stream) const {
  stream << "dcgan::Generator(image_size=" << options.image_size()
         << ", channels=" << options.channels() << ", nz=" << options.nz()
         << ", ngf=" << options.ngf() << ", norm=" << to_string(options.normalization()) << ")";
}

}  // namespace dcgan
