// The sums over each channel that the gradient needs: of g, and of g * xhat.
//
// The kernels add up g * (x - center) instead, which rounds once where g * xhat rounds twice; the
// rest is put right in double: sum g * xhat = inv_std * (sum g * (x - center)
//                                                        - (mean - center) * sum g).

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "models/kernels/batch_norm_backward_sums.cpp"

#include "models/kernels/batch_norm_kernels.h"
#include "models/kernels/batch_norm_run.h"
#include "models/kernels/highway_targets.h"

#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "models/kernels/batch_norm_simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace dcgan::kernels {
namespace HWY_NAMESPACE {

// Adds `rows` rows to the sums of each column.
template <class T, bool kActivation>
struct AddGradientRows {
  using F = ComputeType<T>;
  using Tag = TagOf<T>;
  static constexpr int64_t kLanes = static_cast<int64_t>(hn::MaxLanes(Tag()));

  const T* x;
  const T* dy;
  int64_t rows;
  int64_t row_stride;
  bool is_far;
  TransformConstants<F> constants;
  F slope;
  F* sum_g;
  F* sum_gx;

  template <int kVectors>
  HWY_INLINE void block(int64_t column) const {
    const Tag d;
    const auto below = hn::Set(d, slope);
    hn::Vec<Tag> center[kVectors], scale[kVectors], offset[kVectors], g[kVectors], gx[kVectors];
#pragma GCC unroll 8
    for (int j = 0; j < kVectors; ++j) {
      const int64_t at = column + j * kLanes;
      center[j] = hn::LoadU(d, constants.center + at);
      scale[j] = hn::LoadU(d, constants.scale + at);
      offset[j] = hn::LoadU(d, constants.offset + at);
      g[j] = hn::LoadU(d, sum_g + at);
      gx[j] = hn::LoadU(d, sum_gx + at);
    }
    const T* px = x + column;
    const T* pdy = dy + column;
    for (int64_t r = 0; r < rows; ++r, px += row_stride, pdy += row_stride) {
      if (is_far) {
        prefetch_vectors<kVectors>(d, px + kRowsAhead * row_stride);
        prefetch_vectors<kVectors>(d, pdy + kRowsAhead * row_stride);
      }
#pragma GCC unroll 8
      for (int j = 0; j < kVectors; ++j) {
        const auto centered = hn::Sub(load(d, px + j * kLanes), center[j]);
        const auto z = pre_activation(centered, scale[j], offset[j]);
        const auto v = gradient_at_z<kActivation>(d, z, load(d, pdy + j * kLanes), below);
        g[j] = hn::Add(g[j], v);
        gx[j] = hn::MulAdd(v, centered, gx[j]);
      }
    }
#pragma GCC unroll 8
    for (int j = 0; j < kVectors; ++j) {
      hn::StoreU(g[j], d, sum_g + column + j * kLanes);
      hn::StoreU(gx[j], d, sum_gx + column + j * kLanes);
    }
  }

