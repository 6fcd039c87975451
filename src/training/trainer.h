#pragma once

#include <cstdint>
#include <filesystem>

#include "common/error.h"
#include "training/run_directory.h"
#include "training/train_request.h"

namespace dcgan {

struct TrainResult {
  RunDirectory run;
  std::filesystem::path checkpoint;
  std::filesystem::path samples;
  int64_t step = 0;
  /// Whether `most_seconds` ended it before its last step.
  bool time_limit_reached = false;
  /// kDone, or after a signal kInterrupted, kTerminated or kHungUp; the checkpoint is written
  /// either way.
  ExitCode code = ExitCode::kDone;
};

/// Trains from the beginning or from a resume point to the last step. Throws Error.
TrainResult train(TrainRequest request);

}  // namespace dcgan
