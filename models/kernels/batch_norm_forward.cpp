// y from x and given statistics.

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "models/kernels/batch_norm_forward.cpp"

#include "models/kernels/batch_norm_kernels.h"
#include "models/kernels/batch_norm_run.h"
#include "models/kernels/highway_targets.h"

#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "models/kernels/batch_norm_simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace dcgan::kernels {
namespace HWY_NAMESPACE {

template <class T, bool kActivation, bool kStream>
struct NormalizeRows {
  using F = ComputeType<T>;
  using Tag = TagOf<T>;
  static constexpr int64_t kLanes = static_cast<int64_t>(hn::MaxLanes(Tag()));

  const T* x;
  T* y;
  int64_t rows;
  int64_t row_stride;
  bool is_far;
  TransformConstants<F> constants;
  F slope;

  template <int kVectors>
  HWY_INLINE void block(int64_t column) const {
    const Tag d;
    const auto below = hn::Set(d, slope);
    hn::Vec<Tag> center[kVectors], scale[kVectors], offset[kVectors];
#pragma GCC unroll 8
    for (int j = 0; j < kVectors; ++j) {
      center[j] = hn::LoadU(d, constants.center + column + j * kLanes);
      scale[j] = hn::LoadU(d, constants.scale + column + j * kLanes);
      offset[j] = hn::LoadU(d, constants.offset + column + j * kLanes);
    }
    const T* from = x + column;
    T* to = y + column;
    for (int64_t r = 0; r < rows; ++r, from += row_stride, to += row_stride) {
      if (is_far) prefetch_vectors<kVectors>(d, from + kRowsAhead * row_stride);
#pragma GCC unroll 8
      for (int j = 0; j < kVectors; ++j) {
        const auto centered = hn::Sub(load(d, from + j * kLanes), center[j]);
        const auto z = pre_activation(centered, scale[j], offset[j]);
        store<kStream>(d, activate<kActivation>(d, z, below), to + j * kLanes);
      }
    }
  }

  HWY_INLINE void tail(int64_t column, int64_t n) const {
    const Tag d;
    const auto below = hn::Set(d, slope);
    const auto center = load_first(d, constants.center + column, n);
    const auto scale = load_first(d, constants.scale + column, n);
    const auto offset = load_first(d, constants.offset + column, n);
    for (int64_t r = 0; r < rows; ++r) {
      const int64_t at = r * row_stride + column;
      const auto z = pre_activation(hn::Sub(load_first(d, x + at, n), center), scale, offset);
      store_first(d, activate<kActivation>(d, z, below), y + at, n);
    }
  }
};

template <bool kActivation, bool kStream, class T, class F = ComputeType<T>>
HWY_INLINE void normalize_plane(const T* x, int64_t width, int64_t prefetch, F center_value,
                                F scale_value, F offset_value, F slope, T* y) {
  const TagOf<T> d;
  constexpr int64_t kLanes = static_cast<int64_t>(hn::MaxLanes(d));
  const auto center = hn::Set(d, center_value);
  const auto scale = hn::Set(d, scale_value);
  const auto offset = hn::Set(d, offset_value);
  const auto below = hn::Set(d, slope);
  int64_t i = 0;
  for (; i + 4 * kLanes <= width; i += 4 * kLanes) {
    if (prefetch != 0) {
      prefetch_vectors<4>(d, x + prefetch + i);
      // A store, too, waits for its line to arrive.
      if constexpr (!kStream) prefetch_vectors<4>(d, y + prefetch + i);
    }
#pragma GCC unroll 4
    for (int j = 0; j < 4; ++j) {
      const auto centered = hn::Sub(load(d, x + i + j * kLanes), center);
      const auto z = pre_activation(centered, scale, offset);
      store<kStream>(d, activate<kActivation>(d, z, below), y + i + j * kLanes);
    }
  }
  for (; i + kLanes <= width; i += kLanes) {
    const auto z = pre_activation(hn::Sub(load(d, x + i), center), scale, offset);
    store<kStream>(d, activate<kActivation>(d, z, below), y + i);
  }
  if (i < width) {
    const int64_t n = width - i;
    const auto z = pre_activation(hn::Sub(load_first(d, x + i, n), center), scale, offset);
    store_first(d, activate<kActivation>(d, z, below), y + i, n);
  }
}

template <bool kActivation, bool kStream, class T, class F = ComputeType<T>>
void normalize(const Tile& tile, const T* x, TransformConstants<F> constants, F slope, T* y) {
  x += tile.offset;
  y += tile.offset;
  if (tile.kind == Tile::Kind::kColumns) {
    const int64_t at_once = rows_at_once(tile);
    for (int64_t r = 0; r < tile.rows; r += at_once) {
      const NormalizeRows<T, kActivation, kStream> rows{x + r * tile.row_stride,
                                                        y + r * tile.row_stride,
                                                        HWY_MIN(at_once, tile.rows - r),
                                                        tile.row_stride,
                                                        tile.is_far,
                                                        constants,
                                                        slope};
      for_column_blocks<kManyRegisters ? 8 : 4>(rows, tile.width);
    }
  } else {
    const int64_t prefetch =
        tile.is_far ? rows_ahead<T>(tile.width * tile.channels) * tile.row_stride : 0;
    for (int64_t r = 0; r < tile.rows; ++r) {
      for (int64_t c = 0; c < tile.channels; ++c) {
        const int64_t at = r * tile.row_stride + c * tile.width;
        normalize_plane<kActivation, kStream>(x + at, tile.width, prefetch, constants.center[c],
                                              constants.scale[c], constants.offset[c], slope,
                                              y + at);
      }
    }
  }
  if constexpr (kStream) hwy::FlushStream();
}

template <class T, class F = ComputeType<T>>
HWY_INLINE void forward(const Tile& tile, const T* x, TransformConstants<F> constants, F slope,
                        bool stream, T* y) {
  if (slope == F{1}) {
    stream ? normalize<false, true>(tile, x, constants, slope, y)
           : normalize<false, false>(tile, x, constants, slope, y);
  } else {
    stream ? normalize<true, true>(tile, x, constants, slope, y)
           : normalize<true, false>(tile, x, constants, slope, y);
  }
}

void forward_f32(const Tile& tile, const float* x, TransformConstants<float> constants, float slope,
                 bool stream, float* y) {
  forward(tile, x, constants, slope, stream, y);
}
void forward_f64(const Tile& tile, const double* x, TransformConstants<double> constants,
                 double slope, bool stream, double* y) {
  forward(tile, x, constants, slope, stream, y);
}
void forward_bf16(const Tile& tile, const BFloat16* x, TransformConstants<float> constants,
                  float slope, bool stream, BFloat16* y) {
  forward(tile, x, constants, slope, stream, y);
}

}  // namespace HWY_NAMESPACE
}  // namespace dcgan::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dcgan::kernels {

