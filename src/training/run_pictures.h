#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "data/dataset.h"
#include "training/networks.h"
#include "training/options.h"
#include "training/run_directory.h"

namespace dcgan {

/// Images in the grids of a run.
inline constexpr int64_t kGridImages = 64;

/// Writes the run's grid of `step`, of the same latents in every step, so that the grids form a
/// film. Returns the standard deviation of its images over the latents. Throws DiskError when the
/// disk refuses.
double write_sample_grid(Networks& networks, const TrainOptions& options, const RunDirectory& run,
                         int64_t step);

/// `count` images of the set, or all, chosen at random, the same ones at every call.
at::Tensor some_reals(const Dataset& dataset, int64_t count);

/// sample_standard_deviation() of a thousand of them.
double real_deviation(const Dataset& dataset);

}  // namespace dcgan
