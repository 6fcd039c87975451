#pragma once

#include <torch/nn/cloneable.h>
#include <torch/nn/modules/linear.h>

#include "models/stage.h"

namespace dcgan {

struct ClassifierOptions {
  /// Height and width of the images: a power of two from 16 to 256.
  TORCH_ARG(int64_t, image_size) = 32;
  TORCH_ARG(int64_t, channels) = 1;
  /// Feature maps of the first stage; each stage after has twice as many.
  TORCH_ARG(int64_t, width) = 16;
  /// Length of the feature vector in front of the last layer.
  TORCH_ARG(int64_t, features) = 64;
  TORCH_ARG(int64_t, classes) = 10;
};

/// A small image classifier: the discriminator's stages down to 4x4 (batch norm, LeakyReLU), then
/// two fully connected layers. Its features are what distances between sets of images are measured
/// in.
class ClassifierImpl : public torch::nn::Cloneable<ClassifierImpl> {
 public:
  explicit ClassifierImpl(const ClassifierOptions& options = {});

  struct Output {
    torch::Tensor features;  // [N, features], before their nonlinearity
    torch::Tensor logits;    // [N, classes]
  };
  /// `images` [N, channels, image_size, image_size] in [-1, 1].
  Output forward(const torch::Tensor& images);

  void reset() override;
  void pretty_print(std::ostream& stream) const override;

  ClassifierOptions options;
  StageSequence main{nullptr};
  torch::nn::Linear embed{nullptr};
  torch::nn::Linear classify{nullptr};
};
TORCH_MODULE(Classifier);

}  // namespace dcgan
