// dw by Winograd: the gradient of a 2x2-tap filter from a tile of 2x2 pixels is again F(2x2, 2x2),
// with dy in the filter's place. Each of nine sums (u, v) is an outer product over tiles of the
// forward's transformed operand [4 parities x Ci] and the transformed dy [Co]; only the finished
// sums are transformed back.

#if defined(DCGAN_KERNELS_WINOGRAD_WEIGHT_GRADIENT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef DCGAN_KERNELS_WINOGRAD_WEIGHT_GRADIENT_INL_H_
#undef DCGAN_KERNELS_WINOGRAD_WEIGHT_GRADIENT_INL_H_
#else
#define DCGAN_KERNELS_WINOGRAD_WEIGHT_GRADIENT_INL_H_
#endif

#include <hwy/highway.h>

#include "models/kernels/gemm-inl.h"
#include "models/kernels/scratch.h"
#include "models/kernels/unpacking-inl.h"
#include "models/kernels/winograd_forward-inl.h"

HWY_BEFORE_NAMESPACE();
namespace dcgan::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// The strip's dy, `columns` channels from `column` on, as [u, v][tile][width]; columns up to
// `width` and pixels outside the map are zero. tile: room for [4][width].
template <class D, typename T>
HWY_INLINE void transform_output_gradient(D d, const Maps<T>& dy, const Strip& strip,
                                          int64_t tiles_x, int64_t column, int64_t columns,
                                          int64_t width, T* tile, T* to) {
  const int64_t step = winograd_step(strip.images * strip.rows * tiles_x * width);
  for (int64_t n = strip.image; n < strip.image + strip.images; ++n) {
    for (int64_t y = 2 * strip.row; y < 2 * (strip.row + strip.rows); y += 2) {
      for (int64_t x = 0; x < 2 * tiles_x; x += 2, to += width) {
        for (int64_t pixel = 0; pixel < 4; ++pixel) {
          const int64_t row = y + pixel / 2;
          const int64_t col = x + pixel % 2;
          T* copy = tile + pixel * width;
          int64_t valid = 0;
          if (row < dy.height && col < dy.width) {
            memcpy(copy, dy.row(n, row) + col * dy.channels + column,
                   sizeof(T) * static_cast<size_t>(columns));
            valid = columns;
          }
          for (int64_t c = valid; c < width; ++c) copy[c] = T(0);
        }
        for_each_vector(d, width, [&](auto tag, int64_t c) HWY_ATTR {
          transform_filter(
              tag,
              [&](int a, int b) HWY_ATTR { return hn::LoadU(tag, tile + (2 * a + b) * width + c); },
              [&](int u, int v, hn::Vec<decltype(tag)> value)
                  HWY_ATTR { hn::StoreU(value, tag, to + (3 * u + v) * step + c); });
        });
      }
    }
  }
}

