// dw as one outer product over pixels: windows of x in the padded copy, [4 kh][4 kw x Ci], with dy
// [Co]. Both are contiguous where it matters and are read in place.

#if defined(DCGAN_KERNELS_DIRECT_WEIGHT_GRADIENT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef DCGAN_KERNELS_DIRECT_WEIGHT_GRADIENT_INL_H_
#undef DCGAN_KERNELS_DIRECT_WEIGHT_GRADIENT_INL_H_
#else
#define DCGAN_KERNELS_DIRECT_WEIGHT_GRADIENT_INL_H_
#endif

#include <hwy/highway.h>

#include "models/kernels/conv4x4_arguments.h"
#include "models/kernels/gemm-inl.h"
#include "models/kernels/packing-inl.h"
#include "models/kernels/scratch.h"
#include "models/kernels/unpacking-inl.h"

HWY_BEFORE_NAMESPACE();
namespace dcgan::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// The windows of a strip, [pixel][16 ci], from its padded rows. For few channels only: it makes one
// long row of what would be four too short for a tile.
template <typename T>
HWY_INLINE void expand_windows(const T* padded, const Strip& strip, int64_t columns, int64_t ci,
                               T* windows) {
  const hn::CappedTag<T, 4> four;
  constexpr int64_t kLanes = hn::MaxLanes(hn::CappedTag<T, 4>());
  const int64_t line = (2 * columns + 2) * ci;
  for (int64_t n = 0; n < strip.images; ++n) {
    for (int64_t r = 0; r < strip.rows; ++r) {
      for (int64_t j = 0; j < columns; ++j) {
        const T* from = padded + (n * (2 * strip.rows + 2) + 2 * r) * line + 2 * j * ci;
        for (int64_t kh = 0; kh < 4; ++kh) {
          for (int64_t i = 0; i < 4 * ci; i += kLanes) {
            hn::StoreU(hn::LoadU(four, from + kh * line + i), four, windows + i);
          }
          windows += 4 * ci;
        }
      }
    }
  }
}

template <typename T>
HWY_INLINE void direct_weight_gradient_task(const WeightGradientArguments<T>& arguments,
                                            int64_t task) {
  const hn::ScalableTag<T> d;
  const ConvShape& shape = arguments.shape;
  const WeightGradientPlan& plan = arguments.plan;
  const StripPlan& strips = plan.strips;
  const int64_t ci = shape.in_channels;
  const int64_t co = shape.out_channels;
  const int64_t columns = shape.width / 2;
  const int64_t line = (shape.width + 2) * ci;
  const bool narrow = ci <= kNarrowChannels;

  const int64_t split = task / (plan.row_blocks * plan.column_blocks);
  const int64_t row_block = task / plan.column_blocks % plan.row_blocks;
  const int64_t column = task % plan.column_blocks * plan.block_columns;
  const int64_t block_columns = HWY_MIN(co - column, plan.block_columns);
  T* partial = arguments.partial + split * plan.partial_size + column * 16 * ci;

  // A task of one kernel row copies only the rows of x that it meets.
  const bool one_row = plan.row_blocks > 1;
  const int64_t max_runs = strips.max_images() * strips.max_rows();
  const int64_t max_padded = strips.max_images() * (2 * strips.max_rows() + 2) * line;
  const int64_t max_windows = narrow ? max_runs * columns * 16 * ci : 0;
  T* padded = scratch<T>(Scratch::kStrip, static_cast<size_t>(max_padded + max_windows));
  T* windows = padded + max_padded;
  T* operand = scratch<T>(Scratch::kOperand,
                          static_cast<size_t>(max_runs * columns * padded_columns(block_columns)));
  int64_t* run_begin = scratch<int64_t>(Scratch::kOffsets, static_cast<size_t>(max_runs));

  const Maps<T> x = {arguments.x, shape.height, shape.width, ci};
  const int64_t begin = strips.count() * split / plan.splits;
  const int64_t end = strips.count() * (split + 1) / plan.splits;
  for (int64_t index = begin; index < end; ++index) {
    const Strip strip = strips.at(index);
    const bool first = index == begin;
    const int64_t runs = strip.images * strip.rows;
    const int64_t pixels = runs * columns;
    const int64_t first_pixel = (strip.image * (shape.height / 2) + strip.row) * columns;
    pack_panels(d, arguments.dy + first_pixel * co + column, pixels, co, block_columns, operand);
    const int64_t padded_rows = one_row ? strip.rows : 2 * strip.rows + 2;
    pack_padded_rows(x, strip.image, strip.images, 2 * strip.row - 1 + row_block, one_row ? 2 : 1,
                     padded_rows, 1, padded);
    if (narrow) {
      expand_windows(padded, strip, columns, ci, windows);
      run_begin[0] = 0;
      multiply_pixel_panels(d, windows, PixelRuns{run_begin, 1, pixels, 16 * ci}, pixels, operand,
                            block_columns, partial, 16 * ci, 16 * ci, first);
      continue;
    }
    for (int64_t n = 0; n < strip.images; ++n) {
      for (int64_t r = 0; r < strip.rows; ++r) {
        run_begin[n * strip.rows + r] = (n * padded_rows + (one_row ? r : 2 * r)) * line;
      }
    }
    const PixelRuns all = {run_begin, runs, columns, 2 * ci};
    for (int64_t column_in_block = 0; column_in_block < block_columns;) {
      const int64_t width = panel_width(d, column_in_block, block_columns);
      const int64_t panel_columns = HWY_MIN(width, block_columns - column_in_block);
      for (int64_t i = 0; i < (one_row ? 1 : 4); ++i) {
        const int64_t kh = row_block + i;
        T* sums = partial + column_in_block * 16 * ci + kh * 4 * ci * width;
        multiply_pixel_panels(d, padded + i * line, all, pixels, operand + column_in_block * pixels,
                              panel_columns, sums, 16 * ci, 4 * ci, first);
      }
      column_in_block += width;
    }
  }
}

// Input channels [begin, end) of dw from the sums.
template <typename T>
HWY_INLINE void direct_weight_gradient_write(const WeightGradientArguments<T>& arguments,
                                             int64_t begin, int64_t end) {
  const hn::ScalableTag<T> d;
  const int64_t ci = arguments.shape.in_channels;
  const int64_t co = arguments.shape.out_channels;
  for (int64_t column = 0; column < co;) {
    const int64_t width = panel_width(d, column, co);
    const int64_t valid = HWY_MIN(width, co - column);
    const T* panel = arguments.partial + column * 16 * ci;
    for (int64_t i = begin; i < end; ++i) {
      for (int64_t j = 0; j < valid; j += 4) {
        for (int64_t kh = 0; kh < 4; ++kh) {
          unpack_quad(panel + (kh * 4 * ci + i) * width + j, ci * width, HWY_MIN(4, valid - j),
                      arguments.dw + ((column + j) * ci + i) * 16 + kh * 4, ci * 16);
        }
      }
    }
    column += width;
  }
}

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace dcgan::kernels
HWY_AFTER_NAMESPACE();

#endif  // DCGAN_KERNELS_DIRECT_WEIGHT_GRADIENT_INL_H_
