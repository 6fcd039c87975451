#pragma once

#include <torch/nn/cloneable.h>

#include "models/stage.h"

namespace dcgan {

struct DiscriminatorOptions {
  /// Height and width of the image: a power of two from 16 to 256.
  TORCH_ARG(int64_t, image_size) = 64;
  /// Channels of the image, 1 to 4.
  TORCH_ARG(int64_t, channels) = 3;
  /// Feature maps of the first stage; each stage after has twice as many.
  TORCH_ARG(int64_t, ndf) = 64;
  TORCH_ARG(Normalization, normalization) = Normalization::kBatch;
  /// For batch norm: each stage sets the number of channels and adds its layer to the name.
  TORCH_ARG(BatchNormOptions, batch_norm) = BatchNormOptions(1);
  /// Of every stage but the last, which has none.
  TORCH_ARG(Nonlinearity, nonlinearity) = Nonlinearity::kLeakyRelu;
};

/// Its stages, from the image to the logit. Throws c10::ValueError for options out of range.
std::vector<StageOptions> stages_of(const DiscriminatorOptions& options);

/// The DCGAN discriminator (Radford, Metz & Chintala 2015): images [N, channels, size, size] to one
/// logit each, [N]; the sigmoid belongs to the loss. At image_size 64 names and shapes of its
/// parameters are those of the PyTorch DCGAN example.
class DiscriminatorImpl : public torch::nn::Cloneable<DiscriminatorImpl> {
 public:
  explicit DiscriminatorImpl(const DiscriminatorOptions& options = {});

  /// The logits of each image alone where the norm allows it; batch norm in training sees the whole
  /// batch, or with `groups` each of so many equal slices as a batch of its own.
  torch::Tensor forward(const torch::Tensor& images, int64_t groups = 1);

  void reset() override;
  void pretty_print(std::ostream& stream) const override;

  DiscriminatorOptions options;
  StageSequence main{nullptr};
};
TORCH_MODULE(Discriminator);

}  // namespace dcgan
