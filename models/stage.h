#pragma once

#include <torch/nn/cloneable.h>
#include <torch/nn/modules/container/any.h>
#include <torch/nn/modules/conv.h>

#include <memory>
#include <string>
#include <vector>

#include "models/activation.h"
#include "models/nonlinearity.h"
#include "models/normalization.h"
#include "models/probe.h"
#include "models/spectral_norm.h"

namespace dcgan {

/// One stage: a square convolution or transposed convolution, its normalisation, its nonlinearity.
struct StageOptions {
  bool transposed = false;
  int64_t in_channels = 0;
  int64_t out_channels = 0;
  int64_t kernel = 4;
  int64_t stride = 2;
  int64_t padding = 1;
  /// Whether the architecture has a norm at this place. (The generator's output and the
  /// discriminator's ends have none: Radford 2015.)
  bool normalized = false;
  /// Which norm the network has. Where it does not act on feature maps, the convolution gets a bias
  /// instead, so that an ablated network can still shift them and loses nothing but the norm.
  Normalization normalization = Normalization::kBatch;
  /// The stage sets the number of channels and adds its layer to the name. Of these, `name` and
  /// `check_finite` are for the stages of every norm.
  BatchNormOptions batch_norm{1};
  Nonlinearity nonlinearity = Nonlinearity::kNone;

  bool has_bias() const { return normalized && !normalizes_features(normalization); }
  /// Layers that the stage fills in the PyTorch example's torch.nn.Sequential, an absent norm
  /// included, so that both arms of an ablation share their parameters' names.
  int64_t layers() const {
    return 1 + (normalized ? 1 : 0) + (nonlinearity == Nonlinearity::kNone ? 0 : 1);
  }
};

/// The unit that the networks are lists of: its layers, and their forward through autograd.
/// WrittenPass (models/written_pass.h) computes the same without it, where it has kernels for all.
class Stage {
 public:
  /// Registers the stage's layers in `owner` under "<first_layer>", "<first_layer + 1>".
  Stage(const StageOptions& options, torch::nn::Module& owner, int64_t first_layer);

  /// [N, in, H, W] -> [N, out, H', W'].
  Activation forward(const Activation& input);

  const StageOptions& options() const { return options_; }
  /// Name of the stage's first layer in its sequence.
  const std::string& name() const { return name_; }
  /// The convolution's own weight and bias (undefined if it has none).
  torch::Tensor weight() const;
  torch::Tensor bias() const;
  /// The stage's batch norm, or null.
  std::shared_ptr<BatchNorm2dImpl> batch_norm() const { return batch_norm_; }
  /// Whether the weight is divided by its spectral norm.
  bool spectral() const { return static_cast<bool>(spectral_norm_); }

 private:
  torch::Tensor convolve(const torch::Tensor& input);

  StageOptions options_;
  std::string name_;
  torch::nn::Conv2d convolution_{nullptr};
  torch::nn::ConvTranspose2d transposed_{nullptr};
  torch::nn::AnyModule norm_;
  std::shared_ptr<BatchNorm2dImpl> batch_norm_;  // norm_, where it is one
  // A batch norm checks its own input; elsewhere the stage does.
  bool check_finite_ = false;
  SpectralNorm spectral_norm_{nullptr};
};

/// A straight line of stages, registered as the layers "0", "1", ... of a torch.nn.Sequential.
class StageSequenceImpl : public torch::nn::Cloneable<StageSequenceImpl> {
 public:
  explicit StageSequenceImpl(std::vector<StageOptions> options);

  Activation forward(Activation input);

  void reset() override;
  void pretty_print(std::ostream& stream) const override;

  const std::vector<Stage>& stages() const { return stages_; }

  /// Watches every stage's activation from now on; null ends it.
  void set_probe(std::shared_ptr<Probe> probe) { probe_ = std::move(probe); }
  const std::shared_ptr<Probe>& probe() const { return probe_; }

 private:
  std::vector<StageOptions> options_;
  std::vector<Stage> stages_;
  std::shared_ptr<Probe> probe_;
};
TORCH_MODULE(StageSequence);

}  // namespace dcgan
