#include "training/run_directory.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <set>

#include "common/error.h"
#include "common/file.h"
#include "common/parse_number.h"

namespace dcgan {
namespace {

namespace fs = std::filesystem;
constexpr const char* kRuns = "runs";

// Number of "00007-digits", or -1.
int64_t run_number(const std::string& name) {
  const size_t dash = name.find('-');
  return dash == std::string::npos ? -1 : parse_number<int64_t>(name.substr(0, dash)).value_or(-1);
}

[[noreturn]] void cannot_make(const fs::path& path, const std::error_code& error) {
  throw UsageError(
      fmt::format("--out {}: cannot make this folder: {}", path.string(), error.message()));
}

std::set<int64_t> run_numbers() {
  std::set<int64_t> numbers;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(kRuns, error)) {
    numbers.insert(run_number(entry.path().filename().string()));
  }
  return numbers;
}

fs::path create_numbered(const std::string& name) {
  std::error_code error;
  fs::create_directories(kRuns, error);
  if (error) cannot_make(kRuns, error);
  const auto taken = run_numbers();
  for (int64_t number = taken.empty() ? 0 : *taken.rbegin() + 1;; ++number) {
    // Two runs of different names could take the same number, so it is claimed first, by a file
    // that cannot be made twice. Whoever held the claim before may have made its folder since we
    // looked.
    const fs::path claim = fs::path(kRuns) / fmt::format(".{:05}", number);
    FILE* file = std::fopen(claim.c_str(), "wx");
    if (file == nullptr && errno == EEXIST) continue;
    if (file == nullptr) cannot_make(claim, std::error_code(errno, std::generic_category()));
    std::fclose(file);
    const bool free = !run_numbers().contains(number);
    const fs::path path = fs::path(kRuns) / fmt::format("{:05}-{}", number, name);
    if (free) fs::create_directory(path, error);
    std::error_code ignored;
    fs::remove(claim, ignored);
    if (error) cannot_make(path, error);
    if (free) return path;
  }
}

void create_given(const fs::path& out) {
  std::error_code error;
  if (fs::exists(out, error)) {
    if (!fs::is_directory(out, error)) {
      throw UsageError(fmt::format("--out {}: is a file; name a new folder", out.string()));
    }
    if (!fs::is_empty(out, error)) {
      const bool run = !RunDirectory::open(out).checkpoints().empty();
      throw UsageError(
          fmt::format("--out {}: holds files already and is not overwritten; name a new folder{}",
                      out.string(), run ? ", or go on with --resume " + out.string() : ""));
    }
  }
  fs::create_directories(out, error);
  if (error) cannot_make(out, error);
}

// Of a run's sub-folders before its first checkpoint: grids named by their step, unfinished files.
bool holds_only_its_own(const fs::path& folder) {
  const bool samples = folder.filename() == "samples";
  if (!samples && folder.filename() != "checkpoints") return false;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const std::string stem = entry.path().stem();
    const bool grid =
        samples && entry.path().extension() == ".png" &&
        std::all_of(stem.begin(), stem.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (!grid && !is_unfinished(entry.path())) return false;
  }
  return !error;
}

}  // namespace

int64_t step_of_checkpoint(const fs::path& path) {
  const std::string stem = path.stem().string();
  return path.extension() == ".safetensors" ? parse_number<int64_t>(stem).value_or(-1) : -1;
}

RunDirectory RunDirectory::create(const fs::path& out, const std::string& name) {
  if (out.empty()) {
    return RunDirectory(create_numbered(name));
  }
  create_given(out);
  if (::access(out.c_str(), W_OK | X_OK) != 0) {
    throw UsageError(fmt::format("--out {}: cannot be written", out.string()));
  }
  return RunDirectory(out);
}

fs::path RunDirectory::sample(int64_t step) const {
  return path_ / "samples" / fmt::format("{:06}.png", step);
}

fs::path RunDirectory::checkpoint(int64_t step) const {
  return path_ / "checkpoints" / fmt::format("{:06}.safetensors", step);
}

