#include "training/checkpoint_store.h"

#include <fmt/format.h>
#include <torch/types.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "common/error.h"
#include "common/file.h"
#include "common/text.h"

namespace dcgan {
namespace {

namespace fs = std::filesystem;

// Free bytes for this user; where the file system does not say, as many as there can be.
uint64_t free_bytes(const fs::path& folder) {
  std::error_code error;
  const fs::space_info space = fs::space(folder, error);
  return error ? std::numeric_limits<uint64_t>::max() : space.available;
}

std::string bytes_text(uint64_t bytes) {
  return with_thousands(
      static_cast<int64_t>(std::min<uint64_t>(bytes, std::numeric_limits<int64_t>::max())));
}

void remove_file(const fs::path& path) {
  std::error_code ignored;  // one that cannot be removed costs room and nothing else
  fs::remove(path, ignored);
}

}  // namespace

uint64_t file_size_of(const TensorFile& content) {
  constexpr uint64_t kOfHeader = 4096;
  constexpr uint64_t kOfName = 200;
  uint64_t bytes = kOfHeader;
  for (const auto& [name, tensor] : content.tensors) bytes += tensor.nbytes() + kOfName;
  for (const auto& [key, value] : content.metadata) bytes += key.size() + value.size();
  return bytes;
}

CheckpointStore::CheckpointStore(RunDirectory run, const TrainOptions& options)
    : run_(std::move(run)),
      keep_last_(options.keep_last),
      keep_every_(options.keep_every),
      checkpoint_every_(options.checkpoint_every),
      steps_(options.steps),
      keeps_best_(options.eval_every > 0) {}

void CheckpointStore::check_room(uint64_t bytes, int64_t first) const {
  const auto existing = static_cast<int64_t>(run_.checkpoints().size());
  int64_t count = (steps_ - first) / checkpoint_every_ + 2;  // the first and the last ones as well
  if (keep_last_ > 0) {
    // One more than is kept lies there while the newest is written.
    int64_t at_once = std::max<int64_t>(keep_last_ - existing, 0) + 1;
    if (keep_every_ > 0) at_once += steps_ / keep_every_ - first / keep_every_;
    count = std::min(count, at_once);
  }
  std::error_code error;
  if (keeps_best_ && !fs::exists(run_.best_checkpoint(), error)) ++count;
  uint64_t needed = 0;
  const bool overflow = __builtin_mul_overflow(bytes, static_cast<uint64_t>(count), &needed);
  const uint64_t free = free_bytes(run_.path());
  if (!overflow && needed <= free) return;
  throw DiskError(fmt::format(
      "{}: {} checkpoints of {} bytes need {} bytes, {} are free; make room, keep fewer "
      "(--keep-last) or name another folder",
      run_.path().string(), count, bytes_text(bytes), overflow ? "too many" : bytes_text(needed),
      bytes_text(free)));
}

void CheckpointStore::save(const TensorFile& content, int64_t step, std::vector<fs::path> logs) {
  wait();  // the copy's memory is that of the one before
  writing_.start([this, step, copy = copy_of(content), logs = std::move(logs)] {
    make_room(file_size_of(copy));
    for (const fs::path& log : logs) sync_file(log);
    write_safetensors(run_.checkpoint(step), copy);
    remove_superseded();
  });
}

void CheckpointStore::save_best(const TensorFile& content) {
  wait();
  writing_.start([this, copy = copy_of(content)] {
    make_room(file_size_of(copy));
    write_safetensors(run_.best_checkpoint(), copy);
  });
}

TensorFile CheckpointStore::copy_of(const TensorFile& content) {
  const torch::NoGradGuard no_grad;
  TensorFile copy;
  copy.metadata = content.metadata;
  for (const auto& [name, tensor] : content.tensors) {
    at::Tensor& memory = copies_[name];
    if (!memory.defined()) {
      memory = torch::empty(tensor.sizes(), tensor.options().device(torch::kCPU));
    }
    memory.copy_(tensor);
    copy.tensors.emplace(name, memory);
  }
  return copy;
}

bool CheckpointStore::is_kept_for_good(const fs::path& checkpoint) const {
  return keep_every_ > 0 && step_of_checkpoint(checkpoint) % keep_every_ == 0;
}

std::vector<std::string> CheckpointStore::take_warnings() {
  const std::scoped_lock lock(warnings_lock_);
  return std::exchange(warnings_, {});
}

void CheckpointStore::make_room(uint64_t bytes) {
  std::vector<fs::path> candidates = run_.checkpoints();
  std::erase_if(candidates, [&](const fs::path& path) { return is_kept_for_good(path); });
  while (free_bytes(run_.path()) < bytes) {
    // The newest stays, whatever happens to the one that is about to be written.
    if (keep_last_ == 0 || candidates.size() < 2) {
      throw DiskError(fmt::format(
          "{}: a checkpoint needs {} bytes, {} are free; make room and go on with --resume",
          run_.path().string(), bytes_text(bytes), bytes_text(free_bytes(run_.path()))));
    }
    remove_file(candidates.back());
    {
      const std::scoped_lock lock(warnings_lock_);
      warnings_.push_back("the disk is nearly full: removed " + candidates.back().string());
    }
    candidates.pop_back();
  }
}

void CheckpointStore::remove_superseded() const {
  if (keep_last_ == 0) return;
  const auto paths = run_.checkpoints();
  for (size_t i = static_cast<size_t>(keep_last_); i < paths.size(); ++i) {
    if (!is_kept_for_good(paths[i])) remove_file(paths[i]);
  }
}

}  // namespace dcgan
