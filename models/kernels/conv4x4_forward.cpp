// y = conv(x, w): an implicit matrix product [pixels of y] x [4 kh][4 kw x Ci] x [Co].
//
// A strip of x is copied once with its padding. In that copy the window of an output pixel is four
// runs of 4 Ci contiguous elements, one a kernel row, so the product reads it in place.
//
// From 16 channels on both sides: Winograd (winograd_forward-inl.h).

#include "models/kernels/highway_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "models/kernels/conv4x4_forward.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "models/kernels/conv4x4.h"
#include "models/kernels/conv4x4_arguments.h"
#include "models/kernels/gemm-inl.h"
#include "models/kernels/packing-inl.h"
#include "models/kernels/parallel.h"
#include "models/kernels/scratch.h"
#include "models/kernels/winograd_forward-inl.h"

HWY_BEFORE_NAMESPACE();
namespace dcgan::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Input channels [begin, end): w[o][i][kh][kw] to row (kh, kw, i), column o of the panels.
template <typename T>
HWY_INLINE void pack_forward(const PackArguments<T>& arguments, int64_t begin, int64_t end) {
  if (use_winograd(arguments.in_channels, arguments.out_channels)) {
    pack_winograd_forward(arguments, begin, end);
    return;
  }
  const hn::ScalableTag<T> d;
  const int64_t ci = arguments.in_channels;
  const int64_t co = arguments.out_channels;
  for (int64_t column = 0; column < co;) {
    const int64_t width = panel_width(d, column, co);
    T* panel = arguments.packed + column * 16 * ci;
    for (int64_t i = begin; i < end; ++i) {
      for (int64_t kh = 0; kh < 4; ++kh) {
        for (int64_t j = 0; j < width; j += 4) {
          const int64_t left = co - column - j;
          transpose_quad(arguments.weight + ((column + j) * ci + i) * 16 + kh * 4, ci * 16,
                         HWY_MIN(4, left), HWY_MIN(4, width - j),
                         panel + (kh * 4 * ci + i) * width + j, ci * width);
        }
      }
    }
    column += width;
  }
}

template <typename T>
HWY_INLINE void forward_strips(const ForwardArguments<T>& arguments, int64_t begin, int64_t end) {
  if (use_winograd(arguments.shape.in_channels, arguments.shape.out_channels)) {
    winograd_forward_strips(arguments, begin, end);
    return;
  }
  const hn::ScalableTag<T> d;
  const ConvShape& shape = arguments.shape;
  const StripPlan& plan = arguments.plan;
  const int64_t ci = shape.in_channels;
  const int64_t co = shape.out_channels;
  const int64_t columns = shape.width / 2;
  const int64_t line = (shape.width + 2) * ci;  // of the padded copy
  const Maps<T> x = {arguments.x, shape.height, shape.width, ci};
  const int64_t strip_pixels = plan.max_images() * plan.max_rows() * columns;
  T* padded = scratch<T>(Scratch::kStrip,
                         static_cast<size_t>(plan.max_images() * (2 * plan.max_rows() + 2) * line));
  int64_t* a_offset = scratch<int64_t>(Scratch::kOffsets, static_cast<size_t>(2 * strip_pixels));
  int64_t* c_offset = a_offset + strip_pixels;
  const BiasLeaky<T> epilogue = {arguments.epilogue.bias, arguments.epilogue.slope};

  for (int64_t index = begin; index < end; ++index) {
    const Strip strip = plan.at(index);
    const int64_t padded_rows = 2 * strip.rows + 2;
    pack_padded_rows(x, strip.image, strip.images, 2 * strip.row - 1, 1, padded_rows, 1, padded);
    int64_t pixels = 0;
    for (int64_t n = 0; n < strip.images; ++n) {
      for (int64_t r = 0; r < strip.rows; ++r) {
        for (int64_t j = 0; j < columns; ++j, ++pixels) {
          a_offset[pixels] = (n * padded_rows + 2 * r) * line + 2 * j * ci;
          c_offset[pixels] = pixels * co;  // a strip's pixels follow one another in y
        }
      }
    }
    T* y = arguments.y + (strip.image * (shape.height / 2) + strip.row) * columns * co;
    multiply_rows(d, ScatteredRows<const T>{padded, a_offset}, Reduction{4, 4 * ci, line},
                  arguments.packed, co, ScatteredRows<T>{y, c_offset}, pixels, epilogue);
  }
}

void pack_forward_f32(const PackArguments<float>& arguments, int64_t begin, int64_t end) {
  pack_forward(arguments, begin, end);
}
void pack_forward_f64(const PackArguments<double>& arguments, int64_t begin, int64_t end) {
  pack_forward(arguments, begin, end);
}
void forward_strips_f32(const ForwardArguments<float>& arguments, int64_t begin, int64_t end) {
  forward_strips(arguments, begin, end);
}
void forward_strips_f64(const ForwardArguments<double>& arguments, int64_t begin, int64_t end) {
  forward_strips(arguments, begin, end);
}

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace dcgan::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

#include "models/kernels/dispatch.h"

namespace dcgan::kernels {

DCGAN_EXPORT(pack_forward);
DCGAN_EXPORT(forward_strips);

template <typename T>
void conv4x4s2_forward(const ConvShape& shape, const T* x, const T* weight, T* y,
                       const Epilogue<T>& epilogue) {
  check_shape("conv4x4s2_forward", shape);
  const bool winograd = use_winograd(shape.in_channels, shape.out_channels);
  const int64_t size = 4 * shape.in_channels * padded_columns(shape.out_channels);
  T* packed = scratch<T>(Scratch::kWeights,
                         static_cast<size_t>(winograd ? 9 * winograd_step(size) : 4 * size));
  const PackArguments<T> pack = {shape.in_channels, shape.out_channels, weight, packed};
  parallel_for(shape.in_channels, [&](int64_t begin, int64_t end) {
    DCGAN_DISPATCH(pack_forward, T)(pack, begin, end);
  });
  const ForwardArguments<T> arguments = {
      shape, winograd ? winograd_strips(shape) : conv_strips(shape),
      x,     packed,
      y,     pad_bias(epilogue, shape.out_channels)};
  parallel_for(arguments.plan.count(), [&](int64_t begin, int64_t end) {
    DCGAN_DISPATCH(forward_strips, T)(arguments, begin, end);
  });
}

template void conv4x4s2_forward(const ConvShape&, const float*, const float*, float*,
                                const Epilogue<float>&);
template void conv4x4s2_forward(const ConvShape&, const double*, const double*, double*,
                                const Epilogue<double>&);

}  // namespace dcgan::kernels

#endif  // HWY_ONCE
