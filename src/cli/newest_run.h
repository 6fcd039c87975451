#pragma once

#include <filesystem>
#include <string>

namespace dcgan {

/// The checkpoint that a verb's argument means: a checkpoint file, the newest one of a run folder,
/// or with an empty `where` the newest one of the newest run. Throws UsageError, or CheckpointError
/// for a path that is not there and a folder without checkpoints.
std::filesystem::path find_checkpoint(const std::string& where);

/// The folder of the newest run. Throws UsageError if there is none.
std::string newest_run_folder();

}  // namespace dcgan
