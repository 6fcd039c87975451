#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>

#include <functional>
#include <vector>

namespace dcgan {

/// How well a gradient predicts the loss along the step it points to (Santurkar et al. 2018, "How
/// Does Batch Normalization Help Optimization?", section 3.1 and figure 4): theta moves to
/// theta - eta g for each eta, g being the gradient at theta.
struct LossLandscape {
  double gradient_norm = 0;
  /// Loss predictiveness: largest minus smallest loss over the steps, theta itself included.
  double loss_range = 0;
  /// Gradient predictiveness: the largest |g(theta - eta g) - g(theta)|.
  double gradient_change = 0;
  /// Effective beta-smoothness: the largest |g(theta - eta g) - g(theta)| / |eta g|.
  double smoothness = 0;
};

/// `loss` computes the scalar loss from the parameters' present values. Parameters, and the buffers
/// of `network`, are as before afterwards. `steps`: the etas, above 0.
LossLandscape loss_landscape(torch::nn::Module& network, const std::function<torch::Tensor()>& loss,
                             const std::vector<double>& steps);

/// Puts a network's running statistics back when it goes: what is measured is no part of the
/// training.
class BuffersKept {
 public:
  explicit BuffersKept(torch::nn::Module& network);
  ~BuffersKept();
  BuffersKept(const BuffersKept&) = delete;
  BuffersKept& operator=(const BuffersKept&) = delete;

 private:
  std::vector<torch::Tensor> buffers_;
  std::vector<torch::Tensor> kept_;
};

}  // namespace dcgan
