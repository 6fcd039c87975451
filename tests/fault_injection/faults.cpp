// A library for LD_PRELOAD that makes one system call fail, the nth on a file whose path contains
// "/checkpoints/":
//
//   DCGAN_FAULT=write:ENOSPC:3   the third write fails, as on a full disk (also EIO, EINTR)
//   DCGAN_FAULT=write:SHORT:3    it writes the first half of its bytes only
//   DCGAN_FAULT=fsync:EIO:1      the same for fsync (files and folders) and rename
//   DCGAN_FREE_BYTES=100000      every file system has so many bytes free
//
// What it did it says on stderr.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

namespace {

struct Fault {
  std::string call;
  std::string error;
  int number = 0;
};

const Fault& fault() {
  static const Fault kFault = [] {
    Fault wanted;
    char call[16] = "";
    char error[16] = "";
    const char* text = std::getenv("DCGAN_FAULT");
    if (text != nullptr &&
        std::sscanf(text, "%15[^:]:%15[^:]:%d", call, error, &wanted.number) == 3) {
      wanted.call = call;
      wanted.error = error;
    }
    return wanted;
  }();
  return kFault;
}

std::string path_of(int descriptor) {
  char path[4096];
  const std::string link = "/proc/self/fd/" + std::to_string(descriptor);
  const ssize_t size = ::readlink(link.c_str(), path, sizeof(path));
  return size > 0 ? std::string(path, static_cast<size_t>(size)) + "/" : "";
}

bool is_hit(const char* call, const std::string& path) {
  static std::atomic<int> calls{0};
  if (fault().call != call || path.find("/checkpoints/") == std::string::npos) return false;
  if (++calls != fault().number) return false;
  std::fprintf(stderr, "fault: %s %d %s\n", call, fault().number, fault().error.c_str());
  return true;
}

int fail() {
  errno = fault().error == "ENOSPC" ? ENOSPC : fault().error == "EINTR" ? EINTR : EIO;
  return -1;
}

template <typename Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

template <typename Space>
int space(const char* name, const char* path, Space* space) {
  const int result = next<int(const char*, Space*)>(name)(path, space);
  if (const char* free = std::getenv("DCGAN_FREE_BYTES")) {
    space->f_bavail = static_cast<fsblkcnt_t>(std::atoll(free)) / space->f_frsize;
  }
  return result;
}

}  // namespace

extern "C" {

ssize_t write(int descriptor, const void* bytes, size_t count) {
  static auto* const real = next<ssize_t(int, const void*, size_t)>("write");
  if (descriptor > STDERR_FILENO && is_hit("write", path_of(descriptor))) {
    if (fault().error != "SHORT") return fail();
    return real(descriptor, bytes, count > 1 ? count / 2 : count);
  }
  return real(descriptor, bytes, count);
}

int fsync(int descriptor) {
  static auto* const real = next<int(int)>("fsync");
  return is_hit("fsync", path_of(descriptor)) ? fail() : real(descriptor);
}

int rename(const char* from, const char* to) {
  static auto* const real = next<int(const char*, const char*)>("rename");
  return is_hit("rename", to) ? fail() : real(from, to);
}

int statvfs(const char* path, struct statvfs* result) { return space("statvfs", path, result); }
int statvfs64(const char* path, struct statvfs64* result) {
  return space("statvfs64", path, result);
}

}  // extern "C"
