// Copying operands into the form that the register tiles read.

#if defined(DCGAN_KERNELS_PACKING_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef DCGAN_KERNELS_PACKING_INL_H_
#undef DCGAN_KERNELS_PACKING_INL_H_
#else
#define DCGAN_KERNELS_PACKING_INL_H_
#endif

#include <cstring>

#include <hwy/highway.h>

#include "models/kernels/blocking-inl.h"
#include "models/kernels/conv4x4.h"

HWY_BEFORE_NAMESPACE();
namespace dcgan::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Loads min(lanes, count) elements, the other lanes zero, without touching memory beyond them.
template <class D, typename T>
HWY_INLINE hn::Vec<D> load_some(D d, const T* from, int64_t count) {
  constexpr int64_t kLanes = hn::MaxLanes(D());
  if (HWY_LIKELY(count >= kLanes)) return hn::LoadU(d, from);
  HWY_ALIGN T edge[kLanes] = {};
  for (int64_t i = 0; i < count; ++i) edge[i] = from[i];
  return hn::Load(d, edge);
}

// Calls body(tag, c) for vectors that together cover channels [0, channels), the last one possibly
// overlapping the one before it: body must not read what it writes.
template <class D, class Body>
HWY_INLINE void for_each_vector(D d, int64_t channels, const Body& body) {
  constexpr int64_t kLanes = hn::MaxLanes(D());
  if (HWY_LIKELY(channels >= kLanes)) {
    for (int64_t c = 0; c + kLanes <= channels; c += kLanes) body(d, c);
    if (channels % kLanes != 0) body(d, channels - kLanes);
  } else {
    for (int64_t c = 0; c < channels; ++c) body(hn::CappedTag<hn::TFromD<D>, 1>(), c);
  }
}

// A batch of channels-last maps.
template <typename T>
struct Maps {
  const T* data;
  int64_t height;
  int64_t width;
  int64_t channels;

  const T* row(int64_t image, int64_t y) const {
    return data + (image * height + y) * width * channels;
  }
};

// Rows first, first + step, ... (`rows` of them) of `images` images from `image` on, each with one
// pixel of zeros to the left and `right` to the right; rows outside the map are zeros.
template <typename T>
HWY_INLINE void pack_padded_rows(const Maps<T>& maps, int64_t image, int64_t images, int64_t first,
                                 int64_t step, int64_t rows, int64_t right, T* to) {
  const size_t pixel = static_cast<size_t>(maps.channels);
  const size_t line = pixel * static_cast<size_t>(maps.width);
  const size_t after = pixel * static_cast<size_t>(right);
  for (int64_t n = image; n < image + images; ++n) {
    for (int64_t r = 0; r < rows; ++r) {
      const int64_t y = first + r * step;
      if (y < 0 || y >= maps.height) {
        memset(to, 0, sizeof(T) * (pixel + line + after));
      } else {
        for (size_t c = 0; c < pixel; ++c) to[c] = T(0);
        memcpy(to + pixel, maps.row(n, y), sizeof(T) * line);
        for (size_t c = 0; c < after; ++c) to[pixel + line + c] = T(0);
      }
      to += pixel + line + after;
    }
  }
}

// Columns [0, columns) of `pixels` rows, `stride` apart, as panels of depth `pixels`. Columns that
// pad the last panel are zero.
template <class D, typename T>
HWY_INLINE void pack_panels(D d, const T* from, int64_t pixels, int64_t stride, int64_t columns,
                            T* to) {
  constexpr int64_t kLanes = hn::MaxLanes(D());
  for (int64_t column = 0; column < columns;) {
    const int64_t width = panel_width(d, column, columns);
    T* panel = to + column * pixels;
    for (int64_t i = 0; i < width; i += kLanes) {
      const int64_t left = columns - column - i;
      const T* source = from + column + i;
      for (int64_t p = 0; p < pixels; ++p) {
        hn::Store(load_some(d, source + p * stride, left), d, panel + p * width + i);
      }
    }
    column += width;
  }
}

// to[j * to_stride + i] = from[i * from_stride + j] for i < count (1 to 4), j < 4, and zeros for
// the i from count up to padded (at most 4): a run of four taps of up to four channels becomes four
// rows, one a tap.
template <typename T>
HWY_INLINE void transpose_quad(const T* from, int64_t from_stride, int64_t count, int64_t padded,
                               T* to, int64_t to_stride) {
#if HWY_TARGET != HWY_SCALAR
  if constexpr (sizeof(T) == 4) {
    if (HWY_LIKELY(count == 4)) {
      const hn::FixedTag<T, 4> d;
      const auto a = hn::LoadU(d, from);
      const auto b = hn::LoadU(d, from + from_stride);
      const auto c = hn::LoadU(d, from + 2 * from_stride);
      const auto e = hn::LoadU(d, from + 3 * from_stride);
      const auto ac_low = hn::InterleaveLower(d, a, c);
      const auto be_low = hn::InterleaveLower(d, b, e);
      const auto ac_high = hn::InterleaveUpper(d, a, c);
      const auto be_high = hn::InterleaveUpper(d, b, e);
      hn::StoreU(hn::InterleaveLower(d, ac_low, be_low), d, to);
      hn::StoreU(hn::InterleaveUpper(d, ac_low, be_low), d, to + to_stride);
      hn::StoreU(hn::InterleaveLower(d, ac_high, be_high), d, to + 2 * to_stride);
      hn::StoreU(hn::InterleaveUpper(d, ac_high, be_high), d, to + 3 * to_stride);
      return;
    }
  }
#endif
  for (int64_t i = 0; i < padded; ++i) {
    for (int64_t j = 0; j < 4; ++j) {
      to[j * to_stride + i] = i < count ? from[i * from_stride + j] : T(0);
    }
  }
}

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace dcgan::kernels
HWY_AFTER_NAMESPACE();

#endif  // DCGAN_KERNELS_PACKING_INL_H_
