#pragma once

#include <cstdint>

#include "common/error.h"
#include "training/divergence.h"
#include "training/run_directory.h"

// How a run ends that cannot go on: what is wrong, and which of its checkpoints can be gone on
// with.

namespace dcgan {

/// All pictures vanished, or with --strict one. Throws DataError.
[[noreturn]] void fail_without_data(const RunDirectory& run, const DataError& error);

/// Throws DiskError.
[[noreturn]] void fail_without_disk(const RunDirectory& run, const DiskError& error);

/// Throws Error (kDiverged) naming step, tensor and the last good checkpoint of the run.
[[noreturn]] void fail_diverged(const RunDirectory& run, const Diverged& diverged,
                                int64_t rollbacks);

}  // namespace dcgan
