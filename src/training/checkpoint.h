#pragma once

#include <filesystem>
#include <limits>
#include <string>

#include "interchange/safetensors.h"
#include "sampling/saved_generator.h"
#include "training/networks.h"
#include "training/options.h"

namespace dcgan {

/// What a resume needs beside the tensors. Everything random in a run is a function of the seed and
/// of these counts, so there is no generator state to save.
struct Progressed {
  int64_t step = 0;
  int64_t images_seen = 0;
  std::string data_fingerprint;
  /// Images in the set; 0 where an older checkpoint does not say.
  int64_t data_images = 0;
  /// The smallest value so far of --eval-metric.
  double best_metric = std::numeric_limits<double>::infinity();
  /// Times that the run went back to a checkpoint after a divergence.
  int64_t rollbacks = 0;

  /// Goes on from the counts of a checkpoint. Of the best measurements the better one stays: a run
  /// that goes back keeps its best.safetensors, which may be later than that checkpoint.
  void go_on_from(const Progressed& saved);
};

/// Name of a tensor of the networks or optimisers that holds NaN or infinity, or "". A checkpoint
/// of such a state is worth nothing.
std::string first_not_finite(const Networks& networks);

/// What the metadata says of a checkpoint's networks.
CheckpointSummary summary_of(const TrainOptions& options, int64_t step);

/// A checkpoint of networks, optimisers, counts and options (resolved, no 0 for "auto"). Its
/// tensors are those of the networks, not copies.
TensorFile checkpoint_of(const Networks& networks, const Progressed& progressed,
                         const TrainOptions& options);

/// The content of a checkpoint that is to be looked at or drawn from. Throws what
/// read_safetensors() does; of a damaged one the message names the run's next older one, if there
/// is any.
TensorFile read_checkpoint(const std::filesystem::path& path);

/// What the run of a checkpoint has as --data; "" where the file does not say.
std::string data_of(const TensorFile& file);

/// Restores the networks, with the average where there is one (else it begins with these weights),
/// and, unless they are to begin anew, the optimisers. Throws CheckpointError naming `path` and
/// what does not fit.
void restore(Networks& networks, const TensorFile& file, const std::filesystem::path& path,
             bool with_optimizers);

}  // namespace dcgan
