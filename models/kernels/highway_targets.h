// The instruction sets that the kernels are compiled for. Include before hwy/foreach_target.h.
//
// On x86-64: the scalar fallback, SSE4, AVX2 with FMA, AVX-512 (Highway's AVX3). SSSE3 is left
// out: processors that stop there left the market in 2008, and each target costs compile time.
// What came after AVX-512 (Highway's AVX3_DL, AVX3_ZEN4, AVX3_SPR) adds integer and 16-bit
// instructions only, SSE2 is older than SSSE3; left out as well, where this Highway has them.
// Vectors of unknown size cannot stand in arrays as these kernels have them, so on Arm NEON is
// used and never SVE.
#pragma once

#include "hwy/detect_targets.h"

#ifdef HWY_AVX3_ZEN4
#define DCGAN_AVX3_ZEN4 HWY_AVX3_ZEN4
#else
#define DCGAN_AVX3_ZEN4 0
#endif
#ifdef HWY_AVX3_SPR
#define DCGAN_AVX3_SPR HWY_AVX3_SPR
#else
#define DCGAN_AVX3_SPR 0
#endif
#ifdef HWY_SSE2
#define DCGAN_SSE2 HWY_SSE2
#else
#define DCGAN_SSE2 0
#endif

#undef HWY_DISABLED_TARGETS
#define HWY_DISABLED_TARGETS                                                                      \
  (HWY_AVX3_DL | DCGAN_AVX3_ZEN4 | DCGAN_AVX3_SPR | HWY_SSSE3 | DCGAN_SSE2 | HWY_SVE | HWY_SVE2 | \
   HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
