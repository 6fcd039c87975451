#pragma once

#include <torch/types.h>

#include <nlohmann/json_fwd.hpp>
#include <vector>

namespace dcgan {

/// Follows the distributions of layers' values over a training (Ioffe & Szegedy 2015, figure 1).
class InputDrift {
 public:
  /// `layers`: values [N, C, *] of each layer on the same inputs as at every other call.
  void observe(int64_t step, const std::vector<torch::Tensor>& layers);

  /// By how much a channel's mean moves from one observation to the next, in its own standard
  /// deviations of the earlier one (a channel that does not vary is left out): mean over channels
  /// and observations, one a layer. Empty before the second observation.
  std::vector<double> by_layer() const;

  /// {"steps": [...], "low": [...], "middle": [...], "high": [...]}: the 15, 50 and 85 % quantiles
  /// of the last layer's first channel.
  nlohmann::json quantiles() const;

 private:
  std::vector<int64_t> steps_;
  std::vector<torch::Tensor> means_;  // of the latest observation, a layer
  std::vector<torch::Tensor> deviations_;
  std::vector<double> moved_;  // sums over observations
  std::vector<double> low_;
  std::vector<double> middle_;
  std::vector<double> high_;
};

}  // namespace dcgan
