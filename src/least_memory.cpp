// Looks at the limit of the address space and at the current folder before the libraries' own
// initialisers run: where the one is too small or the other gone, they would end the program
// without a word of why, or with a wrong one. The dynamic linker calls an executable's
// .preinit_array first of all; only plain C works there.

#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include "common/error.h"

namespace {

// What the initialisers of LibTorch, OpenCV and what these bring along take, with some room to
// start training in.
constexpr unsigned long kNeeded = 128UL << 20;

unsigned long mapped_bytes() {
  std::FILE* file = std::fopen("/proc/self/statm", "r");
  if (file == nullptr) return 0;
  char line[128] = {};
  const bool read = std::fgets(line, sizeof(line), file) != nullptr;
  std::fclose(file);
  const unsigned long pages = read ? std::strtoul(line, nullptr, 10) : 0;
  return pages * static_cast<unsigned long>(::sysconf(_SC_PAGESIZE));
}

// MKL, which asks for the current folder, would say that it cannot load LibTorch.
void check_current_folder() {
  char* folder = ::getcwd(nullptr, 0);
  if (folder == nullptr && errno == ENOENT) {
    std::fputs("dcgan: the current folder was deleted: change to another one (cd)\n", stderr);
    ::_exit(static_cast<int>(dcgan::ExitCode::kUsage));
  }
  std::free(folder);
}

void check_least_memory() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return;
  const unsigned long mapped = mapped_bytes();
  if (limit.rlim_cur >= mapped + kNeeded) return;
  std::fprintf(
      stderr,
      "dcgan: not enough memory: the limit of the address space (ulimit -v) is %lu kB, the "
      "program alone needs %lu kB\n",
      limit.rlim_cur >> 10, (mapped + kNeeded) >> 10);
  ::_exit(static_cast<int>(dcgan::ExitCode::kUsage));
}

void check(int, char**, char**) {
  check_current_folder();
  check_least_memory();
}

[[gnu::section(".preinit_array"), gnu::used]] void (*const preinit)(int, char**, char**) = check;

}  // namespace
