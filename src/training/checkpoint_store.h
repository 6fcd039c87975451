#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "common/background_task.h"
#include "interchange/safetensors.h"
#include "training/options.h"
#include "training/run_directory.h"

namespace dcgan {

/// Bytes of `content` as a file, to within a few kilobytes.
uint64_t file_size_of(const TensorFile& content);

/// The checkpoints of a run on disk: writes them, keeps the last --keep-last and every
/// --keep-every'th step, removes the rest, and looks after the room.
///
/// A save copies the tensors and returns; a thread of its own then writes them. What goes wrong
/// there is thrown by the next call of save, check or wait; the destructor waits and throws
/// nothing.
class CheckpointStore {
 public:
  /// `options` are resolved: --keep-last and --keep-every, and what the room that is needed depends
  /// on (--steps, --checkpoint-every, --eval-every).
  CheckpointStore(RunDirectory run, const TrainOptions& options);

  /// Throws DiskError naming needed and free bytes where the disk has no room for the checkpoints
  /// of `bytes` each that a run from step `first` on writes and keeps.
  void check_room(uint64_t bytes, int64_t first) const;

  /// Writes the checkpoint of `step`, then removes those that need not be kept. Where the room is
  /// short, older ones go before; DiskError where that does not help, or the disk refuses: the
  /// others are unharmed then. `logs` are files of the run that grow: they are on the disk before
  /// the checkpoint that they lead up to.
  void save(const TensorFile& content, int64_t step, std::vector<std::filesystem::path> logs);

  /// Writes the best checkpoint.
  void save_best(const TensorFile& content);

  /// Throws what went wrong in the background, if that has ended; waits for nothing.
  void check() { writing_.check(); }

  /// Waits until the last save is on the disk.
  void wait() { writing_.wait(); }

  /// What is to be told since the last call: checkpoints that were removed because the disk is
  /// nearly full.
  std::vector<std::string> take_warnings();

 private:
  TensorFile copy_of(const TensorFile& content);
  bool is_kept_for_good(const std::filesystem::path& checkpoint) const;
  void make_room(uint64_t bytes);
  void remove_superseded() const;

  RunDirectory run_;
  int64_t keep_last_;
  int64_t keep_every_;
  int64_t checkpoint_every_;
  int64_t steps_;
  bool keeps_best_;
  std::map<std::string, at::Tensor> copies_;  // memory of the last copy, kept for the next
  std::mutex warnings_lock_;                  // they come from the writing thread
  std::vector<std::string> warnings_;
  BackgroundTask writing_;
};

}  // namespace dcgan
