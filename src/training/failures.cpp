#include "training/failures.h"

#include <fmt/format.h>

#include "common/text.h"

namespace dcgan {

void fail_without_data(const RunDirectory& run, const DataError& error) {
  const auto checkpoints = run.checkpoints();
  if (checkpoints.empty()) throw error;
  throw DataError(fmt::format("{}; step {} is saved in {}", error.what(),
                              step_of_checkpoint(checkpoints.front()),
                              checkpoints.front().string()));
}

void fail_without_disk(const RunDirectory& run, const DiskError& error) {
  const auto checkpoints = run.checkpoints();
  if (checkpoints.empty()) throw error;
  throw DiskError(fmt::format(
      "{}; step {} is saved: when that is mended, go on with: dcgan train --resume {}",
      error.what(), step_of_checkpoint(checkpoints.front()), shell_quoted(run.path().string())));
}

void fail_diverged(const RunDirectory& run, const Diverged& diverged, int64_t rollbacks) {
  const auto checkpoints = run.checkpoints();
  throw Error(ExitCode::kDiverged,
              fmt::format("training diverged: at step {} {}{}{}", diverged.step, diverged.what,
                          rollbacks > 0 ? fmt::format(" after {} rollbacks", rollbacks) : "",
                          checkpoints.empty()
                              ? ""
                              : "; the last good checkpoint is " + checkpoints.front().string()));
}

}  // namespace dcgan
