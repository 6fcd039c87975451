#include "studies/network_measures.h"

#include <torch/csrc/autograd/autograd.h>

#include "studies/loss_landscape.h"

namespace dcgan {
torch::Tensor cross_entropy(const torch::Tensor& logits, const torch::Tensor& labels) {
  return torch::nll_loss(torch::log_softmax(logits, 1), labels);
}

std::vector<double> weight_gradient_norms(DeepClassifier& network, const DigitPart& batch) {
  const BuffersKept kept(*network);
  const torch::Tensor loss = cross_entropy(network->forward(batch.images), batch.labels);
  std::vector<double> norms;
  for (const auto& gradient : torch::autograd::grad({loss}, network->weights())) {
    norms.push_back(gradient.norm().item<double>());
  }
  return norms;
}

double dead_units(DeepClassifier& network, const DigitPart& part) {
  const torch::NoGradGuard no_grad;
  const bool was_training = network->is_training();
  LayerTrace trace;
  network->eval();
  network->forward(part.images, 0, &trace);
  network->train(was_training);
  double dead = 0;
  double units = 0;
  for (const torch::Tensor& layer : trace.activated) {
    const torch::Tensor alive = (layer > 0).any(0);
    units += static_cast<double>(alive.numel());
    dead += static_cast<double>(alive.numel()) - alive.sum().item<double>();
  }
  return dead / units;
}

}  // namespace dcgan
