#include "models/stage.h"

#include "models/convolution_function.h"
#include "models/optional_tensor.h"

namespace dcgan {

Stage::Stage(const StageOptions& options, torch::nn::Module& owner, int64_t first_layer)
    : options_(options), name_(std::to_string(first_layer)) {
  if (options.transposed) {
    transposed_ = owner.register_module(
        name_,
        torch::nn::ConvTranspose2d(torch::nn::ConvTranspose2dOptions(
                                       options.in_channels, options.out_channels, options.kernel)
                                       .stride(options.stride)
                                       .padding(options.padding)
                                       .bias(options.has_bias())));
  } else {
    convolution_ = owner.register_module(
        name_, torch::nn::Conv2d(torch::nn::Conv2dOptions(options.in_channels, options.out_channels,
                                                          options.kernel)
                                     .stride(options.stride)
                                     .padding(options.padding)
                                     .bias(options.has_bias())));
  }
  if (options.normalization == Normalization::kSpectral) {
    spectral_norm_ = owner.register_module(
        name_ + "_spectral", SpectralNorm(options.out_channels, options.transposed ? 1 : 0));
  }
  if (options.normalized && normalizes_features(options.normalization)) {
    const std::string norm_name = std::to_string(first_layer + 1);
    BatchNormOptions batch_norm = options.batch_norm;
    norm_ = make_normalization(options.normalization, options.out_channels,
                               batch_norm.name(batch_norm.name() + "main." + norm_name));
    owner.register_module(norm_name, norm_.ptr());
    batch_norm_ = std::dynamic_pointer_cast<BatchNorm2dImpl>(norm_.ptr());
  }
  check_finite_ = options.batch_norm.check_finite() && !batch_norm_;
}

torch::Tensor Stage::weight() const {
  return options_.transposed ? transposed_->weight : convolution_->weight;
}

torch::Tensor Stage::bias() const {
  return options_.transposed ? transposed_->bias : convolution_->bias;
}

torch::Tensor Stage::convolve(const torch::Tensor& input) {
  const torch::Tensor used = spectral_norm_ ? spectral_norm_->forward(weight()) : weight();
  return convolution(input, used, present(bias()),
                     {options_.transposed, options_.stride, options_.padding});
}

Activation Stage::forward(const Activation& input) {
  torch::Tensor features = convolve(input.values);
  if (check_finite_) {
    TORCH_CHECK_VALUE(features.isfinite().all().item<bool>(), options_.batch_norm.name(), "main.",
                      name_, ": the convolution's output has values that are not finite");
  }
  if (batch_norm_) {
    const double slope = slope_of(options_.nonlinearity);
    features = batch_norm_->forward_fused(features, slope, input.groups);
    if (slope == 1.0) features = apply_nonlinearity(options_.nonlinearity, features);
  } else {
    if (!norm_.is_empty()) features = norm_.forward(features);
    features = apply_nonlinearity(options_.nonlinearity, features);
  }
  Activation output(features);
  output.groups = input.groups;
  return output;
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
  if (probe_) probe_->begin_pass();
  for (Stage& stage : stages_) {
    input = stage.forward(input);
    if (probe_) probe_->observe("main." + stage.name(), input.values);
  }
  return input;
}

void StageSequenceImpl::pretty_print(std::ostream& stream) const {
  stream << "dcgan::StageSequence(";
  for (size_t i = 0; i < options_.size(); ++i) {
    const StageOptions& o = options_[i];
    stream << (i > 0 ? "; " : "") << o.in_channels << "->" << o.out_channels << " "
           << (o.normalized ? to_string(o.normalization) + " norm, " : "")
           << (o.nonlinearity == Nonlinearity::kNone ? "none" : title_of(o.nonlinearity));
  }
  stream << ")";
}

}  // namespace dcgan
