#include "training/resume_point.h"

#include <fmt/format.h>

#include "common/error.h"
#include "common/parse_number.h"
#include "common/text.h"

namespace dcgan {
namespace {

namespace fs = std::filesystem;

const std::string& metadata(const TensorFile& file, const fs::path& path, const std::string& key) {
  const auto found = file.metadata.find(key);
  if (found == file.metadata.end()) {
    throw CheckpointError(
        fmt::format("{} cannot be resumed: its metadata has no '{}'", path.string(), key));
  }
  return found->second;
}

// Sets `value` to the entry `key`, if there is one.
template <typename Number>
void read_number(const TensorFile& file, const fs::path& path, const std::string& key,
                 Number& value) {
  const auto found = file.metadata.find(key);
  if (found == file.metadata.end()) return;
  const auto number = parse_number<Number>(found->second);
  if (!number) {
    throw CheckpointError(
        fmt::format("{}: {} is '{}', expected a number", path.string(), key, found->second));
  }
  value = *number;
}

ResumePoint read_resume_point(const RunDirectory& run, const fs::path& path) {
  ResumePoint point{run, path, read_safetensors(path), {}, {}, false, {}};
  const CheckpointSummary summary = summarize_checkpoint(point.file, path);
  point.progressed.step = summary.step;
  metadata(point.file, path, "images-seen");
  read_number(point.file, path, "images-seen", point.progressed.images_seen);
  point.progressed.data_fingerprint = metadata(point.file, path, "data-fingerprint");
  read_number(point.file, path, "data-images", point.progressed.data_images);
  read_number(point.file, path, "best-metric", point.progressed.best_metric);
  read_number(point.file, path, "rollbacks", point.progressed.rollbacks);
  try {
    options_from_toml(metadata(point.file, path, "config"), "config", point.options);
    validate(point.options);
  } catch (const UsageError& wrong) {
    throw CheckpointError(fmt::format("{}: {}", path.string(), wrong.what()));
  }
  // The metadata says some things twice; where the two differ it was tampered with.
  const TrainOptions& o = point.options;
  // A run may have changed its batch size on the way.
  constexpr int64_t kUnbounded = int64_t{1} << 53;
  const int64_t seen = point.progressed.images_seen;
  const bool consistent =
      describe_checkpoint(summary) == describe_checkpoint(summary_of(o, summary.step)) &&
      summary.step <= seen && seen <= kUnbounded && (summary.step > 0) == (seen > 0);
  if (!consistent) {
    throw CheckpointError(fmt::format(
        "{}: its metadata contradicts itself (config, sizes, step or images-seen)", path.string()));
  }
  return point;
}

[[noreturn]] void fail_without_checkpoint(const RunDirectory& run) {
  std::error_code error;
  throw CheckpointError(
      fmt::format("--resume {}: {}{}", run.path().string(), run.why_without_checkpoint(),
                  fs::exists(run.config(), error)
                      ? fmt::format("; start anew with: dcgan train --config {} --out FOLDER",
                                    shell_quoted(run.config().string()))
                      : ""));
}

}  // namespace

ResumePoint resume_point_of(const RunDirectory& run) {
  const auto paths = run.checkpoints();
  if (paths.empty()) fail_without_checkpoint(run);
  std::vector<std::string> warnings;
  std::string of_newest;
  for (size_t i = 0;; ++i) {
    try {
      ResumePoint point = read_resume_point(run, paths[i]);
      point.warnings = std::move(warnings);
      return point;
    } catch (const UnreadableCheckpoint& error) {
      if (i + 1 == paths.size()) throw;
      throw CheckpointError(fmt::format(
          "{}; it is not passed over; an older one goes on in a new folder: --resume {} --out NEW",
          error.what(), paths[i + 1].string()));
    } catch (const CheckpointError& error) {
      if (i == 0) of_newest = error.what();
      if (i + 1 == paths.size()) {
        if (i == 0) throw;
        throw CheckpointError(fmt::format("--resume {}: none of its {} checkpoints is whole; {}",
                                          run.path().string(), paths.size(), of_newest));
      }
      warnings.push_back(fmt::format("{}; going on from {}", error.what(), paths[i + 1].string()));
    }
  }
}

ResumePoint find_resume_point(const std::string& where) {
  if (where == "latest") {
    const auto run = newest_run();
    if (!run) throw UsageError("--resume latest: no run with a checkpoint below runs/");
    return resume_point_of(*run);
  }
  std::error_code error;
  if (fs::is_directory(where, error)) {
    return resume_point_of(RunDirectory::open(where));
  }
  if (!fs::exists(where, error)) {
    throw CheckpointError(fmt::format("--resume {}: no such run folder or checkpoint", where));
  }
  const fs::path path(where);
  // runs/00007-digits/checkpoints/000500.safetensors belongs to runs/00007-digits.
  const fs::path run = (path.parent_path() / "..").lexically_normal();
  ResumePoint point = read_resume_point(RunDirectory::open(run.empty() ? "." : run), path);
  point.named = true;
  return point;
}

}  // namespace dcgan
