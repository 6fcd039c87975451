#include "studies/deep_classifier.h"

#include "models/convolution_function.h"
#include "models/optional_tensor.h"
#include "models/random.h"
#include "models/stage.h"

namespace dcgan {
namespace {

torch::Tensor drop(const torch::Tensor& input, double share, uint64_t seed, size_t layer) {
  torch::Tensor draw = torch::empty(input.sizes());
  RandomStream(seed, "dropout").substream(layer).fill_normal(draw, 0, 1);
  // A standard normal is above this with probability 1 - share.
  const double bound =
      torch::special_ndtri(torch::scalar_tensor(share, torch::kFloat64)).item<double>();
  return input * (draw > bound).to(input.scalar_type()).mul_(1 / (1 - share));
}

}  // namespace

DeepClassifierImpl::DeepClassifierImpl(const DeepClassifierOptions& options_) : options(options_) {
  int64_t features = options.image_size * options.image_size;
  int64_t maps = 1;
  int64_t size = options.image_size;
  for (int64_t i = 0; i < options.depth; ++i) {
    const std::string name = std::to_string(i);
    Layer layer;
    BatchNormOptions norm = options.norm;
    if (options.network == "cnn") {
      const int64_t out = options.width << i;
      layer.convolution =
          register_module("layer" + name, torch::nn::Conv2d(torch::nn::Conv2dOptions(maps, out, 4)
                                                                .stride(2)
                                                                .padding(1)
                                                                .bias(!options.batch_norm)));
      maps = out;
      size /= 2;
      features = maps * size * size;
      if (options.batch_norm) {
        layer.norm2 = register_module("norm" + name,
                                      BatchNorm2d(norm.num_features(maps).name("norm" + name)));
      }
    } else {
      layer.linear = register_module(
          "layer" + name,
          torch::nn::Linear(
              torch::nn::LinearOptions(features, options.width).bias(!options.batch_norm)));
      features = options.width;
      if (options.batch_norm) {
        layer.norm1 = register_module("norm" + name,
                                      BatchNorm1d(norm.num_features(features).name("norm" + name)));
      }
    }
    layers_.push_back(std::move(layer));
  }
  classify_ = register_module("classify", torch::nn::Linear(features, options.classes));
}

torch::Tensor DeepClassifierImpl::forward(const torch::Tensor& images, uint64_t dropout_seed,
                                          LayerTrace* trace) {
  const Nonlinearity nonlinearity = parse_nonlinearity(options.activation);
  torch::Tensor x = images;
  if (options.network == "cnn") {
    x = images.view({images.size(0), 1, options.image_size, options.image_size});
  }
  for (size_t i = 0; i < layers_.size(); ++i) {
    const Layer& layer = layers_[i];
    if (layer.convolution) {
      x = convolution(x, layer.convolution->weight, present(layer.convolution->bias),
                      {/*transposed=*/false, /*stride=*/2, /*padding=*/1});
    } else {
      x = torch::linear(x, layer.linear->weight, layer.linear->bias);
    }
    if (layer.norm1) x = layers_[i].norm1.ptr()->forward(x);
    if (layer.norm2) x = layers_[i].norm2.ptr()->forward(x);
    if (trace != nullptr) trace->inputs.push_back(x);
    x = apply_nonlinearity(nonlinearity, x);
    if (trace != nullptr) trace->activated.push_back(x);
    if (options.dropout > 0 && is_training()) x = drop(x, options.dropout, dropout_seed, i);
  }
  return torch::linear(x.flatten(1), classify_->weight, classify_->bias);
}

std::vector<torch::Tensor> DeepClassifierImpl::weights() const {
  std::vector<torch::Tensor> weights;
  weights.reserve(layers_.size() + 1);
  for (const Layer& layer : layers_) {
    weights.push_back(layer.convolution ? layer.convolution->weight : layer.linear->weight);
  }
  weights.push_back(classify_->weight);
  return weights;
}

}  // namespace dcgan
