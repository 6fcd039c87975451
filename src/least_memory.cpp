// Looks at the limit of the address space before the libraries' own initialisers run: where there
// is not enough left for them, they would end the program without a word of why (terminate, or
// worse). The dynamic linker calls an executable's .preinit_array first of all; only plain C works
// there.

#include <sys/resource.h>
#include <unistd.h>

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

void check_least_memory(int, char**, char**) {
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

[[gnu::section(".preinit_array"), gnu::used]] void (*const preinit)(int, char**,
                                                                    char**) = check_least_memory;

}  // namespace
