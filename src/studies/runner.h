#pragma once

#include <filesystem>

#include "studies/study.h"

namespace dcgan {

/// One call of `dcgan study NAME`.
struct StudyRequest {
  const Study* study = nullptr;
  Budget budget = Budget::kQuick;
  /// Seeds a comparison; 0: the budget's own.
  int64_t seeds = 0;
  /// Processes at a time, each with one thread; 0: one a processor.
  int64_t jobs = 0;
  /// This machine's share: cells whose place in the list has this remainder.
  int64_t shard = 0;
  int64_t shards = 1;
  std::filesystem::path out;
  bool dry_run = false;
  bool quiet = false;
};

/// Runs every cell that out/results.jsonl does not hold yet, in child processes of this program. A
/// cell that crashes its process is lost alone: it is said and tried again by the next call.
/// Returns 0, or 128 + the signal that stopped it; what was finished is kept. Throws Error.
int run_study(const StudyRequest& request);

/// The first argument by which the program calls itself to work on cells.
inline constexpr const char* kStudyWorker = "__study-worker";

/// Reads one cell a line from standard input (JSON), runs it with one thread and answers with one
/// line, until the input ends. Returns the exit code.
int study_worker();

}  // namespace dcgan
