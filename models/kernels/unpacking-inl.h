// From panels of sums back to PyTorch's weight layout.

#if defined(DCGAN_KERNELS_UNPACKING_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef DCGAN_KERNELS_UNPACKING_INL_H_
#undef DCGAN_KERNELS_UNPACKING_INL_H_
#else
#define DCGAN_KERNELS_UNPACKING_INL_H_
#endif

#include <hwy/highway.h>

#include "models/kernels/packing-inl.h"

HWY_BEFORE_NAMESPACE();
namespace dcgan::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// to[i * to_stride + j] = from[j * stride + i] for i < channels (1 to 4) and taps j < 4.
template <typename T>
HWY_INLINE void unpack_quad(const T* from, int64_t stride, int64_t channels, T* to,
                            int64_t to_stride) {
  if (HWY_LIKELY(channels == 4)) {
    transpose_quad(from, stride, 4, 4, to, to_stride);
    return;
  }
  for (int64_t j = 0; j < 4; ++j) {
    for (int64_t i = 0; i < channels; ++i) to[i * to_stride + j] = from[j * stride + i];
  }
}

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace dcgan::kernels
HWY_AFTER_NAMESPACE();

#endif  // DCGAN_KERNELS_UNPACKING_INL_H_
