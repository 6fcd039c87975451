#include "models/kernels/batch_norm_run.h"

#include <algorithm>

#if defined(__linux__)
#include <unistd.h>
#endif

namespace dcgan::kernels {

int64_t stream_bytes() {
  constexpr int64_t kMebi = int64_t{1} << 20;
  // Half the last cache. What large servers report is the sum over parts that one core sees a
  // fraction of, hence the upper limit; 0 means unknown.
  static const int64_t bytes = [] {
    int64_t cache = 0;
#if defined(_SC_LEVEL3_CACHE_SIZE)
    cache = sysconf(_SC_LEVEL3_CACHE_SIZE);
#endif
    return cache <= 0 ? 16 * kMebi : std::clamp(cache / 2, 4 * kMebi, 16 * kMebi);
  }();
  return bytes;
}

}  // namespace dcgan::kernels
