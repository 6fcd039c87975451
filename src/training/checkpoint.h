#pragma once

#include <filesystem>
#include <limits>
#include <string>
#include <vector>

#include "interchange/safetensors.h"
#include "training/networks.h"
#include "training/options.h"
#include "training/run_directory.h"

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

/// A checkpoint of networks, optimisers, counts and options (resolved, no 0 for "auto"). Its
/// tensors are those of the networks, not copies.
TensorFile checkpoint_of(const Networks& networks, const Progressed& progressed,
                         const TrainOptions& options);

/// A checkpoint that was read and belongs to a run.
struct ResumePoint {
  RunDirectory run;
  std::filesystem::path checkpoint;
  TensorFile file;
  TrainOptions options;
  Progressed progressed;
  /// Whether the user named this file, rather than its run: then newer ones must not be
  /// overwritten.
  bool named = false;
  /// What is to be told of it: newer checkpoints that are damaged.
  std::vector<std::string> warnings;
};

/// What the run of a checkpoint has as --data; "" where the file does not say.
std::string data_of(const TensorFile& file);

/// Finds and reads where to go on: `where` is a run folder, a checkpoint in one, or "latest" (the
/// newest run). Throws CheckpointError, or UsageError where nothing is there.
ResumePoint find_resume_point(const std::string& where);

/// The newest checkpoint of the run; where that is damaged the one before, with a warning. Throws
/// CheckpointError.
ResumePoint resume_point_of(const RunDirectory& run);

/// Restores the networks, with the average where there is one (else it begins with these weights),
/// and, unless they are to begin anew, the optimisers. Throws CheckpointError naming what does not
/// fit.
void restore(Networks& networks, const ResumePoint& point, bool with_optimizers);

}  // namespace dcgan
