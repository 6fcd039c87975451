#include "training/divergence.h"

#include <fmt/format.h>

#include <cmath>

#include "common/error.h"
#include "models/random.h"
#include "training/checkpoint.h"
#include "training/step_metrics.h"

namespace dcgan {
namespace {

// One pass over each flat tensor. An overflow of the squares counts too: Adam's second moment, the
// gradient squared, overflows with it.
bool seems_finite(const Adam& optimizer) {
  return std::isfinite(optimizer.gradient_norm().item<double>()) &&
         std::isfinite(optimizer.parameter_norm().item<double>());
}

std::string broken_gradient(const Adam& optimizer, const char* network) {
  for (size_t i = 0; i < optimizer.names().size(); ++i) {
    if (!optimizer.gradients()[i].isfinite().all().item<bool>()) {
      return fmt::format("the gradient of {}.{}", network, optimizer.names()[i]);
    }
  }
  return "";
}

std::string broken_tensor(const Networks& networks) {
  std::string name = broken_gradient(networks.optimizer_d, "discriminator");
  if (name.empty()) name = broken_gradient(networks.optimizer_g, "generator");
  return name.empty() ? first_not_finite(networks) : name;
}

}  // namespace

OnDivergence parse_on_divergence(const std::string& name) {
  if (name == "stop") return OnDivergence::kStop;
  if (name == "rollback") return OnDivergence::kRollback;
  if (name == "ignore") return OnDivergence::kIgnore;
  throw UsageError(fmt::format("--on-divergence {}: expected stop, rollback or ignore", name));
}

std::string find_divergence(const Networks& networks, const StepResult& result) {
  const bool losses = losses_are_finite(result);
  if (losses && seems_finite(networks.optimizer_d) && seems_finite(networks.optimizer_g)) return "";
  const std::string tensor = broken_tensor(networks);
  if (losses) return tensor.empty() ? "" : tensor + " is not finite";
  return describe_losses(result) + (tensor.empty() ? "" : "; first not finite: " + tensor);
}

uint64_t data_seed(int64_t seed, int64_t rollbacks) {
  if (rollbacks == 0) return static_cast<uint64_t>(seed);
  return RandomStream(static_cast<uint64_t>(seed), "rollback")
      .substream(static_cast<uint64_t>(rollbacks))
      .key();
}

}  // namespace dcgan
