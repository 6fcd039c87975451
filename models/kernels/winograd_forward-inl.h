// y = conv(x, w) by Winograd: for each of nine products (u, v) one matrix product
// [tiles of 2x2 pixels of y] x [4 parities x Ci] x [Co], the parities' sums included.

#if defined(DCGAN_KERNELS_WINOGRAD_FORWARD_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef DCGAN_KERNELS_WINOGRAD_FORWARD_INL_H_
#undef DCGAN_KERNELS_WINOGRAD_FORWARD_INL_H_
#else
#define DCGAN_KERNELS_WINOGRAD_FORWARD_INL_H_
#endif

#include <hwy/highway.h>

#include "models/kernels/gemm-inl.h"
#include "models/kernels/scratch.h"
#include "models/kernels/winograd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace dcgan::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Input channels [begin, end): tap (2 a + s, 2 b + t) is tap (a, b) of parity (s, t). Packed as
// [u, v][panels of Co][s, t][Ci].
template <typename T>
HWY_INLINE void pack_winograd_forward(const PackArguments<T>& arguments, int64_t begin,
                                      int64_t end) {
  const hn::ScalableTag<T> d;
  const int64_t ci = arguments.in_channels;
  const int64_t co = arguments.out_channels;
  const int64_t step = winograd_step(4 * ci * padded_columns(co));
  for (int64_t column = 0; column < co;) {
    const int64_t width = panel_width(d, column, co);
    T* panel = arguments.packed + column * 4 * ci;
    PanelTaps<T> taps;
    for (int64_t i = begin; i < end; ++i) {
      taps.load(arguments.weight + (column * ci + i) * 16, ci * 16, co - column, width);
      for (int s = 0; s < 2; ++s) {
        for (int t = 0; t < 2; ++t) {
          pack_filter(
              d, taps, [&](int a, int b) { return (2 * a + s) * 4 + 2 * b + t; }, false, false,
              width, panel + ((2 * s + t) * ci + i) * width, step);
        }
      }
    }
    column += width;
  }
}

// The nine transformed operands of a strip of tiles, [u, v][tile][s, t][ci], from its padded rows
// of x, `line` elements each.
template <class D, typename T>
HWY_INLINE void transform_windows(D d, const T* padded, int64_t line, int64_t lines_per_image,
                                  const Strip& strip, int64_t tiles_x, int64_t ci, T* to) {
  const int64_t step = winograd_step(strip.images * strip.rows * tiles_x * 4 * ci);
  for (int64_t n = 0; n < strip.images; ++n) {
    for (int64_t r = 0; r < strip.rows; ++r) {
      for (int64_t j = 0; j < tiles_x; ++j) {
        const T* window = padded + (n * lines_per_image + 4 * r) * line + 4 * j * ci;
        for (int64_t parity = 0; parity < 4; ++parity) {
          const T* from = window + parity / 2 * line + parity % 2 * ci;
          for_each_vector(d, ci, [&](auto tag, int64_t c) HWY_ATTR {
            transform_input(
                tag,
                [&](int y, int x)
                    HWY_ATTR { return hn::LoadU(tag, from + 2 * y * line + 2 * x * ci + c); },
                [&](int u, int v, hn::Vec<decltype(tag)> value)
                    HWY_ATTR { hn::StoreU(value, tag, to + (3 * u + v) * step + c); });
          });
          to += ci;
        }
      }
    }
  }
}

