#pragma once

#include <torch/types.h>

#include "data/dataset.h"
#include "training/networks.h"
#include "training/numerics.h"
#include "training/options.h"
#include "training/run_directory.h"
#include "training/trainer.h"

namespace dcgan {

/// The folder to train in: a new one, or the resumed run's own. Throws UsageError where that
/// cannot be made, or where the run already went on from the checkpoint that was named.
RunDirectory open_run(const TrainRequest& request);

/// Replaces every 0 that stands for "chosen from the data".
void resolve(TrainOptions& options, const Dataset& dataset);

/// Networks and optimisers of a run with resolved options, initialised from its seed.
Networks make_networks(const TrainOptions& options, const torch::Device& device);

/// --precision on this device. Throws UsageError where it cannot be had.
Precision precision_of(const TrainOptions& options, const torch::Device& device);

/// All images on a GPU, if they fit: then no step waits for one to be sent. Undefined elsewhere.
torch::Tensor resident_images(const Dataset& dataset, const torch::Device& device);

}  // namespace dcgan
