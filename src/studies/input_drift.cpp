#include "studies/input_drift.h"

#include <nlohmann/json.hpp>

namespace dcgan {

void InputDrift::observe(int64_t step, const std::vector<torch::Tensor>& layers) {
  const torch::NoGradGuard no_grad;
  const bool first = steps_.empty();
  steps_.push_back(step);
  moved_.resize(layers.size(), 0);
  means_.resize(layers.size());
  deviations_.resize(layers.size());
  for (size_t i = 0; i < layers.size(); ++i) {
    // [N, C, *] -> [C, N * rest]
    const torch::Tensor values = layers[i].detach().to(torch::kFloat64).transpose(0, 1).flatten(1);
    const torch::Tensor mean = values.mean(1);
    const torch::Tensor deviation = values.std(1, /*unbiased=*/false);
    if (!first) {
      const torch::Tensor varies = deviations_[i] > 1e-12;
      const torch::Tensor moves = ((mean - means_[i]).abs() / deviations_[i]).masked_select(varies);
      if (moves.numel() > 0) moved_[i] += moves.mean().item<double>();
    }
    means_[i] = mean;
    deviations_[i] = deviation;
    if (i + 1 == layers.size()) {
      const torch::Tensor places = torch::tensor({0.15, 0.5, 0.85}, torch::kFloat64);
      const torch::Tensor quantiles = torch::quantile(values[0], places);
      low_.push_back(quantiles[0].item<double>());
      middle_.push_back(quantiles[1].item<double>());
      high_.push_back(quantiles[2].item<double>());
    }
  }
}

std::vector<double> InputDrift::by_layer() const {
  std::vector<double> drift;
  if (steps_.size() < 2) return drift;
  for (const double moved : moved_) drift.push_back(moved / static_cast<double>(steps_.size() - 1));
  return drift;
}

nlohmann::json InputDrift::quantiles() const {
  return {{"steps", steps_}, {"low", low_}, {"middle", middle_}, {"high", high_}};
}

}  // namespace dcgan
