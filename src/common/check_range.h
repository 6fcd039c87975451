#pragma once

#include <cstdint>

namespace dcgan {

/// Throws UsageError "--NAME VALUE: expected LEAST to MOST" unless `value` is within.
void check_range(const char* name, int64_t value, int64_t least, int64_t most);

}  // namespace dcgan