std::vector<fs::path> RunDirectory::checkpoints() const {
  std::vector<std::pair<int64_t, fs::path>> found;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(path_ / "checkpoints", error)) {
    const int64_t step = step_of_checkpoint(entry.path());
    if (step >= 0) found.emplace_back(step, entry.path());
  }
  std::sort(found.rbegin(), found.rend());
  std::vector<fs::path> paths;
  paths.reserve(found.size());
  for (auto& [step, path] : found) paths.push_back(std::move(path));
  return paths;
}

fs::path RunDirectory::newest_checkpoint() const {
  const auto paths = checkpoints();
  if (paths.empty()) {
    throw CheckpointError(fmt::format("{}: {}", path_.string(), why_without_checkpoint()));
  }
  return paths.front();
}

void RunDirectory::remove_unfinished() const {
  for (const fs::path& folder : {path_, path_ / "checkpoints", path_ / "samples"}) {
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(folder, ignored)) {
      if (is_unfinished(entry.path())) fs::remove(entry.path(), ignored);
    }
  }
}

bool RunDirectory::is_unstarted() const {
  const std::set<std::string> files{config().filename(),  environment().filename(),
                                    metrics().filename(), probe().filename(),
                                    events().filename(),  reals().filename()};
  std::error_code error;
  // A run writes its config before any other file.
  const bool is_run = fs::exists(config(), error) && read_text(config()).starts_with(kConfigStart);
  error.clear();
  for (const auto& entry : fs::directory_iterator(path_, error)) {
    const std::string name = entry.path().filename();
    const fs::file_type type = entry.symlink_status(error).type();
    const bool written =
        type == fs::file_type::regular && (files.contains(name) || is_unfinished(entry.path()));
    const bool made = type == fs::file_type::directory && holds_only_its_own(entry.path()) &&
                      (is_run || fs::is_empty(entry.path(), error));
    if (!made && !(written && (is_run || is_unfinished(entry.path())))) return false;
  }
  return !error;
}

void RunDirectory::clear_unstarted() const {
  if (!is_unstarted()) return;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(path_, ignored))
    fs::remove_all(entry.path(), ignored);
}

std::string RunDirectory::why_without_checkpoint() const {
  std::error_code error;
  const fs::directory_iterator folder(checkpoint(0).parent_path(), error);
  if (error == std::errc::permission_denied) {
    return "cannot read its checkpoints: " + error.message();
  }
  if (fs::exists(best_checkpoint(), error)) {
    return fmt::format("no checkpoint of a step in it, only {}", best_checkpoint().string());
  }
  return fs::exists(config(), error)
             ? "no checkpoint in it"
             : "no folder of a run: it holds neither checkpoints nor config.toml";
}

std::shared_ptr<void> RunDirectory::lock() const {
  // A lock on the folder itself: no file is left behind.
  const int descriptor = ::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) {
    throw UsageError(fmt::format("cannot open {}: {}", path_.string(), std::strerror(errno)));
  }
  std::shared_ptr<void> closer(nullptr, [descriptor](void*) { ::close(descriptor); });
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    throw UsageError(fmt::format("another dcgan is training in {}", path_.string()));
  }
  return closer;  // file systems without locks go without
}

void RunDirectory::remove_if_empty() const {
  std::error_code ignored;
  fs::remove(path_, ignored);  // refuses a folder with files in it
}

std::optional<RunDirectory> newest_run() {
  std::optional<RunDirectory> newest;
  fs::file_time_type newest_time{};
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(kRuns, error)) {
    const RunDirectory run = RunDirectory::open(entry.path());
    const auto checkpoints = run.checkpoints();
    if (checkpoints.empty()) continue;
    const auto time = fs::last_write_time(checkpoints.front(), error);
    if (!newest || time > newest_time) {
      newest = run;
      newest_time = time;
    }
  }
  return newest;
}

}  // namespace dcgan
