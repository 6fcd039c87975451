// The instruction sets that the kernels are compiled for. Include before hwy/foreach_target.h.
//
// On x86-64: the scalar fallback, SSE4, AVX2 with FMA, AVX-512 (Highway's AVX3). SSSE3 is left
// out: processors that stop there left the market in 2008, and each target costs compile time.
// AVX3_DL (Ice Lake, Zen 4) adds integer instructions only; left out as well.
// Vectors of unknown size cannot stand in arrays as these kernels have them, so on Arm NEON is
// used and never SVE.
#pragma once

#include "hwy/detect_targets.h"

#undef HWY_DISABLED_TARGETS
#define HWY_DISABLED_TARGETS \
  (HWY_AVX3_DL | HWY_SSSE3 | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
