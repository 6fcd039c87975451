#pragma once

#include <cstdint>
#include <string>

#include "training/networks.h"
#include "training/step.h"

namespace dcgan {

/// What a loop throws in the step in which a NaN or an infinity appears.
struct Diverged {
  int64_t step = 0;
  std::string what;
};

/// What --on-divergence says to do then.
enum class OnDivergence {
  kStop,
  kRollback,  // to the last good checkpoint, with another seed for the data
  kIgnore,
};

/// "stop", "rollback" or "ignore". Throws UsageError.
OnDivergence parse_on_divergence(const std::string& name);

/// What is not finite after a step: a loss, and the first tensor with its network and layer, the
/// gradients ahead of weights, statistics and moments ("the gradient of
/// discriminator.main.3.weight"). "" if all is well. Waits for a GPU.
std::string find_divergence(const Networks& networks, const StepResult& result);

/// The seed of the data's order and of the latents after `rollbacks` rollbacks: `seed` itself
/// before the first.
uint64_t data_seed(int64_t seed, int64_t rollbacks);

}  // namespace dcgan
