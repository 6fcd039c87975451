#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "training/options.h"

namespace dcgan {

/// One stage of a network: what it is and what it costs.
struct LayerCost {
  std::string network;
  /// "main.0": the name of its weight in checkpoints.
  std::string name;
  std::string description;
  /// Its output, of one image: channels, and pixels a side.
  int64_t channels = 0;
  int64_t size = 0;
  int64_t parameters = 0;
  /// Multiplications and additions of the convolution's forward for one image.
  double flops = 0;
};

/// What training with `options` (resolved) takes, computed from the architecture alone.
struct TrainingCost {
  std::vector<LayerCost> layers;
  int64_t parameters_g = 0;
  int64_t parameters_d = 0;
  /// Floating-point operations of the convolutions in a training step, forward and backward.
  double step_flops = 0;
  /// Bytes above the loaded libraries, an estimate within some ten percent: weights, gradients,
  /// both of Adam's moments; and what each image of a batch adds.
  uint64_t fixed_bytes = 0;
  uint64_t bytes_per_image = 0;

  uint64_t bytes(int64_t batch_size) const {
    return fixed_bytes + bytes_per_image * static_cast<uint64_t>(batch_size);
  }
};

/// Throws c10::ValueError on options that describe no network.
TrainingCost training_cost(const TrainOptions& options);

/// Throws UsageError naming what is needed, what is free and the batch size that would fit, if the
/// processor's memory does not hold the training.
void check_memory(const TrainingCost& cost, const TrainOptions& options);

}  // namespace dcgan
