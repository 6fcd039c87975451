// dx = adjoint of conv(., w) at dy; as a transposed convolution, its forward.
//
// The pixels of dx fall into four phases by the parities (p, q) of their row and column. Pixel
// (2 i + p, 2 j + q) meets the 2x2 pixels of dy from row i - 1 + p and column j - 1 + q on, with
// kernel rows 3, 1 (p = 0) or 2, 0 (p = 1), columns likewise: four implicit matrix products
// [pixels of dy] x [2][2 x Co] x [Ci], without inserted zeros.
//
// From 16 channels on both sides: Winograd (winograd_data_gradient-inl.h); towards up to 3
// channels: whole windows (narrow_data_gradient-inl.h).

#include "models/kernels/highway_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "models/kernels/conv4x4_data_gradient.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "models/kernels/conv4x4.h"
#include "models/kernels/conv4x4_arguments.h"
#include "models/kernels/gemm-inl.h"
#include "models/kernels/narrow_data_gradient-inl.h"
#include "models/kernels/packing-inl.h"
#include "models/kernels/parallel.h"
#include "models/kernels/scratch.h"
#include "models/kernels/winograd_data_gradient-inl.h"

HWY_BEFORE_NAMESPACE();
namespace dcgan::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Output channels [begin, end): w[o][i][kh][kw] to phase (p, q), row (a, b, o), column i, where
// kh = 3 - p - 2 a and kw = 3 - q - 2 b.
template <typename T>
HWY_INLINE void pack_phases(const PackArguments<T>& arguments, int64_t begin, int64_t end) {
  const hn::ScalableTag<T> d;
  const int64_t ci = arguments.in_channels;
  const int64_t co = arguments.out_channels;
  const int64_t phase_size = 4 * co * padded_columns(ci);
  for (int64_t o = begin; o < end; ++o) {
    for (int64_t column = 0; column < ci;) {
      const int64_t width = panel_width(d, column, ci);
      for (int64_t j = 0; j < width; j += 4) {
        const int64_t left = ci - column - j;
        const T* from = arguments.weight + (o * ci + column + j) * 16;
        for (int64_t kh = 0; kh < 4; ++kh) {
          T taps[4][4];
          transpose_quad(from + kh * 4, 16, HWY_MIN(4, left), HWY_MIN(4, width - j), taps[0], 4);
          const int64_t p = (kh + 1) % 2;
          const int64_t a = (3 - p - kh) / 2;
          for (int64_t kw = 0; kw < 4; ++kw) {
            const int64_t q = (kw + 1) % 2;
            const int64_t b = (3 - q - kw) / 2;
            T* panel = arguments.packed + (2 * p + q) * phase_size + column * 4 * co;
            T* to = panel + ((2 * a + b) * co + o) * width + j;
            for (int64_t i = 0; i < HWY_MIN(4, width - j); ++i) to[i] = taps[kw][i];
          }
        }
      }
      column += width;
    }
  }
}

template <typename T>
HWY_INLINE void pack_data_gradient(const PackArguments<T>& arguments, int64_t begin, int64_t end) {
  if (arguments.in_channels <= kNarrowChannels) {
    pack_narrow_data_gradient(arguments, begin, end);
  } else if (use_winograd(arguments.in_channels, arguments.out_channels)) {
    pack_winograd_phases(arguments, begin, end);
  } else {
    pack_phases(arguments, begin, end);
  }
}

