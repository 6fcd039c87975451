#include "models/stage.h"

namespace dcgan {
namespace {

torch::Tensor apply(Nonlinearity nonlinearity, const torch::Tensor& input) {
  switch (nonlinearity) {
    case Nonlinearity::kRelu:
      return torch::relu(input);
    case Nonlinearity::kLeakyRelu:
      return torch::leaky_relu(input, kLeakySlope);
    case Nonlinearity::kTanh:
      return torch::tanh(input);
    case Nonlinearity::kNone:
      break;
  }
  return input;
}

const char* name_of(Nonlinearity nonlinearity) {
  switch (nonlinearity) {
    case Nonlinearity::kRelu:
      return "ReLU";
    case Nonlinearity::kLeakyRelu:
      return "LeakyReLU(0.2)";
    case Nonlinearity::kTanh:
      return "Tanh";
    case Nonlinearity::kNone:
      break;
  }
  return "none";
}

}  // namespace

Stage::Stage(const StageOptions& options, torch::nn::Module& owner, int64_t first_layer)
    : options_(options) {
  const std::string convolution_name = std::to_string(first_layer);
  if (options.transposed) {
    transposed_ = owner.register_module(
        convolution_name,
        torch::nn::ConvTranspose2d(torch::nn::ConvTranspose2dOptions(
                                       options.in_channels, options.out_channels, options.kernel)
                                       .stride(options.stride)
                                       .padding(options.padding)
                                       .bias(options.has_bias())));
  } else {
    convolution_ = owner.register_module(
        convolution_name,
        torch::nn::Conv2d(
            torch::nn::Conv2dOptions(options.in_channels, options.out_channels, options.kernel)
                .stride(options.stride)
                .padding(options.padding)
                .bias(options.has_bias())));
  }
  if (options.normalized) {
    norm_ = make_normalization(options.normalization, options.out_channels);
    if (!norm_.is_empty()) {
      owner.register_module(std::to_string(first_layer + 1), norm_.ptr());
    }
  }
}

torch::Tensor Stage::convolve(const torch::Tensor& input) {
  return options_.transposed ? transposed_->forward(input) : convolution_->forward(input);
}

Activation Stage::forward(const Activation& input) {
  torch::Tensor features = convolve(input.materialize());
  if (!norm_.is_empty()) {
    features = norm_.forward(features);
  }
  return apply(options_.nonlinearity, features);
}

StageSequenceImpl::StageSequenceImpl(std::vector<StageOptions> options)
    : options_(std::move(options)) {
  reset();
}

void StageSequenceImpl::reset() {
  stages_.clear();
  stages_.reserve(options_.size());
  int64_t layer = 0;
  for (const StageOptions& options : options_) {
    stages_.emplace_back(options, *this, layer);
    layer += options.layers();
  }
}

Activation StageSequenceImpl::forward(Activation input) {
  for (Stage& stage : stages_) {
    input = stage.forward(input);
  }
  return input;
}

void StageSequenceImpl::pretty_print(std::ostream& stream) const {
  stream << "dcgan::StageSequence(";
  for (size_t i = 0; i < options_.size(); ++i) {
    const StageOptions& o = options_[i];
    stream << (i > 0 ? "; " : "") << o.in_channels << "->" << o.out_channels << " "
           << (o.normalized ? to_string(o.normalization) + " norm, " : "")
           << name_of(o.nonlinearity);
  }
  stream << ")";
}

}  // namespace dcgan