  // The sums have whole vectors there; their lanes past the end add zeros times `center` = 0.
  HWY_INLINE void tail(int64_t column, int64_t n) const {
    const Tag d;
    const auto below = hn::Set(d, slope);
    const auto center = load_first(d, constants.center + column, n);
    const auto scale = load_first(d, constants.scale + column, n);
    const auto offset = load_first(d, constants.offset + column, n);
    auto g = hn::LoadU(d, sum_g + column);
    auto gx = hn::LoadU(d, sum_gx + column);
    for (int64_t r = 0; r < rows; ++r) {
      const int64_t at = r * row_stride + column;
      const auto centered = hn::Sub(load_first(d, x + at, n), center);
      const auto z = pre_activation(centered, scale, offset);
      const auto v = gradient_at_z<kActivation>(d, z, load_first(d, dy + at, n), below);
      g = hn::Add(g, v);
      gx = hn::MulAdd(v, centered, gx);
    }
    hn::StoreU(g, d, sum_g + column);
    hn::StoreU(gx, d, sum_gx + column);
  }
};

template <bool kActivation, class T, class F = ComputeType<T>>
void sums_of_columns(const Tile& tile, const T* x, const T* dy, TransformConstants<F> constants,
                     F slope, double* sum_g, double* sum_gx) {
  constexpr int64_t kPad = static_cast<int64_t>(hn::MaxLanes(TagOf<T>()));
  HWY_ALIGN F g[kMaxColumns + kPad];
  HWY_ALIGN F gx[kMaxColumns + kPad];
  HWY_ALIGN F folded_g[kMaxColumns + kPad];
  HWY_ALIGN F folded_gx[kMaxColumns + kPad];
  for (int64_t c = 0; c < tile.channels; ++c) sum_g[c] = sum_gx[c] = 0.0;

  const int64_t at_once = rows_at_once(tile);
  const int64_t rows_per_block = HWY_MAX(int64_t{1}, kBlockValues / tile.values_per_row());
  for (int64_t row = 0; row < tile.rows; row += rows_per_block) {
    const int64_t end = HWY_MIN(row + rows_per_block, tile.rows);
    for (int64_t j = 0; j < tile.width + kPad; ++j) g[j] = gx[j] = 0;
    for (int64_t r = row; r < end; r += at_once) {
      const AddGradientRows<T, kActivation> add{x + r * tile.row_stride,
                                                dy + r * tile.row_stride,
                                                HWY_MIN(at_once, end - r),
                                                tile.row_stride,
                                                tile.is_far,
                                                constants,
                                                slope,
                                                g,
                                                gx};
      for_column_blocks<kManyRegisters ? 4 : 2>(add, tile.width);
    }
    const F* sums_g = g;
    const F* sums_gx = gx;
    if (tile.width != tile.channels) {
      fold_columns(tile, g, folded_g);
      fold_columns(tile, gx, folded_gx);
      sums_g = folded_g;
      sums_gx = folded_gx;
    }
    for (int64_t c = 0; c < tile.channels; ++c) {
      sum_g[c] += to_double(sums_g[c]);
      sum_gx[c] += to_double(sums_gx[c]);
    }
  }
}

// Constants of one channel, in every lane.
template <class T>
struct PlaneConstants {
  hn::Vec<TagOf<T>> center, scale, offset, slope;
};

// Adds the sums over `rows` runs of `width` contiguous values to sum_g and sum_gx.
template <bool kActivation, class T>
HWY_INLINE void add_gradient_runs(const T* x, const T* dy, int64_t rows, int64_t row_stride,
                                  int64_t width, int64_t prefetch, const PlaneConstants<T>& c,
                                  double& sum_g, double& sum_gx) {
  const TagOf<T> d;
  constexpr int64_t kLanes = static_cast<int64_t>(hn::MaxLanes(d));
  constexpr int kVectors = 4;
  hn::Vec<TagOf<T>> g[kVectors], gx[kVectors];
#pragma GCC unroll 4
  for (int j = 0; j < kVectors; ++j) g[j] = gx[j] = hn::Zero(d);
  for (int64_t r = 0; r < rows; ++r) {
    const T* px = x + r * row_stride;
    const T* pdy = dy + r * row_stride;
    int64_t i = 0;
    for (; i + kVectors * kLanes <= width; i += kVectors * kLanes) {
      if (prefetch != 0) {
        prefetch_vectors<kVectors>(d, px + prefetch + i);
        prefetch_vectors<kVectors>(d, pdy + prefetch + i);
      }
#pragma GCC unroll 4
      for (int j = 0; j < kVectors; ++j) {
        const auto centered = hn::Sub(load(d, px + i + j * kLanes), c.center);
        const auto z = pre_activation(centered, c.scale, c.offset);
        const auto v = gradient_at_z<kActivation>(d, z, load(d, pdy + i + j * kLanes), c.slope);
        g[j] = hn::Add(g[j], v);
        gx[j] = hn::MulAdd(v, centered, gx[j]);
      }
    }
    for (; i + kLanes <= width; i += kLanes) {
      const auto centered = hn::Sub(load(d, px + i), c.center);
      const auto z = pre_activation(centered, c.scale, c.offset);
      const auto v = gradient_at_z<kActivation>(d, z, load(d, pdy + i), c.slope);
      g[0] = hn::Add(g[0], v);
      gx[0] = hn::MulAdd(v, centered, gx[0]);
    }
    if (i < width) {  // dy is zero in the lanes past the end, and so is what they add
      const int64_t n = width - i;
      const auto centered = hn::Sub(load_first(d, px + i, n), c.center);
      const auto z = pre_activation(centered, c.scale, c.offset);
      const auto v = gradient_at_z<kActivation>(d, z, load_first(d, pdy + i, n), c.slope);
      g[1] = hn::Add(g[1], v);
      gx[1] = hn::MulAdd(v, centered, gx[1]);
    }
  }
  sum_g +=
      to_double(hn::GetLane(hn::SumOfLanes(d, hn::Add(hn::Add(g[0], g[1]), hn::Add(g[2], g[3])))));
  sum_gx += to_double(
      hn::GetLane(hn::SumOfLanes(d, hn::Add(hn::Add(gx[0], gx[1]), hn::Add(gx[2], gx[3])))));
}

template <bool kActivation, class T, class F = ComputeType<T>>
void sums_of_planes(const Tile& tile, const T* x, const T* dy, TransformConstants<F> constants,
                    F slope, double* sum_g, double* sum_gx) {
  const TagOf<T> d;
  const int64_t rows_per_block = HWY_MAX(int64_t{1}, kBlockValues / tile.width);
  const int64_t piece = HWY_MIN(tile.width, kBlockValues);
  const int64_t prefetch = tile.is_far ? rows_ahead<T>(tile.width) * tile.row_stride : 0;
  for (int64_t c = 0; c < tile.channels; ++c) {
    const PlaneConstants<T> plane{hn::Set(d, constants.center[c]), hn::Set(d, constants.scale[c]),
                                  hn::Set(d, constants.offset[c]), hn::Set(d, slope)};
    double total_g = 0.0;
    double total_gx = 0.0;
    for (int64_t row = 0; row < tile.rows; row += rows_per_block) {
      const int64_t rows = HWY_MIN(rows_per_block, tile.rows - row);
      for (int64_t at = 0; at < tile.width; at += piece) {
        const int64_t from = row * tile.row_stride + c * tile.width + at;
        add_gradient_runs<kActivation>(x + from, dy + from, rows, tile.row_stride,
                                       HWY_MIN(piece, tile.width - at), prefetch, plane, total_g,
                                       total_gx);
      }
    }
    sum_g[c] = total_g;
    sum_gx[c] = total_gx;
  }
}

template <bool kActivation, class T, class F = ComputeType<T>>
void sums_with(const Tile& tile, const T* x, const T* dy, TransformConstants<F> constants, F slope,
               double* sum_g, double* sum_gx) {
  if (tile.kind == Tile::Kind::kPlanes) {
    sums_of_planes<kActivation>(tile, x, dy, constants, slope, sum_g, sum_gx);
  } else {
    sums_of_columns<kActivation>(tile, x, dy, constants, slope, sum_g, sum_gx);
  }
}

template <class T, class F = ComputeType<T>>
HWY_INLINE void sums(const Tile& tile, const T* x, const T* dy, TransformConstants<F> constants,
                     F slope, double* sum_g, double* sum_gx) {
  x += tile.offset;
  dy += tile.offset;
  if (slope == F{1}) {
    sums_with<false>(tile, x, dy, constants, slope, sum_g, sum_gx);
  } else {
    sums_with<true>(tile, x, dy, constants, slope, sum_g, sum_gx);
  }
}

void sums_f32(const Tile& tile, const float* x, const float* dy,
              TransformConstants<float> constants, float slope, double* sum_g, double* sum_gx) {
  sums(tile, x, dy, constants, slope, sum_g, sum_gx);
}
void sums_f64(const Tile& tile, const double* x, const double* dy,
              TransformConstants<double> constants, double slope, double* sum_g, double* sum_gx) {
  sums(tile, x, dy, constants, slope, sum_g, sum_gx);
}
void sums_bf16(const Tile& tile, const BFloat16* x, const BFloat16* dy,
               TransformConstants<float> constants, float slope, double* sum_g, double* sum_gx) {
  sums(tile, x, dy, constants, slope, sum_g, sum_gx);
}

}  // namespace HWY_NAMESPACE
}  // namespace dcgan::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dcgan::kernels {