HWY_EXPORT(forward_f32);
HWY_EXPORT(forward_f64);
HWY_EXPORT(forward_bf16);

void forward_of_tile(const Tile& tile, const float* x, TransformConstants<float> constants,
                     float slope, bool stream, float* y) {
  HWY_DYNAMIC_DISPATCH(forward_f32)(tile, x, constants, slope, stream, y);
}
void forward_of_tile(const Tile& tile, const double* x, TransformConstants<double> constants,
                     double slope, bool stream, double* y) {
  HWY_DYNAMIC_DISPATCH(forward_f64)(tile, x, constants, slope, stream, y);
}
void forward_of_tile(const Tile& tile, const BFloat16* x, TransformConstants<float> constants,
                     float slope, bool stream, BFloat16* y) {
  HWY_DYNAMIC_DISPATCH(forward_bf16)(tile, x, constants, slope, stream, y);
}

template <class T>
void batch_norm_forward(const BatchNormShape& shape, const T* x,
                        const BatchNormTransform<T>& transform, T* y) {
  using F = ComputeType<T>;
  const TilePlan plan(shape);
  if (plan.tiles() == 0) return;
  const int64_t entries = shape.groups * shape.channels;
  const ConstantArrays<F> constants(
      scratch<F>(Scratch::kConstants, static_cast<size_t>(3 * entries)), entries);
  for (int64_t group = 0; group < shape.groups; ++group) {
    fold_transform(transform, shape.channels, group, 0, shape.channels, constants);
  }
  const F slope = static_cast<F>(transform.slope);
  const bool stream = may_stream(shape, plan, y);
  run_tiles(plan, shape, Direction::kBackwards, [&](int64_t index) {
    const Tile tile = plan.tile(index);
    ColumnConstants<F> columns(tile, constants, shape.channels);
    forward_of_tile(tile, x, columns.transform(), slope, stream, y);
  });
}

template void batch_norm_forward(const BatchNormShape&, const float*,
                                 const BatchNormTransform<float>&, float*);
template void batch_norm_forward(const BatchNormShape&, const double*,
                                 const BatchNormTransform<double>&, double*);
template void batch_norm_forward(const BatchNormShape&, const BFloat16*,
                                 const BatchNormTransform<BFloat16>&, BFloat16*);

}  // namespace dcgan::kernels
#endif  // HWY_ONCE