template <typename T>
HWY_INLINE void winograd_weight_gradient_task(const WeightGradientArguments<T>& arguments,
                                              int64_t task) {
  const hn::ScalableTag<T> d;
  const ConvShape& shape = arguments.shape;
  const WeightGradientPlan& plan = arguments.plan;
  const StripPlan& strips = plan.strips;
  const int64_t ci = shape.in_channels;
  const int64_t co = shape.out_channels;
  const int64_t tiles_x = ceil_div(shape.width, 4);
  const int64_t line = (4 * tiles_x + 2) * ci;
  const int64_t rows = 4 * ci;
  const int64_t max_images = strips.max_images();
  const int64_t max_tiles = max_images * strips.max_rows() * tiles_x;

  const int64_t split = task / plan.column_blocks;
  const int64_t column = task % plan.column_blocks * plan.block_columns;
  const int64_t columns = HWY_MIN(plan.block_columns, co - column);
  const int64_t width = round_up(columns, static_cast<int64_t>(hn::MaxLanes(d)));
  T* partial = arguments.partial + split * plan.partial_size + column * rows;

  T* padded = scratch<T>(Scratch::kStrip,
                         static_cast<size_t>(max_images * (4 * strips.max_rows() + 2) * line));
  T* windows =
      scratch<T>(Scratch::kOperand, static_cast<size_t>(9 * winograd_step(max_tiles * rows)));
  T* gradient = scratch<T>(
      Scratch::kProduct,
      static_cast<size_t>(9 * winograd_step(max_tiles * width) + (max_tiles + 4) * width));
  T* panels = gradient + 9 * winograd_step(max_tiles * width);
  T* tile = panels + max_tiles * width;

  const Maps<T> x = {arguments.x, shape.height, shape.width, ci};
  const Maps<T> dy = {arguments.dy, shape.height / 2, shape.width / 2, co};
  const int64_t origin = 0;
  const int64_t begin = strips.count() * split / plan.splits;
  const int64_t end = strips.count() * (split + 1) / plan.splits;
  for (int64_t index = begin; index < end; ++index) {
    const Strip strip = strips.at(index);
    const int64_t tiles = strip.images * strip.rows * tiles_x;
    pack_padded_rows(x, strip.image, strip.images, 4 * strip.row - 1, 1, 4 * strip.rows + 2,
                     4 * tiles_x + 1 - shape.width, padded);
    transform_windows(d, padded, line, 4 * strip.rows + 2, strip, tiles_x, ci, windows);
    transform_output_gradient(d, dy, strip, tiles_x, column, columns, width, tile, gradient);
    const PixelRuns runs = {&origin, 1, tiles, rows};
    for (int64_t uv = 0; uv < 9; ++uv) {
      const T* a = windows + uv * winograd_step(tiles * rows);
      const T* b = gradient + uv * winograd_step(tiles * width);
      if (width > 2 * static_cast<int64_t>(hn::MaxLanes(d))) {
        pack_panels(d, b, tiles, width, width, panels);
        b = panels;
      }
      T* sums = partial + uv * winograd_step(rows * padded_columns(co));
      multiply_pixel_panels(d, a, runs, tiles, b, width, sums, rows, rows, index == begin);
    }
  }
}

// Input channels [begin, end): transforms the sums back and writes dw.
template <typename T>
HWY_INLINE void winograd_weight_gradient_write(const WeightGradientArguments<T>& arguments,
                                               int64_t begin, int64_t end) {
  const hn::ScalableTag<T> d;
  const hn::CappedTag<T, 4> quad;
  constexpr int64_t kLanes = hn::MaxLanes(hn::CappedTag<T, 4>());
  const int64_t ci = arguments.shape.in_channels;
  const int64_t co = arguments.shape.out_channels;
  const int64_t step = winograd_step(4 * ci * padded_columns(co));
  for (int64_t column = 0; column < co;) {
    const int64_t width = panel_width(d, column, co);
    const int64_t valid = HWY_MIN(width, co - column);
    for (int64_t i = begin; i < end; ++i) {
      for (int64_t j = 0; j < valid; j += 4) {
        HWY_ALIGN T taps[16][4];
        for (int parity = 0; parity < 4; ++parity) {
          const T* sums = arguments.partial + column * 4 * ci + (parity * ci + i) * width + j;
          for (int64_t k = 0; k < HWY_MIN(4, width - j); k += kLanes) {
            transform_output(
                quad,
                [&](int u, int v)
                    HWY_ATTR { return hn::LoadU(quad, sums + (3 * u + v) * step + k); },
                [&](int a, int b, hn::Vec<hn::CappedTag<T, 4>> value) HWY_ATTR {
                  const int tap = (2 * a + parity / 2) * 4 + 2 * b + parity % 2;
                  hn::StoreU(value, quad, taps[tap] + k);
                });
          }
        }
        store_taps(taps, HWY_MIN(4, valid - j), arguments.dw + ((column + j) * ci + i) * 16,
                   ci * 16);
      }
    }
    column += width;
  }
}

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace dcgan::kernels
HWY_AFTER_NAMESPACE();

#endif  // DCGAN_KERNELS_WINOGRAD_WEIGHT_GRADIENT_INL_H_