template <typename T>
HWY_INLINE void phase_strips(const DataGradientArguments<T>& arguments, int64_t begin,
                             int64_t end) {
  const hn::ScalableTag<T> d;
  const ConvShape& shape = arguments.shape;
  const StripPlan& plan = arguments.plan;
  const int64_t ci = shape.in_channels;
  const int64_t co = shape.out_channels;
  const int64_t columns = shape.width / 2;
  const int64_t line = (columns + 2) * co;  // of the padded copy
  const int64_t phase_size = 4 * co * padded_columns(ci);
  const Maps<T> dy = {arguments.dy, shape.height / 2, columns, co};
  const int64_t strip_pixels = plan.max_images() * plan.max_rows() * columns;
  T* padded = scratch<T>(Scratch::kStrip,
                         static_cast<size_t>(plan.max_images() * (plan.max_rows() + 2) * line));
  int64_t* a_offset = scratch<int64_t>(Scratch::kOffsets, static_cast<size_t>(2 * strip_pixels));
  int64_t* c_offset = a_offset + strip_pixels;
  const BiasLeaky<T> epilogue = {arguments.epilogue.bias, arguments.epilogue.slope};

  for (int64_t index = begin; index < end; ++index) {
    const Strip strip = plan.at(index);
    const int64_t padded_rows = strip.rows + 2;
    pack_padded_rows(dy, strip.image, strip.images, strip.row - 1, 1, padded_rows, 1, padded);
    int64_t pixels = 0;
    for (int64_t n = 0; n < strip.images; ++n) {
      for (int64_t r = 0; r < strip.rows; ++r) {
        for (int64_t j = 0; j < columns; ++j, ++pixels) {
          a_offset[pixels] = (n * padded_rows + r) * line + j * co;
          c_offset[pixels] = ((n * shape.height + 2 * r) * shape.width + 2 * j) * ci;
        }
      }
    }
    T* dx = arguments.dx + (strip.image * shape.height + 2 * strip.row) * shape.width * ci;
    for (int64_t p = 0; p < 2; ++p) {
      for (int64_t q = 0; q < 2; ++q) {
        multiply_rows(d, ScatteredRows<const T>{padded + p * line + q * co, a_offset},
                      Reduction{2, 2 * co, line}, arguments.packed + (2 * p + q) * phase_size, ci,
                      ScatteredRows<T>{dx + (p * shape.width + q) * ci, c_offset}, pixels,
                      epilogue);
      }
    }
  }
}

template <typename T>
HWY_INLINE void data_gradient_strips(const DataGradientArguments<T>& arguments, int64_t begin,
                                     int64_t end) {
  if (arguments.shape.in_channels <= kNarrowChannels) {
    narrow_data_gradient_strips(arguments, begin, end);
  } else if (use_winograd(arguments.shape.in_channels, arguments.shape.out_channels)) {
    winograd_phase_strips(arguments, begin, end);
  } else {
    phase_strips(arguments, begin, end);
  }
}

void pack_data_gradient_f32(const PackArguments<float>& arguments, int64_t begin, int64_t end) {
  pack_data_gradient(arguments, begin, end);
}
void pack_data_gradient_f64(const PackArguments<double>& arguments, int64_t begin, int64_t end) {
  pack_data_gradient(arguments, begin, end);
}
void data_gradient_strips_f32(const DataGradientArguments<float>& arguments, int64_t begin,
                              int64_t end) {
  data_gradient_strips(arguments, begin, end);
}
void data_gradient_strips_f64(const DataGradientArguments<double>& arguments, int64_t begin,
                              int64_t end) {
  data_gradient_strips(arguments, begin, end);
}

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace dcgan::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

#include "models/kernels/dispatch.h"

namespace dcgan::kernels {

DCGAN_EXPORT(pack_data_gradient);
DCGAN_EXPORT(data_gradient_strips);

template <typename T>
void conv4x4s2_data_gradient(const ConvShape& shape, const T* dy, const T* weight, T* dx,
                             const Epilogue<T>& epilogue) {
  check_shape("conv4x4s2_data_gradient", shape);
  const bool winograd = use_winograd(shape.in_channels, shape.out_channels);
  const int64_t size = shape.out_channels * padded_columns(shape.in_channels);
  T* packed = scratch<T>(Scratch::kWeights,
                         static_cast<size_t>(winograd ? 36 * winograd_step(size) : 16 * size));
  const PackArguments<T> pack = {shape.in_channels, shape.out_channels, weight, packed};
  parallel_for(shape.out_channels, [&](int64_t begin, int64_t end) {
    DCGAN_DISPATCH(pack_data_gradient, T)(pack, begin, end);
  });
  const StripPlan plan = shape.in_channels <= kNarrowChannels ? narrow_strips(shape)
                         : winograd                           ? winograd_strips(shape)
                                                              : conv_strips(shape);
  const DataGradientArguments<T> arguments = {shape,  plan, dy,
                                              packed, dx,   pad_bias(epilogue, shape.in_channels)};
  parallel_for(plan.count(), [&](int64_t begin, int64_t end) {
    DCGAN_DISPATCH(data_gradient_strips, T)(arguments, begin, end);
  });
}

template void conv4x4s2_data_gradient(const ConvShape&, const float*, const float*, float*,
                                      const Epilogue<float>&);
template void conv4x4s2_data_gradient(const ConvShape&, const double*, const double*, double*,
                                      const Epilogue<double>&);

}  // namespace dcgan::kernels

#endif  // HWY_ONCE
