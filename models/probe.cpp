#include "models/probe.h"

#include <cmath>
#include <limits>

namespace dcgan {

void Probe::observe(const std::string& layer, const torch::Tensor& activation) {
  const torch::Tensor values = activation.detach();
  auto record = std::make_shared<ProbeRecord>();
  record->pass = pass_;
  record->layer = layer;
  const auto [variance, mean] = torch::var_mean(values.to(torch::kFloat64), /*unbiased=*/false);
  record->mean = mean.item<double>();
  record->std = std::sqrt(variance.item<double>());
  record->dead = 1.0 - (values > 0).any(0).to(torch::kFloat64).mean().item<double>();
  record->gradient_norm = std::numeric_limits<double>::quiet_NaN();
  if (activation.requires_grad()) {
    activation.register_hook([record](const torch::Tensor& gradient) {
      record->gradient_norm = gradient.norm().item<double>();
    });
  }
  records_.push_back(std::move(record));
}

std::vector<ProbeRecord> Probe::take() {
  std::vector<ProbeRecord> taken;
  taken.reserve(records_.size());
  for (const auto& record : records_) taken.push_back(*record);
  records_.clear();
  pass_ = -1;
  return taken;
}

}  // namespace dcgan
