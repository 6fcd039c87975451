#pragma once

#include <torch/nn/module.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/pimpl.h>

#include <string>
#include <vector>

#include "models/batch_norm.h"

namespace dcgan {

/// A plain network of hidden layers of one kind: linear map, batch norm (or a bias in its place),
/// nonlinearity, dropout; then a linear layer to the classes. No skip connections: what the studies
/// vary is all there is.
struct DeepClassifierOptions {
  /// mlp: fully connected layers of `width` units; cnn: 4x4 convolutions of stride 2 with `width`,
  /// 2 `width`, ... maps.
  std::string network = "mlp";
  int64_t image_size = 16;
  int64_t depth = 3;
  int64_t width = 100;
  int64_t classes = 10;
  /// sigmoid, tanh, relu or leaky (negative slope 0.2)
  std::string activation = "sigmoid";
  bool batch_norm = true;
  /// For every batch norm; the layer sets the number of channels and its name.
  BatchNormOptions norm{1};
  /// Share of units set to 0 in training, the others scaled by 1 / (1 - dropout).
  double dropout = 0;
};

/// What a forward saw: one tensor a hidden layer.
struct LayerTrace {
  std::vector<torch::Tensor> inputs;     // inputs of the nonlinearities
  std::vector<torch::Tensor> activated;  // outputs of the nonlinearities, before dropout
};

class DeepClassifierImpl : public torch::nn::Module {
 public:
  explicit DeepClassifierImpl(const DeepClassifierOptions& options);

  /// `images` [N, image_size^2] to logits [N, classes]. `dropout_seed` decides which units a
  /// training forward drops. `trace`: where to keep the layers' values, or null.
  torch::Tensor forward(const torch::Tensor& images, uint64_t dropout_seed = 0,
                        LayerTrace* trace = nullptr);

  /// The weights of the linear maps, hidden layers first, the last layer's at the end.
  std::vector<torch::Tensor> weights() const;

  DeepClassifierOptions options;

 private:
  struct Layer {
    torch::nn::Linear linear{nullptr};
    torch::nn::Conv2d convolution{nullptr};
    BatchNorm1d norm1{nullptr};
    BatchNorm2d norm2{nullptr};
  };
  std::vector<Layer> layers_;
  torch::nn::Linear classify_{nullptr};
};
TORCH_MODULE(DeepClassifier);

}  // namespace dcgan
