// dx, from x, dy and the sums over each channel.

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "models/kernels/batch_norm_backward_data.cpp"

#include "models/kernels/batch_norm_kernels.h"
#include "models/kernels/batch_norm_run.h"
#include "models/kernels/highway_targets.h"

#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "models/kernels/batch_norm_simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace dcgan::kernels {
namespace HWY_NAMESPACE {

// The constants of one vector of columns, or of one channel in every lane.
template <class T>
struct GradientVectors {
  using Tag = TagOf<T>;
  using V = hn::Vec<Tag>;
  V center, scale, offset, slope_x, constant;

  template <bool kActivation>
  HWY_INLINE V dx(V x, V dy, V slope) const {
    const Tag d;
    const V centered = hn::Sub(x, center);
    const V z = pre_activation(centered, scale, offset);
    const V g = gradient_at_z<kActivation>(d, z, dy, slope);
    return hn::MulAdd(scale, g, hn::MulAdd(centered, slope_x, constant));
  }
};

template <class T, bool kActivation, bool kStream>
struct GradientRows {
  using F = ComputeType<T>;
  using Tag = TagOf<T>;
  static constexpr int64_t kLanes = static_cast<int64_t>(hn::MaxLanes(Tag()));

  const T* x;
  const T* dy;
  T* dx;
  int64_t rows;
  int64_t row_stride;
  bool is_far;
  TransformConstants<F> transform;
  GradientConstants<F> gradient;
  F slope;

  template <int kVectors>
  HWY_INLINE void block(int64_t column) const {
    const Tag d;
    const auto below = hn::Set(d, slope);
    GradientVectors<T> constants[kVectors];
#pragma GCC unroll 8
    for (int j = 0; j < kVectors; ++j) {
      const int64_t at = column + j * kLanes;
      constants[j] = {hn::LoadU(d, transform.center + at), hn::LoadU(d, transform.scale + at),
                      hn::LoadU(d, transform.offset + at), hn::LoadU(d, gradient.slope_x + at),
                      hn::LoadU(d, gradient.constant + at)};
    }
    int64_t at = column;
    for (int64_t r = 0; r < rows; ++r, at += row_stride) {
      if (is_far) {
        prefetch_vectors<kVectors>(d, x + at + kRowsAhead * row_stride);
        prefetch_vectors<kVectors>(d, dy + at + kRowsAhead * row_stride);
      }
#pragma GCC unroll 8
      for (int j = 0; j < kVectors; ++j) {
        const int64_t i = at + j * kLanes;
        store<kStream>(
            d, constants[j].template dx<kActivation>(load(d, x + i), load(d, dy + i), below),
            dx + i);
      }
    }
  }

  HWY_INLINE void tail(int64_t column, int64_t n) const {
    const Tag d;
    const auto below = hn::Set(d, slope);
    const GradientVectors<T> constants{
        load_first(d, transform.center + column, n), load_first(d, transform.scale + column, n),
        load_first(d, transform.offset + column, n), load_first(d, gradient.slope_x + column, n),
        load_first(d, gradient.constant + column, n)};
    for (int64_t r = 0; r < rows; ++r) {
      const int64_t i = r * row_stride + column;
      store_first(d,
                  constants.template dx<kActivation>(load_first(d, x + i, n),
                                                     load_first(d, dy + i, n), below),
                  dx + i, n);
    }
  }
};

template <bool kActivation, bool kStream, class T>
HWY_INLINE void gradient_of_plane(const T* x, const T* dy, int64_t width, int64_t prefetch,
                                  const GradientVectors<T>& constants, hn::Vec<TagOf<T>> below,
                                  T* dx) {
  const TagOf<T> d;
  constexpr int64_t kLanes = static_cast<int64_t>(hn::MaxLanes(d));
  int64_t i = 0;
  for (; i + 4 * kLanes <= width; i += 4 * kLanes) {
    if (prefetch != 0) {
      prefetch_vectors<4>(d, x + prefetch + i);
      prefetch_vectors<4>(d, dy + prefetch + i);
      if constexpr (!kStream) prefetch_vectors<4>(d, dx + prefetch + i);
    }
#pragma GCC unroll 4
    for (int j = 0; j < 4; ++j) {
      const int64_t at = i + j * kLanes;
      store<kStream>(
          d, constants.template dx<kActivation>(load(d, x + at), load(d, dy + at), below), dx + at);
    }
  }
  for (; i + kLanes <= width; i += kLanes) {
    store<kStream>(d, constants.template dx<kActivation>(load(d, x + i), load(d, dy + i), below),
                   dx + i);
  }
  if (i < width) {
    const int64_t n = width - i;
    store_first(d,
                constants.template dx<kActivation>(load_first(d, x + i, n),
                                                   load_first(d, dy + i, n), below),
                dx + i, n);
  }
}

template <bool kActivation, bool kStream, class T, class F = ComputeType<T>>
void gradient_with(const Tile& tile, const T* x, const T* dy, TransformConstants<F> transform,
                   GradientConstants<F> gradient, F slope, T* dx) {
  const TagOf<T> d;
  if (tile.kind == Tile::Kind::kColumns) {
    const int64_t at_once = rows_at_once(tile);
    for (int64_t r = 0; r < tile.rows; r += at_once) {
      const int64_t at = r * tile.row_stride;
      const GradientRows<T, kActivation, kStream> rows{x + at,
                                                       dy + at,
                                                       dx + at,
                                                       HWY_MIN(at_once, tile.rows - r),
                                                       tile.row_stride,
                                                       tile.is_far,
                                                       transform,
                                                       gradient,
                                                       slope};
      for_column_blocks<kManyRegisters ? 4 : 2>(rows, tile.width);
    }
  } else {
    const int64_t prefetch =
        tile.is_far ? rows_ahead<T>(tile.width * tile.channels) * tile.row_stride : 0;
    const auto below = hn::Set(d, slope);
    for (int64_t r = 0; r < tile.rows; ++r) {
      for (int64_t c = 0; c < tile.channels; ++c) {
        const int64_t at = r * tile.row_stride + c * tile.width;
        const GradientVectors<T> constants{
            hn::Set(d, transform.center[c]), hn::Set(d, transform.scale[c]),
            hn::Set(d, transform.offset[c]), hn::Set(d, gradient.slope_x[c]),
            hn::Set(d, gradient.constant[c])};
        gradient_of_plane<kActivation, kStream>(x + at, dy + at, tile.width, prefetch, constants,
                                                below, dx + at);
      }
    }
  }
  if constexpr (kStream) hwy::FlushStream();
}

template <class T, class F = ComputeType<T>>
HWY_INLINE void gradient(const Tile& tile, const T* x, const T* dy, TransformConstants<F> transform,
                         GradientConstants<F> gradient, F slope, bool stream, T* dx) {
  x += tile.offset;
  dy += tile.offset;
  dx += tile.offset;
  if (slope == F{1}) {
    stream ? gradient_with<false, true>(tile, x, dy, transform, gradient, slope, dx)
           : gradient_with<false, false>(tile, x, dy, transform, gradient, slope, dx);
  } else {
    stream ? gradient_with<true, true>(tile, x, dy, transform, gradient, slope, dx)
           : gradient_with<true, false>(tile, x, dy, transform, gradient, slope, dx);
  }
}

void gradient_f32(const Tile& tile, const float* x, const float* dy,
                  TransformConstants<float> transform, GradientConstants<float> constants,
                  float slope, bool stream, float* dx) {
  gradient(tile, x, dy, transform, constants, slope, stream, dx);
}
void gradient_f64(const Tile& tile, const double* x, const double* dy,
                  TransformConstants<double> transform, GradientConstants<double> constants,
                  double slope, bool stream, double* dx) {
  gradient(tile, x, dy, transform, constants, slope, stream, dx);
}
void gradient_bf16(const Tile& tile, const BFloat16* x, const BFloat16* dy,
                   TransformConstants<float> transform, GradientConstants<float> constants,
                   float slope, bool stream, BFloat16* dx) {
  gradient(tile, x, dy, transform, constants, slope, stream, dx);
}

}  // namespace HWY_NAMESPACE
}  // namespace dcgan::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dcgan::kernels {

