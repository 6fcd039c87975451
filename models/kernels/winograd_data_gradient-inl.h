// dx = adjoint of conv(., w) at dy by Winograd: each of the four parities (p, q) of dx's pixels is
// a convolution of dy with 2x2 taps, nine matrix products [tiles of 2x2 pixels] x [Co] x [Ci]. The
// parities' transformed operands overlap: 25 instead of 36.

#if defined(DCGAN_KERNELS_WINOGRAD_DATA_GRADIENT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef DCGAN_KERNELS_WINOGRAD_DATA_GRADIENT_INL_H_
#undef DCGAN_KERNELS_WINOGRAD_DATA_GRADIENT_INL_H_
#else
#define DCGAN_KERNELS_WINOGRAD_DATA_GRADIENT_INL_H_
#endif

#include <hwy/highway.h>

#include "models/kernels/gemm-inl.h"
#include "models/kernels/scratch.h"
#include "models/kernels/winograd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace dcgan::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Output channels [begin, end): tap (3 - p - 2 a, 3 - q - 2 b) is tap (a, b) of parity (p, q).
// Packed as [p, q][u, v][panels of Ci][Co]. The operand of p = 0, u = 2 is stored as its negative,
// that of p = 1, u = 0.
template <typename T>
HWY_INLINE void pack_winograd_phases(const PackArguments<T>& arguments, int64_t begin,
                                     int64_t end) {
  const hn::ScalableTag<T> d;
  const int64_t ci = arguments.in_channels;
  const int64_t co = arguments.out_channels;
  const int64_t step = winograd_step(co * padded_columns(ci));
  for (int64_t o = begin; o < end; ++o) {
    for (int64_t column = 0; column < ci;) {
      const int64_t width = panel_width(d, column, ci);
      T* panel = arguments.packed + column * co + o * width;
      PanelTaps<T> taps;
      taps.load(arguments.weight + (o * ci + column) * 16, 16, ci - column, width);
      for (int p = 0; p < 2; ++p) {
        for (int q = 0; q < 2; ++q) {
          pack_filter(
              d, taps, [&](int a, int b) { return (3 - p - 2 * a) * 4 + 3 - q - 2 * b; }, p == 0,
              q == 0, width, panel + (2 * p + q) * 9 * step, step);
        }
      }
      column += width;
    }
  }
}

// The 25 transformed operands of a strip of tiles, [e, f][tile][co], from its padded rows of dy.
template <class D, typename T>
HWY_INLINE void transform_pixels(D d, const T* padded, int64_t line, int64_t lines_per_image,
                                 const Strip& strip, int64_t tiles_x, int64_t co, T* to) {
  const int64_t step = winograd_step(strip.images * strip.rows * tiles_x * co);
  for (int64_t n = 0; n < strip.images; ++n) {
    for (int64_t r = 0; r < strip.rows; ++r) {
      for (int64_t j = 0; j < tiles_x; ++j, to += co) {
        const T* window = padded + (n * lines_per_image + 2 * r) * line + 2 * j * co;
        for_each_vector(d, co, [&](auto tag, int64_t c) HWY_ATTR {
          transform_shared_input(
              tag,
              [&](int y, int x) HWY_ATTR { return hn::LoadU(tag, window + y * line + x * co + c); },
              [&](int e, int f, hn::Vec<decltype(tag)> value)
                  HWY_ATTR { hn::StoreU(value, tag, to + (5 * e + f) * step + c); });
        });
      }
    }
  }
}

