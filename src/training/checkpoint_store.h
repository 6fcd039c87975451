#pragma once

#include <cstdint>

#include "interchange/safetensors.h"
#include "training/options.h"
#include "training/run_directory.h"

namespace dcgan {

/// Bytes of `content` as a file, to within a few kilobytes.
uint64_t file_size_of(const TensorFile& content);

/// The checkpoints of a run on disk: writes them, keeps the last --keep-last and every
/// --keep-every'th step, removes the rest, and looks after the room.
class CheckpointStore {
 public:
  /// --keep-last and --keep-every of `options`.
  CheckpointStore(RunDirectory run, const TrainOptions& options);

  /// Throws UsageError naming needed and free bytes where the disk has no room for the checkpoints
  /// of `bytes` each that a run from step `first` on writes and keeps.
  void check_room(uint64_t bytes, int64_t first) const;

  /// Writes the checkpoint of `step`, then removes those that need not be kept. Where the room is
  /// short, older ones go before. Throws UsageError where that does not help; the others are
  /// unharmed then.
  void save(const TensorFile& content, int64_t step) const;

  /// Writes the best checkpoint.
  void save_best(const TensorFile& content) const;

 private:
  bool is_kept_for_good(const std::filesystem::path& checkpoint) const;
  void make_room(uint64_t bytes) const;
  void remove_superseded() const;

  RunDirectory run_;
  int64_t keep_last_;
  int64_t keep_every_;
  int64_t checkpoint_every_;
  int64_t steps_;
  bool keeps_best_;
};

}  // namespace dcgan
