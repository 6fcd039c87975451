#pragma once

#include <cstdint>

namespace dcgan {

/// Bytes that this process can still take: the least of what the system has available, the control
/// group's limit (containers, SLURM) and the address space's (ulimit -v).
uint64_t available_memory();

/// Bytes of memory this process holds now (its resident set).
uint64_t resident_memory();

}  // namespace dcgan
