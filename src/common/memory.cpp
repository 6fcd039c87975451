#include "common/memory.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <string>

namespace dcgan {
namespace {

constexpr uint64_t kUnlimited = std::numeric_limits<uint64_t>::max();

// The number behind `key` in a file of "key value ..." lines; with an empty key the first number of
// the file. `otherwise` where there is none.
uint64_t read_number(const std::string& file, const std::string& key, uint64_t otherwise) {
  std::ifstream input(file);
  uint64_t number = 0;
  if (key.empty()) return input >> number ? number : otherwise;
  for (std::string line; std::getline(input, line);) {
    if (line.starts_with(key)) return std::stoull(line.substr(key.size()));
  }
  return otherwise;
}

uint64_t control_group_left() {
  const std::string folder = "/sys/fs/cgroup/";
  const uint64_t most =
      std::min(read_number(folder + "memory.max", "", kUnlimited),
               read_number(folder + "memory/memory.limit_in_bytes", "", kUnlimited));
  const uint64_t used = std::max(read_number(folder + "memory.current", "", 0),
                                 read_number(folder + "memory/memory.usage_in_bytes", "", 0));
  // Cached files count as used and are given up on demand.
  const uint64_t cached =
      std::max(read_number(folder + "memory.stat", "inactive_file ", 0),
               read_number(folder + "memory/memory.stat", "total_inactive_file ", 0));
  if (most == kUnlimited) return kUnlimited;
  const uint64_t held = used - std::min(used, cached);
  return most - std::min(most, held);
}

uint64_t pages(int field) {
  std::ifstream input("/proc/self/statm");
  uint64_t value = 0;
  for (int i = 0; i <= field; ++i) input >> value;
  return value * static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
}

uint64_t address_space_left() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return kUnlimited;
  return limit.rlim_cur - std::min<uint64_t>(limit.rlim_cur, pages(0));
}

}  // namespace

uint64_t available_memory() {
  constexpr uint64_t kKilobyte = 1024;
  const uint64_t system = read_number("/proc/meminfo", "MemAvailable:", kUnlimited / kKilobyte);
  return std::min({system * kKilobyte, control_group_left(), address_space_left()});
}

uint64_t resident_memory() { return pages(1); }

}  // namespace dcgan
