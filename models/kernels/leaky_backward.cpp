#include "models/kernels/leaky_backward.h"

#include "models/kernels/highway_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "models/kernels/leaky_backward.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "models/kernels/parallel.h"
#include "models/kernels/scratch.h"
#include "models/kernels/strips.h"

#ifndef DCGAN_KERNELS_LEAKY_BACKWARD_ARGUMENTS_
#define DCGAN_KERNELS_LEAKY_BACKWARD_ARGUMENTS_
namespace dcgan::kernels {

template <typename T>
struct LeakyBackwardArguments {
  int64_t channels;
  const T* y;
  const T* dy;
  T slope;
  T* dx;
};

}  // namespace dcgan::kernels
#endif

HWY_BEFORE_NAMESPACE();
namespace dcgan::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Channels [c, c + lanes) of pixels [begin, end); `sums` gets their sums.
template <class D, typename T>
HWY_INLINE void leaky_column(D d, const LeakyBackwardArguments<T>& a, int64_t begin, int64_t end,
                             int64_t c, T* sums) {
  const auto slope = hn::Set(d, a.slope);
  const bool plain = a.slope == T(1);
  auto sum = hn::Zero(d);
  for (int64_t i = begin * a.channels + c; i < end * a.channels; i += a.channels) {
    auto value = hn::LoadU(d, a.dy + i);
    if (!plain) {
      const auto positive = hn::Gt(hn::LoadU(d, a.y + i), hn::Zero(d));
      value = hn::IfThenElse(positive, value, hn::Mul(value, slope));
    }
    if (a.dx != nullptr) hn::StoreU(value, d, a.dx + i);
    sum = hn::Add(sum, value);
  }
  hn::StoreU(sum, d, sums + c);
}

template <typename T>
HWY_INLINE void leaky_block(const LeakyBackwardArguments<T>& a, int64_t begin, int64_t end,
                            T* sums) {
  const hn::ScalableTag<T> d;
  constexpr int64_t kLanes = hn::MaxLanes(hn::ScalableTag<T>());
  int64_t c = 0;
  for (; c + kLanes <= a.channels; c += kLanes) leaky_column(d, a, begin, end, c, sums);
  for (; c < a.channels; ++c) leaky_column(hn::CappedTag<T, 1>(), a, begin, end, c, sums);
}

void leaky_block_f32(const LeakyBackwardArguments<float>& a, int64_t begin, int64_t end,
                     float* sums) {
  leaky_block(a, begin, end, sums);
}
void leaky_block_f64(const LeakyBackwardArguments<double>& a, int64_t begin, int64_t end,
                     double* sums) {
  leaky_block(a, begin, end, sums);
}

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace dcgan::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

#include "models/kernels/dispatch.h"

namespace dcgan::kernels {

DCGAN_EXPORT(leaky_block);

template <typename T>
void leaky_backward(int64_t pixels, int64_t channels, const T* y, const T* dy, T slope, T* dx,
                    T* dbias) {
  constexpr int64_t kBlockElements = 1 << 13;
  const int64_t block = ceil_div(kBlockElements, channels);
  const int64_t blocks = ceil_div(pixels, block);
  T* sums = scratch<T>(Scratch::kPartial, static_cast<size_t>(blocks * channels));
  const LeakyBackwardArguments<T> arguments{channels, y, dy, slope, dx};
  parallel_for(blocks, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t last = (i + 1) * block < pixels ? (i + 1) * block : pixels;
      DCGAN_DISPATCH(leaky_block, T)(arguments, i * block, last, sums + i * channels);
    }
  });
  if (dbias == nullptr) return;
  for (int64_t c = 0; c < channels; ++c) {
    double total = 0;
    for (int64_t i = 0; i < blocks; ++i) total += static_cast<double>(sums[i * channels + c]);
    dbias[c] = static_cast<T>(total);
  }
}

template <typename T>
void channel_sums(int64_t pixels, int64_t channels, const T* x, T* sums) {
  leaky_backward<T>(pixels, channels, nullptr, x, T(1), nullptr, sums);
}

template void channel_sums(int64_t, int64_t, const float*, float*);
template void channel_sums(int64_t, int64_t, const double*, double*);
template void leaky_backward(int64_t, int64_t, const float*, const float*, float, float*, float*);
template void leaky_backward(int64_t, int64_t, const double*, const double*, double, double*,
                             double*);

}  // namespace dcgan::kernels

#endif  // HWY_ONCE