HWY_EXPORT(sums_f32);
HWY_EXPORT(sums_f64);
HWY_EXPORT(sums_bf16);

void sums_of_tile(const Tile& tile, const float* x, const float* dy,
                  TransformConstants<float> constants, float slope, double* sum_g, double* sum_gx) {
  HWY_DYNAMIC_DISPATCH(sums_f32)(tile, x, dy, constants, slope, sum_g, sum_gx);
}
void sums_of_tile(const Tile& tile, const double* x, const double* dy,
                  TransformConstants<double> constants, double slope, double* sum_g,
                  double* sum_gx) {
  HWY_DYNAMIC_DISPATCH(sums_f64)(tile, x, dy, constants, slope, sum_g, sum_gx);
}
void sums_of_tile(const Tile& tile, const BFloat16* x, const BFloat16* dy,
                  TransformConstants<float> constants, float slope, double* sum_g, double* sum_gx) {
  HWY_DYNAMIC_DISPATCH(sums_bf16)(tile, x, dy, constants, slope, sum_g, sum_gx);
}

template <class T>
void batch_norm_backward_sums(const BatchNormShape& shape, const T* x, const T* dy,
                              const BatchNormTransform<T>& transform, double* sum_dy,
                              double* sum_dy_xhat) {
  using F = ComputeType<T>;
  const TilePlan plan(shape);
  if (plan.tiles() == 0) return;
  const int64_t entries = shape.groups * shape.channels;
  const ConstantArrays<F> constants(
      scratch<F>(Scratch::kConstants, static_cast<size_t>(3 * entries)), entries);
  for (int64_t group = 0; group < shape.groups; ++group) {
    fold_transform(transform, shape.channels, group, 0, shape.channels, constants);
  }
  double* part_g = sum_dy;
  double* part_gx = sum_dy_xhat;
  if (plan.parts() > 1) {
    part_g = scratch<double>(Scratch::kTileParts, static_cast<size_t>(2 * plan.parts() * entries));
    part_gx = part_g + plan.parts() * entries;
  }
  const F slope = static_cast<F>(transform.slope);
  run_tiles(plan, shape, Direction::kForwards, [&](int64_t index) {
    const Tile tile = plan.tile(index);
    const int64_t at =
        (index % plan.parts()) * entries + tile.group * shape.channels + tile.first_channel;
    ColumnConstants<F> columns(tile, constants, shape.channels);
    sums_of_tile(tile, x, dy, columns.transform(), slope, part_g + at, part_gx + at);
  });

  if (plan.parts() > 1) {
    for (int64_t i = 0; i < entries; ++i) sum_dy[i] = sum_dy_xhat[i] = 0.0;
    for (int64_t part = 0; part < plan.parts(); ++part) {
      for (int64_t i = 0; i < entries; ++i) {
        sum_dy[i] += part_g[part * entries + i];
        sum_dy_xhat[i] += part_gx[part * entries + i];
      }
    }
  }
  finish_sums(transform, 0, entries, sum_dy, sum_dy_xhat);
}

template void batch_norm_backward_sums(const BatchNormShape&, const float*, const float*,
                                       const BatchNormTransform<float>&, double*, double*);
template void batch_norm_backward_sums(const BatchNormShape&, const double*, const double*,
                                       const BatchNormTransform<double>&, double*, double*);
template void batch_norm_backward_sums(const BatchNormShape&, const BFloat16*, const BFloat16*,
                                       const BatchNormTransform<BFloat16>&, double*, double*);

}  // namespace dcgan::kernels
#endif  // HWY_ONCE
