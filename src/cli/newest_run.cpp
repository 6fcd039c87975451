#include "cli/newest_run.h"

#include <fmt/format.h>

#include "common/error.h"
#include "training/run_directory.h"

namespace dcgan {

namespace {

RunDirectory require_newest_run() {
  const auto run = newest_run();
  if (!run) {
    throw UsageError("no run with a checkpoint below runs/: name a checkpoint or a run folder");
  }
  return *run;
}

}  // namespace

std::string newest_run_folder() { return require_newest_run().path().string(); }

std::filesystem::path find_checkpoint(const std::string& where) {
  if (where.empty()) return require_newest_run().newest_checkpoint();
  std::error_code error;
  if (!std::filesystem::exists(where, error)) {
    throw CheckpointError(fmt::format("{}: no such checkpoint or run folder", where));
  }
  if (std::filesystem::is_directory(where, error)) {
    return RunDirectory::open(where).newest_checkpoint();
  }
  return where;
}

}  // namespace dcgan
