#pragma once

#include <torch/types.h>

#include <cstdint>
#include <optional>

#include "data/loader.h"
#include "training/checkpoint.h"
#include "training/options.h"
#include "training/schedule.h"

namespace dcgan {

/// What the steps of a run learn from: real images, latents, learning rates. All a function of the
/// options, the set and the place in the run.
class StepStream {
 public:
  struct Input {
    torch::Tensor real;     // float [B, C, H, W] in [-1, 1], on the device
    torch::Tensor latents;  // float [B, nz], on the device
    double rate_factor;     // what the learning rates are multiplied by
  };

  /// `dataset` and `options`, which are resolved, must live as long. Throws UsageError naming
  /// --lr-schedule.
  StepStream(const Dataset& dataset, const TrainOptions& options, const torch::Device& device);

  /// Goes on after what `progressed` says is done; each rollback has data of its own.
  void start(const Progressed& progressed);

  /// Of the step after `done`. Throws DataError.
  Input next(int64_t done);

  bool has_schedule() const { return schedule_ != Schedule::kConstant; }

  /// Seconds that next() waited for images since start().
  double seconds_waited() const { return loader_->seconds_waited(); }

 private:
  const Dataset& dataset_;
  const TrainOptions& options_;
  torch::Device device_;
  Schedule schedule_;
  uint64_t seed_ = 0;
  std::optional<Loader> loader_;
};

}  // namespace dcgan