// Columns [column, column + columns) of parity (p, q) of a strip's pixels of dx, from the nine
// products [u, v][tile][width].
template <class D, typename T>
HWY_INLINE void write_phase(D d, const T* product, int64_t width, const Strip& strip,
                            int64_t tiles_x, const ConvShape& shape, int p, int q, int64_t column,
                            int64_t columns, const BiasLeaky<T>& epilogue, T* dx) {
  const int64_t ci = shape.in_channels;
  const int64_t step = winograd_step(strip.images * strip.rows * tiles_x * width);
  for (int64_t n = strip.image; n < strip.image + strip.images; ++n) {
    for (int64_t y = 4 * strip.row + p; y < 4 * (strip.row + strip.rows); y += 4) {
      for (int64_t x = q; x < 4 * tiles_x; x += 4, product += width) {
        T* pixel = dx + ((n * shape.height + y) * shape.width + x) * ci + column;
        for_each_vector(d, columns, [&](auto tag, int64_t c) HWY_ATTR {
          transform_output(
              tag,
              [&](int u, int v)
                  HWY_ATTR { return hn::LoadU(tag, product + (3 * u + v) * step + c); },
              [&](int a, int b, hn::Vec<decltype(tag)> value) HWY_ATTR {
                if (y + 2 * a >= shape.height || x + 2 * b >= shape.width) return;
                hn::StoreU(epilogue(tag, value, column + c), tag,
                           pixel + (2 * a * shape.width + 2 * b) * ci + c);
              });
        });
      }
    }
  }
}

template <typename T>
HWY_INLINE void winograd_phase_strips(const DataGradientArguments<T>& arguments, int64_t begin,
                                      int64_t end) {
  const hn::ScalableTag<T> d;
  const ConvShape& shape = arguments.shape;
  const StripPlan& plan = arguments.plan;
  const int64_t ci = shape.in_channels;
  const int64_t co = shape.out_channels;
  const int64_t tiles_x = ceil_div(shape.width, 4);
  const int64_t line = (2 * tiles_x + 2) * co;
  const int64_t max_tiles = plan.max_images() * plan.max_rows() * tiles_x;
  const int64_t block = HWY_MIN(padded_columns(ci), kWinogradColumns + 0);
  T* padded = scratch<T>(Scratch::kStrip,
                         static_cast<size_t>(plan.max_images() * (2 * plan.max_rows() + 2) * line));
  T* pixels =
      scratch<T>(Scratch::kOperand, static_cast<size_t>(25 * winograd_step(max_tiles * co)));
  T* product =
      scratch<T>(Scratch::kProduct, static_cast<size_t>(9 * winograd_step(max_tiles * block)));
  int64_t* a_offset = scratch<int64_t>(Scratch::kOffsets, static_cast<size_t>(2 * max_tiles));
  int64_t* c_offset = a_offset + max_tiles;
  const Maps<T> dy = {arguments.dy, shape.height / 2, shape.width / 2, co};
  const BiasLeaky<T> epilogue = {arguments.epilogue.bias, arguments.epilogue.slope};

  for (int64_t index = begin; index < end; ++index) {
    const Strip strip = plan.at(index);
    const int64_t tiles = strip.images * strip.rows * tiles_x;
    pack_padded_rows(dy, strip.image, strip.images, 2 * strip.row - 1, 1, 2 * strip.rows + 2,
                     2 * tiles_x + 1 - shape.width / 2, padded);
    transform_pixels(d, padded, line, 2 * strip.rows + 2, strip, tiles_x, co, pixels);
    for (int64_t column = 0; column < ci; column += block) {
      const int64_t columns = HWY_MIN(block, ci - column);
      const int64_t width = round_up(columns, static_cast<int64_t>(hn::MaxLanes(d)));
      for (int64_t i = 0; i < tiles; ++i) {
        a_offset[i] = i * co;
        c_offset[i] = i * width;
      }
      for (int phase = 0; phase < 4; ++phase) {
        const int p = phase / 2;
        const int q = phase % 2;
        for (int uv = 0; uv < 9; ++uv) {
          const int64_t operand = 5 * (uv / 3 + 2 * p) + uv % 3 + 2 * q;
          const T* weight = arguments.packed +
                            (9 * phase + uv) * winograd_step(co * padded_columns(ci)) + column * co;
          multiply_rows(
              d, ScatteredRows<const T>{pixels + operand * winograd_step(tiles * co), a_offset},
              Reduction{1, co, 0}, weight, width,
              ScatteredRows<T>{product + uv * winograd_step(tiles * width), c_offset}, tiles,
              NoEpilogue());
        }
        write_phase(d, product, width, strip, tiles_x, shape, p, q, column, columns, epilogue,
                    arguments.dx);
      }
    }
  }
}

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace dcgan::kernels
HWY_AFTER_NAMESPACE();

#endif  // DCGAN_KERNELS_WINOGRAD_DATA_GRADIENT_INL_H_
