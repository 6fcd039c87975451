// Winograd's minimal filtering F(2x2, 2x2), by which a 2x2 tile of a 2x2-tap convolution costs 9
// products instead of 16 (S. Winograd, "Arithmetic Complexity of Computations", 1980; A. Lavin and
// S. Gray, "Fast Algorithms for Convolutional Neural Networks", 2015).
//
// In one dimension, for y0 = d0 g0 + d1 g1 and y1 = d1 g0 + d2 g1:
//   m0 = (d0 - d1) g0,  m1 = d1 (g0 + g1),  m2 = (d2 - d1) g1;  y0 = m0 + m1,  y1 = m1 + m2.
// All constants are 0 and +-1, so the rounding error stays within a small factor of the plain
// sum's. A 4x4 convolution of stride 2 is a sum of four 2x2-tap convolutions, one for each parity
// of the tap; its data gradient is four of them, one for each parity of the pixel.

#if defined(DCGAN_KERNELS_WINOGRAD_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef DCGAN_KERNELS_WINOGRAD_INL_H_
#undef DCGAN_KERNELS_WINOGRAD_INL_H_
#else
#define DCGAN_KERNELS_WINOGRAD_INL_H_
#endif

#include <hwy/highway.h>

#include "models/kernels/conv4x4_arguments.h"
#include "models/kernels/packing-inl.h"

HWY_BEFORE_NAMESPACE();
namespace dcgan::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// [d0, d1, d2] to [d0 - d1, d1, d2 - d1] along both axes: load(r, c), store(u, v, value).
template <class D, class Load, class Store>
HWY_INLINE void transform_input(D /*d*/, const Load& load, const Store& store) {
  hn::Vec<D> t[3][3];
#pragma GCC unroll 3
  for (int c = 0; c < 3; ++c) {
    const auto middle = load(1, c);
    t[0][c] = hn::Sub(load(0, c), middle);
    t[1][c] = middle;
    t[2][c] = hn::Sub(load(2, c), middle);
  }
#pragma GCC unroll 3
  for (int u = 0; u < 3; ++u) {
    store(u, 0, hn::Sub(t[u][0], t[u][1]));
    store(u, 1, t[u][1]);
    store(u, 2, hn::Sub(t[u][2], t[u][1]));
  }
}

// The inputs of both parities at once, which share a difference:
// [d0, d1, d2, d3] to [d0 - d1, d1, d1 - d2, d2, d3 - d2] along both axes.
template <class D, class Load, class Store>
HWY_INLINE void transform_shared_input(D /*d*/, const Load& load, const Store& store) {
  hn::Vec<D> t[5][4];
#pragma GCC unroll 4
  for (int c = 0; c < 4; ++c) {
    const auto d1 = load(1, c);
    const auto d2 = load(2, c);
    t[0][c] = hn::Sub(load(0, c), d1);
    t[1][c] = d1;
    t[2][c] = hn::Sub(d1, d2);
    t[3][c] = d2;
    t[4][c] = hn::Sub(load(3, c), d2);
  }
#pragma GCC unroll 5
  for (int u = 0; u < 5; ++u) {
    store(u, 0, hn::Sub(t[u][0], t[u][1]));
    store(u, 1, t[u][1]);
    store(u, 2, hn::Sub(t[u][1], t[u][2]));
    store(u, 3, t[u][2]);
    store(u, 4, hn::Sub(t[u][3], t[u][2]));
  }
}

// [y0, y1] to [y0, y0 + y1, y1] along both axes: what filters, and in the weight gradient the
// output's gradient, are multiplied as.
template <class D, class Load, class Store>
HWY_INLINE void transform_filter(D /*d*/, const Load& load, const Store& store) {
  hn::Vec<D> t[3][2];
#pragma GCC unroll 2
  for (int c = 0; c < 2; ++c) {
    t[0][c] = load(0, c);
    t[2][c] = load(1, c);
    t[1][c] = hn::Add(t[0][c], t[2][c]);
  }
#pragma GCC unroll 3
  for (int u = 0; u < 3; ++u) {
    store(u, 0, t[u][0]);
    store(u, 1, hn::Add(t[u][0], t[u][1]));
    store(u, 2, t[u][1]);
  }
}

// [m0, m1, m2] to [m0 + m1, m1 + m2] along both axes.
template <class D, class Load, class Store>
HWY_INLINE void transform_output(D /*d*/, const Load& load, const Store& store) {
  hn::Vec<D> t[2][3];
#pragma GCC unroll 3
  for (int c = 0; c < 3; ++c) {
    const auto middle = load(1, c);
    t[0][c] = hn::Add(load(0, c), middle);
    t[1][c] = hn::Add(middle, load(2, c));
  }
#pragma GCC unroll 2
  for (int a = 0; a < 2; ++a) {
    store(a, 0, hn::Add(t[a][0], t[a][1]));
    store(a, 1, hn::Add(t[a][1], t[a][2]));
  }
}

// The taps of a panel's channels, [tap][channel]; room for four channels at least, the unit in
// which weights are transposed.
template <typename T>
struct PanelTaps {
  static constexpr int64_t kWidth = HWY_MAX(4, 2 * hn::MaxLanes(hn::ScalableTag<T>()));
  HWY_ALIGN T tap[16][kWidth];

  // Loads `count` channels, `stride` apart, and zeros up to `width`.
  HWY_INLINE void load(const T* from, int64_t stride, int64_t count, int64_t width) {
    for (int64_t j = 0; j < width; j += 4) {
      const int64_t valid = HWY_MAX(0, HWY_MIN(4, count - j));
      for (int64_t kh = 0; kh < 4; ++kh) {
        transpose_quad(from + j * stride + kh * 4, stride, valid, 4, tap[kh * 4] + j, kWidth);
      }
    }
  }
};

// Transforms the filters g[a][b] = taps.tap[index(a, b)] of a panel's `width` channels and stores
// them, `step` elements from one of the nine products to the next. negate_u, negate_v: the last row
// or column is multiplied with the negative of its difference.
template <class D, typename T, class Index>
HWY_INLINE void pack_filter(D d, const PanelTaps<T>& taps, const Index& index, bool negate_u,
                            bool negate_v, int64_t width, T* to, int64_t step) {
  constexpr int64_t kLanes = hn::MaxLanes(D());
  for (int64_t i = 0; i < width; i += kLanes) {
    transform_filter(
        d, [&](int a, int b) HWY_ATTR { return hn::Load(d, taps.tap[index(a, b)] + i); },
        [&](int u, int v, hn::Vec<D> value) HWY_ATTR {
          if ((negate_u && u == 2) != (negate_v && v == 2)) value = hn::Neg(value);
          hn::StoreU(value, d, to + (3 * u + v) * step + i);
        });
  }
}

// The 16 taps of `count` (1 to 4) channels from [tap][channel] to PyTorch's order, channels
// `stride` apart.
template <typename T>
HWY_INLINE void store_taps(const T (*taps)[4], int64_t count, T* to, int64_t stride) {
  for (int64_t kh = 0; kh < 4; ++kh) {
    if (count == 4) {
      transpose_quad(taps[kh * 4], 4, 4, 4, to + kh * 4, stride);
      continue;
    }
    for (int64_t i = 0; i < count; ++i) {
      for (int64_t kw = 0; kw < 4; ++kw) to[i * stride + kh * 4 + kw] = taps[kh * 4 + kw][i];
    }
  }
}

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace dcgan::kernels
HWY_AFTER_NAMESPACE();

#endif  // DCGAN_KERNELS_WINOGRAD_INL_H_