// Columns [column, column + columns) of a strip's tiles: the pixels of y from the nine products
// [u, v][tile][width].
template <class D, typename T>
HWY_INLINE void write_tiles(D d, const T* product, int64_t width, const Strip& strip,
                            int64_t tiles_x, int64_t rows, int64_t row_columns, int64_t column,
                            int64_t columns, int64_t co, const BiasLeaky<T>& epilogue, T* y) {
  const int64_t step = winograd_step(strip.images * strip.rows * tiles_x * width);
  for (int64_t n = strip.image; n < strip.image + strip.images; ++n) {
    for (int64_t r = 2 * strip.row; r < 2 * (strip.row + strip.rows); r += 2) {
      for (int64_t j = 0; j < 2 * tiles_x; j += 2, product += width) {
        T* pixel = y + ((n * rows + r) * row_columns + j) * co + column;
        for_each_vector(d, columns, [&](auto tag, int64_t c) HWY_ATTR {
          transform_output(
              tag,
              [&](int u, int v)
                  HWY_ATTR { return hn::LoadU(tag, product + (3 * u + v) * step + c); },
              [&](int a, int b, hn::Vec<decltype(tag)> value) HWY_ATTR {
                if (r + a >= rows || j + b >= row_columns) return;
                hn::StoreU(epilogue(tag, value, column + c), tag,
                           pixel + (a * row_columns + b) * co + c);
              });
        });
      }
    }
  }
}

template <typename T>
HWY_INLINE void winograd_forward_strips(const ForwardArguments<T>& arguments, int64_t begin,
                                        int64_t end) {
  const hn::ScalableTag<T> d;
  const ConvShape& shape = arguments.shape;
  const StripPlan& plan = arguments.plan;
  const int64_t ci = shape.in_channels;
  const int64_t co = shape.out_channels;
  const int64_t tiles_x = ceil_div(shape.width, 4);
  const int64_t line = (4 * tiles_x + 2) * ci;
  const int64_t max_tiles = plan.max_images() * plan.max_rows() * tiles_x;
  const int64_t block = HWY_MIN(padded_columns(co), kWinogradColumns + 0);
  T* padded = scratch<T>(Scratch::kStrip,
                         static_cast<size_t>(plan.max_images() * (4 * plan.max_rows() + 2) * line));
  T* windows =
      scratch<T>(Scratch::kOperand, static_cast<size_t>(9 * winograd_step(max_tiles * 4 * ci)));
  T* product =
      scratch<T>(Scratch::kProduct, static_cast<size_t>(9 * winograd_step(max_tiles * block)));
  int64_t* a_offset = scratch<int64_t>(Scratch::kOffsets, static_cast<size_t>(2 * max_tiles));
  int64_t* c_offset = a_offset + max_tiles;
  const Maps<T> x = {arguments.x, shape.height, shape.width, ci};
  const BiasLeaky<T> epilogue = {arguments.epilogue.bias, arguments.epilogue.slope};

  for (int64_t index = begin; index < end; ++index) {
    const Strip strip = plan.at(index);
    const int64_t tiles = strip.images * strip.rows * tiles_x;
    pack_padded_rows(x, strip.image, strip.images, 4 * strip.row - 1, 1, 4 * strip.rows + 2,
                     4 * tiles_x + 1 - shape.width, padded);
    transform_windows(d, padded, line, 4 * strip.rows + 2, strip, tiles_x, ci, windows);
    for (int64_t column = 0; column < co; column += block) {
      const int64_t columns = HWY_MIN(block, co - column);
      const int64_t width = round_up(columns, static_cast<int64_t>(hn::MaxLanes(d)));
      for (int64_t i = 0; i < tiles; ++i) {
        a_offset[i] = i * 4 * ci;
        c_offset[i] = i * width;
      }
      for (int64_t uv = 0; uv < 9; ++uv) {
        const T* weight =
            arguments.packed + uv * winograd_step(4 * ci * padded_columns(co)) + column * 4 * ci;
        multiply_rows(
            d, ScatteredRows<const T>{windows + uv * winograd_step(tiles * 4 * ci), a_offset},
            Reduction{1, 4 * ci, 0}, weight, width,
            ScatteredRows<T>{product + uv * winograd_step(tiles * width), c_offset}, tiles,
            NoEpilogue());
      }
      write_tiles(d, product, width, strip, tiles_x, shape.height / 2, shape.width / 2, column,
                  columns, co, epilogue, arguments.y);
    }
  }
}

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace dcgan::kernels
HWY_AFTER_NAMESPACE();

#endif  // DCGAN_KERNELS_WINOGRAD_FORWARD_INL_H_
