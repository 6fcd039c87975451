#pragma once

#include <filesystem>
#include <optional>

#include "report/progress.h"
#include "training/options.h"
#include "training/resume_point.h"
#include "training/resume_rules.h"

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

}  // namespace dcgan
