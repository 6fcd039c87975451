#pragma once

#include <torch/ordered_dict.h>
#include <torch/types.h>

#include <string>
#include <vector>

namespace dcgan {

struct AdamOptions {
  double lr = 2e-4;
  double beta1 = 0.5;
  double beta2 = 0.999;
  double eps = 1e-8;
};

/// Adam (Kingma & Ba 2015) over named parameters through ATen's fused kernel, on any device.
///
/// Parameters, gradients and moments each become one flat tensor of which the named ones are views,
/// so that an update is a single call. The moments carry the parameters' names, so a checkpoint
/// never mixes them up.
class Adam {
 public:
  /// Moves the parameters into memory of their own, side by side; all of one type and device.
  Adam(const torch::OrderedDict<std::string, torch::Tensor>& parameters, AdamOptions options);

  /// Where the gradients of the next update belong, in the order of `parameters()`. They are to be
  /// set, not added to: nothing zeroes them.
  const std::vector<torch::Tensor>& gradients() const { return gradients_; }
  /// Euclidean norm of all gradients together: a scalar on their device.
  torch::Tensor gradient_norm() const;
  /// The same of the parameters.
  torch::Tensor parameter_norm() const;
  /// Scales all gradients down to a norm of `most` together, if theirs, `norm`, is larger (Pascanu
  /// et al. 2013, as torch.nn.utils.clip_grad_norm_ does it).
  void clip_gradients(double most, const torch::Tensor& norm);

  /// One update by `gradients()`.
  void step();

  const std::vector<std::string>& names() const { return names_; }
  const std::vector<torch::Tensor>& parameters() const { return parameters_; }
  /// First and second moments, in the order of `names()`.
  const std::vector<torch::Tensor>& first_moments() const { return exp_avgs_; }
  const std::vector<torch::Tensor>& second_moments() const { return exp_avg_sqs_; }

  /// Updates made so far.
  int64_t steps() const { return steps_; }
  void set_steps(int64_t steps);

  AdamOptions options;

 private:
  std::vector<std::string> names_;
  std::vector<torch::Tensor> parameters_;
  std::vector<torch::Tensor> gradients_;
  std::vector<torch::Tensor> exp_avgs_;
  std::vector<torch::Tensor> exp_avg_sqs_;
  // All of each, side by side.
  torch::Tensor flat_parameters_;
  torch::Tensor flat_gradients_;
  torch::Tensor flat_exp_avgs_;
  torch::Tensor flat_exp_avg_sqs_;
  int64_t steps_ = 0;
  torch::Tensor step_tensor_;  // the count as the kernel reads it
};

}  // namespace dcgan
