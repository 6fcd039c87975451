#pragma once

#include <cstdint>
#include <filesystem>

namespace dcgan {

/// Bytes that this process can still take: the least of what the system has available, the control
/// group's limit (containers, SLURM) and the address space's (ulimit -v).
uint64_t available_memory();

/// Of that the control groups' part: what the process's own group (/proc/self/cgroup, version 1 or
/// 2) and those above it allow; the largest number if none has a limit. `system`: where /proc and
/// /sys are.
uint64_t control_group_memory_left(const std::filesystem::path& system = "/");

/// Bytes of memory this process holds now (its resident set).
uint64_t resident_memory();

}  // namespace dcgan
