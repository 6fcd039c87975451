#include "common/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <system_error>
#include <utility>

#include "common/error.h"
#include "common/parse_number.h"

namespace dcgan {
namespace {

namespace fs = std::filesystem;

std::string why_not(const fs::path& path, std::string_view doing) {
  const int error = errno;
  return fmt::format("cannot {} {}: {}", doing, path.string(), std::strerror(error));
}

[[noreturn]] void fail(const fs::path& path, std::string_view doing) {
  throw DiskError(why_not(path, doing));
}

constexpr std::string_view kTemporary = ".tmp-";  // and the number of the process that writes it

void write_all(int descriptor, std::span<const uint8_t> bytes, const fs::path& path) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(descriptor, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail(path, "write");
    bytes = bytes.subspan(static_cast<size_t>(n));
  }
}

struct OpenFile {
  OpenFile(const fs::path& path, int flags)
      : descriptor(::open(path.c_str(), flags | O_CLOEXEC, 0666)) {
    if (descriptor < 0) fail(path, (flags & O_WRONLY) != 0 ? "write" : "open");
  }
  ~OpenFile() { ::close(descriptor); }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  int descriptor;
};

// An open file that is closed, and removed unless kept, when it goes out of scope.
class TemporaryFile {
 public:
  explicit TemporaryFile(const fs::path& target)
      : target_(target), path_(target.string() + fmt::format("{}{}", kTemporary, ::getpid())) {
    descriptor_ = ::open(path_.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0666);
    if (descriptor_ < 0) fail(target, "write");
  }
  ~TemporaryFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
    if (!kept_) ::unlink(path_.c_str());
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  void write(std::span<const uint8_t> bytes) { write_all(descriptor_, bytes, target_); }

  void put_in_place() {
    if (::fsync(descriptor_) != 0) fail(target_, "write to disk");
    const int descriptor = std::exchange(descriptor_, -1);
    if (::close(descriptor) != 0) fail(target_, "close");
    if (::rename(path_.c_str(), target_.c_str()) != 0) fail(target_, "replace");
    kept_ = true;
  }

 private:
  fs::path target_;  // what messages name
  fs::path path_;
  int descriptor_ = -1;
  bool kept_ = false;
};

// Makes a rename survive a power cut.
void sync_folder(const fs::path& folder) {
  const int descriptor = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) fail(folder, "open");
  const int result = ::fsync(descriptor);
  const int error = errno;
  ::close(descriptor);
  errno = error;
  // Some file systems (network, FUSE) know no fsync of folders and say EINVAL.
  if (result != 0 && errno != EINVAL) fail(folder, "write to disk");
}

}  // namespace

void write_atomically(const fs::path& path, const std::vector<std::span<const uint8_t>>& parts) {
  TemporaryFile file(path);
  for (const auto& part : parts) {
    file.write(part);
  }
  file.put_in_place();
  sync_folder(path.parent_path());
}

void write_atomically(const fs::path& path, std::string_view text) {
  write_atomically(path, {std::span(reinterpret_cast<const uint8_t*>(text.data()), text.size())});
}

void append_to_file(const fs::path& path, std::string_view bytes) {
  OpenFile file(path, O_CREAT | O_APPEND | O_WRONLY);
  write_all(file.descriptor, {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}, path);
}

void sync_file(const fs::path& path) {
  OpenFile file(path, O_RDONLY);
  if (::fsync(file.descriptor) != 0 && errno != EINVAL) fail(path, "write to disk");
}

bool is_unfinished(const fs::path& path) {
  const std::string name = path.filename().string();
  const size_t begin = name.rfind(kTemporary);
  if (begin == std::string::npos) return false;
  const auto process = parse_number<pid_t>(name.substr(begin + kTemporary.size()));
  if (!process || *process <= 0) return false;
  return *process == ::getpid() || (::kill(*process, 0) != 0 && errno == ESRCH);
}

std::string read_text(const fs::path& path, uint64_t limit) {
  std::error_code error;
  if (fs::exists(path, error) && !fs::is_regular_file(path, error)) {
    throw UsageError(fmt::format("cannot read {}: it is no regular file", path.string()));
  }
  std::ifstream in(path, std::ios::binary);
  if (!in) throw UsageError(why_not(path, "read"));
  const uint64_t size = fs::file_size(path, error);
  if (!error && size > limit) {
    throw UsageError(
        fmt::format("cannot read {}: {} bytes, at most {} make sense", path.string(), size, limit));
  }
  std::string text(std::istreambuf_iterator<char>(in), {});
  if (in.bad()) throw UsageError(why_not(path, "read"));
  return text;
}

std::string lower_extension(const fs::path& path) {
  std::string ending = path.extension().string();
  for (char& c : ending) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');  // the same under every locale
  }
  return ending;
}

fs::path executable_path() {
  std::error_code error;
  const fs::path path = fs::read_symlink("/proc/self/exe", error);
  return error ? fs::path() : path;
}

}  // namespace dcgan
