#include "common/memory.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <limits>
#include <sstream>
#include <string>

namespace dcgan {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kUnlimited = std::numeric_limits<uint64_t>::max();

// The number behind `key` in a file of "key value ..." lines; with an empty key the first number of
// the file. `otherwise` where there is none.
uint64_t read_number(const fs::path& file, const std::string& key, uint64_t otherwise) {
  std::ifstream input(file);
  uint64_t number = 0;
  if (key.empty()) return input >> number ? number : otherwise;
  for (std::string line; std::getline(input, line);) {
    if (!line.starts_with(key)) continue;
    std::istringstream rest(line.substr(key.size()));
    return rest >> number ? number : otherwise;
  }
  return otherwise;
}

// The files of a control group's memory controller, version 2 or 1.
struct ControlGroupFiles {
  const char* most;
  const char* used;
  const char* cached;
};

constexpr ControlGroupFiles kVersion2{"memory.max", "memory.current", "inactive_file "};
constexpr ControlGroupFiles kVersion1{"memory.limit_in_bytes", "memory.usage_in_bytes",
                                      "total_inactive_file "};

// What the group and those above it still allow: each limits all below it.
uint64_t left_in_group(const fs::path& root, fs::path group, const ControlGroupFiles& files) {
  uint64_t least = kUnlimited;
  while (true) {
    const fs::path folder = root / group;
    const uint64_t most = read_number(folder / files.most, "", kUnlimited);
    if (most != kUnlimited) {
      const uint64_t used = read_number(folder / files.used, "", 0);
      // Cached files count as used and are given up on demand.
      const uint64_t cached = read_number(folder / "memory.stat", files.cached, 0);
      least = std::min(least, most - std::min(most, used - std::min(used, cached)));
    }
    if (group.empty()) return least;
    group = group.parent_path();
  }
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

uint64_t control_group_memory_left(const fs::path& system) {
  const fs::path root = system / "sys/fs/cgroup";
  uint64_t least = kUnlimited;
  std::ifstream groups(system / "proc/self/cgroup");
  bool any = false;
  for (std::string line; std::getline(groups, line);) {
    const size_t first = line.find(':');
    const size_t second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",";
    // Inside of a container the group's path may be that outside: then its root is what is seen.
    const fs::path group = fs::path(line.substr(second + 1)).relative_path().lexically_normal();
    if (controllers == ",,") {
      least = std::min(least, left_in_group(root, group, kVersion2));
      any = true;
    } else if (controllers.find(",memory,") != std::string::npos) {
      least = std::min(least, left_in_group(root / "memory", group, kVersion1));
      any = true;
    }
  }
  return any ? least
             : std::min(left_in_group(root, "", kVersion2),
                        left_in_group(root / "memory", "", kVersion1));
}

uint64_t available_memory() {
  constexpr uint64_t kKilobyte = 1024;
  const uint64_t system = read_number("/proc/meminfo", "MemAvailable:", kUnlimited / kKilobyte);
  return std::min({system * kKilobyte, control_group_memory_left(), address_space_left()});
}

uint64_t resident_memory() { return pages(1); }

}  // namespace dcgan
