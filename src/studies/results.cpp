#include "studies/results.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <torch/types.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <map>

#include "common/device.h"
#include "common/error.h"
#include "common/file.h"
#include "common/version.h"

namespace dcgan {
namespace {

constexpr uint64_t kLargestFile = uint64_t{1} << 30;

// Whether the fields are there that every record has.
bool is_record(const nlohmann::json& record) {
  if (!record.is_object()) return false;
  for (const char* name : {"key", "study", "stage", "arm"}) {
    if (!record.contains(name) || !record[name].is_string()) return false;
  }
  return record.contains("version") && record["version"].is_number_integer() &&
         record.contains("seed") && record["seed"].is_number_unsigned() &&
         record.contains("settings") && record["settings"].is_object() &&
         record.contains("failed") && record["failed"].is_boolean();
}

// What a kill left of a last line would swallow the next one.
void remove_torn_line(int file) {
  off_t end = ::lseek(file, 0, SEEK_END);
  const off_t whole_file = end;
  char last = 0;
  while (end > 0 && ::pread(file, &last, 1, end - 1) == 1 && last != '\n') --end;
  if (end != whole_file && ::ftruncate(file, end) != 0) {
    throw UsageError("cannot repair results.jsonl: " + std::string(std::strerror(errno)));
  }
}

}  // namespace

ResultsFile::Content ResultsFile::read(const Study& study) const {
  Content content;
  std::error_code error;
  if (!std::filesystem::exists(path_, error)) return content;
  const std::string text = read_text(path_, kLargestFile);
  size_t begin = 0;
  int64_t line = 0;
  int64_t other_version = 0;
  while (begin < text.size()) {
    ++line;
    const size_t end = text.find('\n', begin);
    const bool torn = end == std::string::npos;
    const std::string_view part(text.data() + begin, (torn ? text.size() : end) - begin);
    begin = torn ? text.size() : end + 1;
    nlohmann::json record = nlohmann::json::parse(part, nullptr, /*allow_exceptions=*/false);
    // A line without its end counts as torn even if it reads well: append() takes it away.
    if (torn || !is_record(record)) {
      if (!torn) {
        throw DataError(fmt::format("{}:{}: is no result of a study", path_.string(), line));
      }
      content.remarks.push_back(
          fmt::format("{}:{}: a torn last line is passed over", path_.string(), line));
      break;
    }
    if (record.value("study", "") != study.name()) continue;
    if (record.value("version", 0) != study.version()) {
      ++other_version;
      continue;
    }
    content.records.push_back(std::move(record));
  }
  if (other_version > 0) {
    content.remarks.push_back(fmt::format("{}: {} results of another version of '{}' are left out",
                                          path_.string(), other_version, study.name()));
  }
  return content;
}

void ResultsFile::append(const nlohmann::json& record) const {
  const std::string line = record.dump() + "\n";
  const int file = ::open(path_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  // Shards may share a folder: one at a time, or one would cut off what another is writing.
  if (file >= 0) {
    ::flock(file, LOCK_EX);
    remove_torn_line(file);
  }
  size_t written = 0;
  while (file >= 0 && written < line.size()) {
    const ssize_t n = ::write(file, line.data() + written, line.size() - written);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) break;
    written += static_cast<size_t>(n);
  }
  const bool failed = file < 0 || written < line.size() || ::fsync(file) != 0;
  const int reason = errno;
  if (file >= 0) ::close(file);
  if (failed) {
    throw DiskError(fmt::format("cannot write to {}: {}", path_.string(), std::strerror(reason)));
  }
}

std::shared_ptr<void> ResultsFile::lock(int64_t shard, int64_t shards) const {
  const int file = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (file < 0) {
    throw UsageError(fmt::format("cannot write to {}: {}", path_.string(), std::strerror(errno)));
  }
  std::shared_ptr<void> closer(nullptr, [file](void*) { ::close(file); });
  // Bytes far behind the file's end, an equal part for every shard: no further file is needed, and
  // divisions into different numbers of shards exclude each other as well.
  constexpr off_t kFirst = off_t{1} << 40;
  constexpr off_t kLength = off_t{1} << 40;
  struct flock range{};
  range.l_type = F_WRLCK;
  range.l_whence = SEEK_SET;
  range.l_start = kFirst + kLength / shards * shard;
  range.l_len = kLength / shards;
  if (::fcntl(file, F_OFD_SETLK, &range) != 0 && (errno == EAGAIN || errno == EACCES)) {
    throw UsageError(
        fmt::format("another dcgan works on these cells in {}", path_.parent_path().string()));
  }
  return closer;  // file systems without locks go without
}

void describe_machine(nlohmann::json& record) {
  record["processor"] = describe_device(torch::kCPU);
  record["build"] = git_version();
  record["program"] = version();
  record["libtorch"] = libtorch_version();
}

std::vector<nlohmann::json> merged_results(const Study& study,
                                           const std::vector<std::filesystem::path>& folders,
                                           std::vector<std::string>& remarks) {
  std::map<std::string, nlohmann::json> by_key;
  for (const auto& folder : folders) {
    ResultsFile::Content content = ResultsFile(folder / "results.jsonl").read(study);
    remarks.insert(remarks.end(), content.remarks.begin(), content.remarks.end());
    for (nlohmann::json& record : content.records) {
      by_key.try_emplace(record["key"].get<std::string>(), std::move(record));
    }
  }
  std::vector<nlohmann::json> records;
  records.reserve(by_key.size());
  for (auto& [key, record] : by_key) records.push_back(std::move(record));
  return records;
}

}  // namespace dcgan
