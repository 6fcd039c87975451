#include "common/check_range.h"

#include <fmt/format.h>

#include "common/error.h"

namespace dcgan {

void check_range(const char* name, int64_t value, int64_t least, int64_t most) {
  if (value < least || value > most) {
    throw UsageError(fmt::format("--{} {}: expected {} to {}", name, value, least, most));
  }
}

}  // namespace dcgan
