#pragma once

#include <filesystem>
#include <optional>

#include "common/error.h"
#include "report/progress.h"
#include "training/options.h"
#include "training/resume_point.h"
#include "training/resume_rules.h"
#include "training/run_directory.h"

namespace dcgan {

/// One call of `dcgan train`, as the command line understood it.
struct TrainRequest {
  TrainOptions options;
  /// Folder of a new run; empty: the next one below runs/, or the resumed run's own.
  std::filesystem::path out;
  std::optional<ResumePoint> resume;
  ResumeRules rules;
  /// `out` may hold what a training left there that was killed before its first checkpoint; it is
  /// removed once the new one has its data.
  bool may_start_anew = false;
  ProgressStyle style = ProgressStyle::kText;
  /// Seconds of training after which it saves and ends; 0: no limit.
  double most_seconds = 0;
};

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
