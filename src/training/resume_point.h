#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "interchange/safetensors.h"
#include "training/checkpoint.h"
#include "training/options.h"
#include "training/run_directory.h"

namespace dcgan {

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

/// Finds and reads where to go on: `where` is a run folder, a checkpoint in one, or "latest" (the
/// newest run). Throws CheckpointError, or UsageError where nothing is there.
ResumePoint find_resume_point(const std::string& where);

/// The newest checkpoint of the run; where that is damaged the one before, with a warning. Throws
/// CheckpointError.
ResumePoint resume_point_of(const RunDirectory& run);

}  // namespace dcgan
