#include "models/discriminator.h"

#include "models/generator.h"

namespace dcgan {
std::vector<StageOptions> stages_of(const DiscriminatorOptions& options) {
  check_image_size(options.image_size());
  TORCH_CHECK_VALUE(options.channels() >= 1 && options.channels() <= 4,
                    "discriminator: channels must be 1 to 4, is ", options.channels());
  TORCH_CHECK_VALUE(options.ndf() >= 1, "discriminator: ndf must be at least 1, is ",
                    options.ndf());
  StageOptions stage;
  stage.normalization = options.normalization();
  stage.batch_norm = options.batch_norm();
  stage.nonlinearity = options.nonlinearity();

  std::vector<StageOptions> stages;
  // The image -> half its size: no norm at the input (Radford 2015).
  stage.in_channels = options.channels();
  stage.out_channels = options.ndf();
  stages.push_back(stage);
  // ... -> 4x4
  stage.normalized = true;
  for (int64_t size = options.image_size() / 2; size > 4; size /= 2) {
    stage.in_channels = stages.back().out_channels;
    stage.out_channels = stage.in_channels * 2;
    stages.push_back(stage);
  }
  // 4x4 -> one logit
  stage.in_channels = stages.back().out_channels;
  stage.out_channels = 1;
  stage.stride = 1;
  stage.padding = 0;
  stage.normalized = false;
  stage.nonlinearity = Nonlinearity::kNone;
  stages.push_back(stage);
  return stages;
}

DiscriminatorImpl::DiscriminatorImpl(const DiscriminatorOptions& options_) : options(options_) {
  reset();
}

void DiscriminatorImpl::reset() {
  main = register_module("main", StageSequence(stages_of(options)));
}

torch::Tensor DiscriminatorImpl::forward(const torch::Tensor& images, int64_t groups) {
  TORCH_CHECK_VALUE(images.dim() == 4 && images.size(1) == options.channels() &&
                        images.size(2) == options.image_size() &&
                        images.size(3) == options.image_size(),
                    "discriminator: expects images [N, ", options.channels(), ", ",
                    options.image_size(), ", ", options.image_size(), "], is ", images.sizes());
  Activation input(images);
  input.groups = groups;
  return main->forward(input).values.flatten();
}

void DiscriminatorImpl::pretty_print(std::ostream& stream) const {
  stream << "dcgan::Discriminator(image_size=" << options.image_size()
         << ", channels=" << options.channels() << ", ndf=" << options.ndf()
         << ", norm=" << to_string(options.normalization()) << ")";
}

}  // namespace dcgan
