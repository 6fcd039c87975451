#pragma once

#include <cstdint>

namespace dcgan::bench {

// Independent chains of fused multiply-adds on this processor's widest vectors.
void fma_loop(int64_t iterations);
double fma_loop_flops(int64_t iterations);

}  // namespace dcgan::bench
