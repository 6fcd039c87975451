#pragma once

#include <torch/types.h>

#include <memory>
#include <string>
#include <vector>

namespace dcgan {

/// What a stage's activation looked like in one pass.
struct ProbeRecord {
  /// Which pass through the network since the probe was set, from 0.
  int64_t pass = 0;
  /// Name of the stage's first layer: "main.3".
  std::string layer;
  double mean = 0;
  double std = 0;
  /// Share of units (a channel at a location) that are above 0 for no image of the batch.
  double dead = 0;
  /// Euclidean norm of the loss's gradient at the activation; NaN if none came back.
  double gradient_norm = 0;
};

/// Watches the stages of a network without changing a bit of what they compute: it reads
/// activations and hangs read-only hooks on their gradients. Reading waits for a GPU: probe now and
/// then.
class Probe {
 public:
  void begin_pass() { ++pass_; }
  void observe(const std::string& layer, const torch::Tensor& activation);

  /// What was seen since the last call.
  std::vector<ProbeRecord> take();

 private:
  int64_t pass_ = -1;
  // Shared with the hooks, which may outlive the probe.
  std::vector<std::shared_ptr<ProbeRecord>> records_;
};

}  // namespace dcgan
