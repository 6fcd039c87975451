#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dcgan {

/// The step of a checkpoint named by RunDirectory::checkpoint(), or -1 for any other name.
int64_t step_of_checkpoint(const std::filesystem::path& path);

/// How the config.toml of a run begins.
inline constexpr std::string_view kConfigStart = "# dcgan train --config ";

/// The folder of one training run; docs in the README. Its paths are named here once.
class RunDirectory {
 public:
  /// Makes a new folder: `out`, or with an empty `out` runs/NNNNN-`name` with the next free number.
  /// Runs started together never get the same one. Throws UsageError if `out` holds anything or
  /// cannot be written.
  static RunDirectory create(const std::filesystem::path& out, const std::string& name);

  /// The folder of an earlier run.
  static RunDirectory open(std::filesystem::path path) { return RunDirectory(std::move(path)); }

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path config() const { return path_ / "config.toml"; }
  std::filesystem::path environment() const { return path_ / "environment.json"; }
  std::filesystem::path metrics() const { return path_ / "metrics.jsonl"; }
  std::filesystem::path probe() const { return path_ / "probe.jsonl"; }
  /// For TensorBoard: one a run, so that a resume finds it.
  std::filesystem::path events() const { return path_ / "events.out.tfevents.dcgan"; }
  std::filesystem::path reals() const { return path_ / "reals.png"; }
  std::filesystem::path sample(int64_t step) const;
  std::filesystem::path checkpoint(int64_t step) const;
  /// The checkpoint whose --eval-metric was smallest.
  std::filesystem::path best_checkpoint() const {
    return path_ / "checkpoints" / "best.safetensors";
  }

  /// Removes the unfinished files of a training that was killed while it wrote; call it with the
  /// lock held.
  void remove_unfinished() const;

  /// Checkpoints on disk, newest first.
  std::vector<std::filesystem::path> checkpoints() const;

  /// The first of checkpoints(). Throws CheckpointError saying why there is none.
  std::filesystem::path newest_checkpoint() const;

  /// Why checkpoints() is empty, in words.
  std::string why_without_checkpoint() const;

  /// Keeps other trainings out of this folder until the returned object dies, or the process,
  /// however it dies. Throws UsageError if one is at work in it.
  std::shared_ptr<void> lock() const;

  /// Whether all that is in the folder is what a training leaves that was killed before its first
  /// checkpoint. False as soon as there is anything else: a file of the user's, the best
  /// checkpoint.
  bool is_unstarted() const;

  /// Empties a folder that is_unstarted(), else does nothing. Call it with the lock held.
  void clear_unstarted() const;

  /// Removes the folder again if nothing was written to it.
  void remove_if_empty() const;

 private:
  explicit RunDirectory(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

/// The newest run below runs/ that has a checkpoint: the one whose newest checkpoint was written
/// last. Empty if there is none.
std::optional<RunDirectory> newest_run();

}  // namespace dcgan
