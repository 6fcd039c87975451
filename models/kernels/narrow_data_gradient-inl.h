// The data gradient towards few channels (an image): one product [pixels of dy] x [Co] x [16 taps x
// Ci], whose right side fills whole vectors, then each pixel's 4x4 window is added into the image.
// Same number of multiplications as by phases, where a vector would hold 1 to 3 channels.

#if defined(DCGAN_KERNELS_NARROW_DATA_GRADIENT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef DCGAN_KERNELS_NARROW_DATA_GRADIENT_INL_H_
#undef DCGAN_KERNELS_NARROW_DATA_GRADIENT_INL_H_
#else
#define DCGAN_KERNELS_NARROW_DATA_GRADIENT_INL_H_
#endif

#include <cstring>

#include <hwy/highway.h>

#include "models/kernels/conv4x4_arguments.h"
#include "models/kernels/gemm-inl.h"
#include "models/kernels/packing-inl.h"
#include "models/kernels/scratch.h"

HWY_BEFORE_NAMESPACE();
namespace dcgan::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Output channels [begin, end): w[o][i][kh][kw] to row o, column (kh, kw, i) of the panels.
template <typename T>
HWY_INLINE void pack_narrow_data_gradient(const PackArguments<T>& arguments, int64_t begin,
                                          int64_t end) {
  const hn::ScalableTag<T> d;
  const int64_t ci = arguments.in_channels;
  const int64_t columns = 16 * ci;
  for (int64_t column = 0; column < columns;) {
    const int64_t width = panel_width(d, column, columns);
    T* panel = arguments.packed + column * arguments.out_channels;
    for (int64_t o = begin; o < end; ++o) {
      for (int64_t j = 0; j < width; ++j) {
        const int64_t tap = (column + j) / ci;
        const int64_t i = (column + j) % ci;
        panel[o * width + j] =
            column + j < columns ? arguments.weight[(o * ci + i) * 16 + tap] : T(0);
      }
    }
    column += width;
  }
}

// to[i] = leaky(a[i] + b[i] + c[i] + e[i] + bias[i]) for i < count.
template <class D, typename T>
HWY_INLINE void add_windows(D d, const T* a, const T* b, const T* c, const T* e, int64_t count,
                            const BiasLeaky<T>& epilogue, T* to) {
  constexpr int64_t kLanes = hn::MaxLanes(D());
  const auto step = [&](int64_t i) HWY_ATTR {
    const auto upper = hn::Add(hn::LoadU(d, a + i), hn::LoadU(d, b + i));
    const auto lower = hn::Add(hn::LoadU(d, c + i), hn::LoadU(d, e + i));
    hn::StoreU(epilogue(d, hn::Add(upper, lower), i), d, to + i);
  };
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) step(i);
  if (i < count) {
    if (count >= kLanes) {
      step(count - kLanes);  // overlaps what is done already
    } else if constexpr (kLanes > 1) {
      const hn::CappedTag<T, 1> one;
      for (; i < count; ++i)
        add_windows(one, a + i, b + i, c + i, e + i, 1, {epilogue.bias + i, epilogue.slope},
                    to + i);
    }
  }
}

// Row y of the image out of two rows of windows, `upper` (of the lower dy row) and `lower`, in
// which this image row is kernel row kh_upper and kh_lower. Windows: [1 + columns + 1
// pixels][4][4][ci], the outer ones zero. Image pixels 2 j + 1 and 2 j + 2 lie in the right half of
// window j and in the left half of window j + 1.
template <typename T>
HWY_INLINE void add_window_rows(const T* upper, const T* lower, int64_t columns, int64_t ci,
                                const BiasLeaky<T>& epilogue, T* to) {
  const int64_t half = 2 * ci;
  const int64_t window = 16 * ci;
  const hn::CappedTag<T, 4> four;
  const hn::CappedTag<T, 2> two;
  const hn::CappedTag<T, 1> one;
  add_windows(one, upper + half + ci, upper + window + ci, lower + half + ci, lower + window + ci,
              ci, epilogue, to);
  to += ci;
  for (int64_t j = 1; j < columns; ++j) {
    upper += window;
    lower += window;
    if (half == 2) {
      add_windows(two, upper + half, upper + window, lower + half, lower + window, half, epilogue,
                  to);
    } else {
      add_windows(four, upper + half, upper + window, lower + half, lower + window, half, epilogue,
                  to);
    }
    to += half;
  }
  upper += window;
  lower += window;
  add_windows(one, upper + half, upper + window, lower + half, lower + window, ci, epilogue, to);
}

