#pragma once

#include <torch/nn/cloneable.h>

#include "models/stage.h"

namespace dcgan {

/// Smallest and largest image the networks are built for, in pixels a side; powers of two between.
inline constexpr int64_t kMinimumImageSize = 16;
inline constexpr int64_t kMaximumImageSize = 256;

/// Throws c10::ValueError naming the nearest legal sizes if `image_size` is none.
void check_image_size(int64_t image_size);

struct GeneratorOptions {
  /// Height and width of the image: a power of two from 16 to 256.
  TORCH_ARG(int64_t, image_size) = 64;
  /// Channels of the image, 1 to 4.
  TORCH_ARG(int64_t, channels) = 3;
  /// Length of the latent vector.
  TORCH_ARG(int64_t, nz) = 100;
  /// Feature maps of the last hidden stage; each stage before has twice as many.
  TORCH_ARG(int64_t, ngf) = 64;
  TORCH_ARG(Normalization, normalization) = Normalization::kBatch;
  /// For batch norm: each stage sets the number of channels and adds its layer to the name.
  TORCH_ARG(BatchNormOptions, batch_norm) = BatchNormOptions(1);
  /// Of every stage but the last, whose tanh keeps the image in [-1, 1].
  TORCH_ARG(Nonlinearity, nonlinearity) = Nonlinearity::kRelu;
};

/// Its stages, from the latent to the image. Throws c10::ValueError for options out of range.
std::vector<StageOptions> stages_of(const GeneratorOptions& options);

/// The DCGAN generator (Radford, Metz & Chintala 2015): latent [N, nz] or [N, nz, 1, 1] to images
/// [N, channels, image_size, image_size] in [-1, 1]. At image_size 64 names and shapes of its
/// parameters are those of the PyTorch DCGAN example ("main.0.weight", ...).
class GeneratorImpl : public torch::nn::Cloneable<GeneratorImpl> {
 public:
  explicit GeneratorImpl(const GeneratorOptions& options = {});

  torch::Tensor forward(const torch::Tensor& latent);

  void reset() override;
  void pretty_print(std::ostream& stream) const override;

  GeneratorOptions options;
  StageSequence main{nullptr};
};
TORCH_MODULE(Generator);

}  // namespace dcgan