HWY_EXPORT(gradient_f32);
HWY_EXPORT(gradient_f64);
HWY_EXPORT(gradient_bf16);

void gradient_of_tile(const Tile& tile, const float* x, const float* dy,
                      TransformConstants<float> constants, GradientConstants<float> gradient,
                      float slope, bool stream, float* dx) {
  HWY_DYNAMIC_DISPATCH(gradient_f32)(tile, x, dy, constants, gradient, slope, stream, dx);
}
void gradient_of_tile(const Tile& tile, const double* x, const double* dy,
                      TransformConstants<double> constants, GradientConstants<double> gradient,
                      double slope, bool stream, double* dx) {
  HWY_DYNAMIC_DISPATCH(gradient_f64)(tile, x, dy, constants, gradient, slope, stream, dx);
}
void gradient_of_tile(const Tile& tile, const BFloat16* x, const BFloat16* dy,
                      TransformConstants<float> constants, GradientConstants<float> gradient,
                      float slope, bool stream, BFloat16* dx) {
  HWY_DYNAMIC_DISPATCH(gradient_bf16)(tile, x, dy, constants, gradient, slope, stream, dx);
}

template <class T>
void batch_norm_backward_data(const BatchNormShape& shape, const T* x, const T* dy,
                              const BatchNormTransform<T>& transform,
                              const BatchNormGradientSums& sums, T* dx) {
  using F = ComputeType<T>;
  const TilePlan plan(shape);
  if (plan.tiles() == 0) return;
  const int64_t entries = shape.groups * shape.channels;
  const ConstantArrays<F> constants(
      scratch<F>(Scratch::kConstants, static_cast<size_t>(ConstantArrays<F>::kArrays * entries)),
      entries);
  for (int64_t group = 0; group < shape.groups; ++group) {
    fold_transform(transform, shape.channels, group, 0, shape.channels, constants);
    fold_gradient(transform, sums, shape.channels, group, 0, shape.channels, constants);
  }
  const F slope = static_cast<F>(transform.slope);
  const bool stream = may_stream(shape, plan, dx);
  run_tiles(plan, shape, Direction::kBackwards, [&](int64_t index) {
    const Tile tile = plan.tile(index);
    ColumnConstants<F> columns(tile, constants, shape.channels);
    gradient_of_tile(tile, x, dy, columns.transform(), columns.gradient(), slope, stream, dx);
  });
}

template void batch_norm_backward_data(const BatchNormShape&, const float*, const float*,
                                       const BatchNormTransform<float>&,
                                       const BatchNormGradientSums&, float*);
template void batch_norm_backward_data(const BatchNormShape&, const double*, const double*,
                                       const BatchNormTransform<double>&,
                                       const BatchNormGradientSums&, double*);
template void batch_norm_backward_data(const BatchNormShape&, const BFloat16*, const BFloat16*,
                                       const BatchNormTransform<BFloat16>&,
                                       const BatchNormGradientSums&, BFloat16*);

}  // namespace dcgan::kernels
#endif  // HWY_ONCE