template <typename T>
HWY_INLINE void narrow_data_gradient_strips(const DataGradientArguments<T>& arguments,
                                            int64_t begin, int64_t end) {
  const hn::ScalableTag<T> d;
  const ConvShape& shape = arguments.shape;
  const StripPlan& plan = arguments.plan;
  const int64_t ci = shape.in_channels;
  const int64_t co = shape.out_channels;
  const int64_t rows = shape.height / 2;
  const int64_t columns = shape.width / 2;
  const int64_t line = (columns + 2) * 16 * ci;  // of windows
  const int64_t max_pixels = (plan.max_rows() + 2) * columns;
  // One line of zeros stands for the dy rows above and below the map.
  T* windows = scratch<T>(Scratch::kStrip, static_cast<size_t>((plan.max_rows() + 3) * line));
  memset(windows, 0, sizeof(T) * static_cast<size_t>((plan.max_rows() + 3) * line));
  const T* zeros = windows + (plan.max_rows() + 2) * line;
  int64_t* a_offset = scratch<int64_t>(Scratch::kOffsets, static_cast<size_t>(2 * max_pixels));
  int64_t* c_offset = a_offset + max_pixels;

  HWY_ALIGN T bias[2 * kNarrowChannels];  // that of two pixels
  for (int64_t i = 0; i < 2 * ci; ++i) bias[i] = arguments.epilogue.bias[i % ci];
  const BiasLeaky<T> epilogue = {bias, arguments.epilogue.slope};

  for (int64_t index = begin; index < end; ++index) {
    const Strip strip = plan.at(index);
    for (int64_t n = strip.image; n < strip.image + strip.images; ++n) {
      const int64_t first = HWY_MAX(strip.row - 1, 0);
      const int64_t last = HWY_MIN(strip.row + strip.rows + 1, rows);  // one past
      int64_t pixels = 0;
      for (int64_t r = first; r < last; ++r) {
        for (int64_t j = 0; j < columns; ++j, ++pixels) {
          a_offset[pixels] = pixels * co;
          c_offset[pixels] = (r - first) * line + (j + 1) * 16 * ci;
        }
      }
      const T* dy = arguments.dy + (n * rows + first) * columns * co;
      multiply_rows(d, ScatteredRows<const T>{dy, a_offset}, Reduction{1, co, 0}, arguments.packed,
                    16 * ci, ScatteredRows<T>{windows, c_offset}, pixels, NoEpilogue());
      const auto window_row = [&](int64_t r, int64_t kh) HWY_ATTR {
        return r < 0 || r >= rows ? zeros : windows + (r - first) * line + kh * 4 * ci;
      };
      for (int64_t r = strip.row; r < strip.row + strip.rows; ++r) {
        T* dx = arguments.dx + (n * rows + r) * 2 * shape.width * ci;
        add_window_rows(window_row(r - 1, 3), window_row(r, 1), columns, ci, epilogue, dx);
        add_window_rows(window_row(r, 2), window_row(r + 1, 0), columns, ci, epilogue,
                        dx + shape.width * ci);
      }
    }
  }
}

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace dcgan::kernels
HWY_AFTER_NAMESPACE();

#endif  // DCGAN_KERNELS_NARROW_DATA_GRADIENT_INL_H_
