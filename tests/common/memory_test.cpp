#include "common/memory.h"

#include <gtest/gtest.h>

#include <fstream>
#include <limits>

#include "temporary_folder.h"

namespace dcgan {
namespace {

namespace fs = std::filesystem;

void put(const fs::path& path, const std::string& text) {
  fs::create_directories(path.parent_path());
  std::ofstream(path) << text;
}

TEST(Memory, TheLeastOfAGroupAndThoseAboveItCounts) {
  const TemporaryFolder system;
  const fs::path groups = system / "sys/fs/cgroup";
  put(system / "proc/self/cgroup", "0::/system.slice/slurm/job_7/step_0\n");
  put(groups / "system.slice/slurm/job_7/step_0/memory.max", "max\n");
  put(groups / "system.slice/slurm/job_7/memory.max", "1000\n");
  put(groups / "system.slice/slurm/job_7/memory.current", "700\n");
  put(groups / "system.slice/slurm/job_7/memory.stat", "anon 400\ninactive_file 100\n");
  put(groups / "system.slice/memory.max", "5000\n");
  EXPECT_EQ(control_group_memory_left(system.path()), 400);
}

TEST(Memory, VersionOneHasAFolderForEachController) {
  const TemporaryFolder system;
  put(system / "proc/self/cgroup", "3:cpu,cpuacct:/a\n2:memory:/job\n");
  put(system / "sys/fs/cgroup/memory/job/memory.limit_in_bytes", "1000\n");
  put(system / "sys/fs/cgroup/memory/job/memory.usage_in_bytes", "1200\n");
  put(system / "sys/fs/cgroup/memory/job/memory.stat", "total_inactive_file 300\n");
  EXPECT_EQ(control_group_memory_left(system.path()), 100);
}

TEST(Memory, InAContainerTheGroupThatIsSeenIsTheRoot) {
  const TemporaryFolder system;
  put(system / "proc/self/cgroup", "0::/../../outside/of/it\n");
  put(system / "sys/fs/cgroup/memory.max", "50\n");
  EXPECT_EQ(control_group_memory_left(system.path()), 50);
}

TEST(Memory, WithoutLimitsThereIsNone) {
  const TemporaryFolder system;
  EXPECT_EQ(control_group_memory_left(system.path()), std::numeric_limits<uint64_t>::max());
  EXPECT_GT(available_memory(), 0);
}

}  // namespace
}  // namespace dcgan
