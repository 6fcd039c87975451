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

/// Adam (Kingma & Ba 2015) over named parameters through ATen's fused kernel, on any device. Its
/// moments carry the parameters' names, so a checkpoint never mixes them up.
class Adam {
 public:
  Adam(const torch::OrderedDict<std::string, torch::Tensor>& parameters, AdamOptions options);

  /// One update; `gradients` in the order of `parameters()`.
  void step(std::vector<torch::Tensor> gradients);

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
  std::vector<torch::Tensor> exp_avgs_;
  std::vector<torch::Tensor> exp_avg_sqs_;
  int64_t steps_ = 0;
  // The kernel reads the count from tensors, one a parameter; all are this one.
  torch::Tensor step_tensor_;
};

}  // namespace dcgan
