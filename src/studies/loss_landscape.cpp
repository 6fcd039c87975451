#include "studies/loss_landscape.h"

#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <cmath>

namespace dcgan {
namespace {

double norm_of(const std::vector<torch::Tensor>& tensors) {
  double squares = 0;
  for (const torch::Tensor& tensor : tensors) {
    squares += tensor.to(torch::kFloat64).square().sum().item<double>();
  }
  return std::sqrt(squares);
}

}  // namespace

LossLandscape loss_landscape(torch::nn::Module& network, const std::function<torch::Tensor()>& loss,
                             const std::vector<double>& steps) {
  const BuffersKept kept(network);
  const torch::AutoGradMode with_graph(true);
  std::vector<torch::Tensor> parameters = network.parameters();
  std::vector<torch::Tensor> start;
  std::vector<bool> required;
  for (torch::Tensor& parameter : parameters) {
    start.push_back(parameter.detach().clone());
    // A training step may have left a network as one whose parameters need no gradients.
    required.push_back(parameter.requires_grad());
    parameter.requires_grad_(true);
  }

  LossLandscape found;
  const torch::Tensor here = loss();
  const auto gradient = torch::autograd::grad({here}, parameters);
  found.gradient_norm = norm_of(gradient);
  double least = here.item<double>();
  double most = least;
  for (const double eta : steps) {
    {
      const torch::NoGradGuard no_grad;
      for (size_t i = 0; i < parameters.size(); ++i) {
        parameters[i].copy_(start[i]).sub_(gradient[i], eta);
      }
    }
    const torch::Tensor there = loss();
    const auto moved = torch::autograd::grad({there}, parameters);
    std::vector<torch::Tensor> change;
    change.reserve(moved.size());
    for (size_t i = 0; i < moved.size(); ++i) change.push_back(moved[i] - gradient[i]);
    const double distance = norm_of(change);
    least = std::min(least, there.item<double>());
    most = std::max(most, there.item<double>());
    found.gradient_change = std::max(found.gradient_change, distance);
    found.smoothness = std::max(found.smoothness, distance / (eta * found.gradient_norm));
  }
  found.loss_range = most - least;
  const torch::NoGradGuard no_grad;
  for (size_t i = 0; i < parameters.size(); ++i) {
    parameters[i].copy_(start[i]);
    parameters[i].requires_grad_(required[i]);
  }
  return found;
}

BuffersKept::BuffersKept(torch::nn::Module& network) : buffers_(network.buffers()) {
  for (const torch::Tensor& buffer : buffers_) kept_.push_back(buffer.clone());
}

BuffersKept::~BuffersKept() {
  const torch::NoGradGuard no_grad;
  for (size_t i = 0; i < kept_.size(); ++i) buffers_[i].copy_(kept_[i]);
}

}  // namespace dcgan
