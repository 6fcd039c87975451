// Mean and variance of every channel.
//
// Values are added up in blocks of at most kBlockValues per channel, shifted by the first value K
// of that block in that channel: with d = x - K, in one pass,
//
//   s = sum d, q = sum d^2,   mean = K + s / n,   M2 = sum (x - mean)^2 = q - s^2 / n.
//
// Why that is accurate whatever the mean: K is one of the block's own values, so (K - mean)^2 is
// one of the terms of M2 and at most M2. Hence q = M2 + n (K - mean)^2 <= (n + 1) M2: the rounding
// of q and s (a few eps usually, at worst the longest chain of additions times eps) grows at most
// (n + 1)-fold relative to M2, and only where K is a far outlier of its block. Subtracting K is
// exact for values within a factor of two of it (Sterbenz). A constant block has d = 0 throughout
// and M2 = 0 exactly.
//
// Blocks are merged in double in a fixed order (Chan, Golub & LeVeque 1979).

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "models/kernels/batch_norm_statistics.cpp"

#include "models/kernels/batch_norm_kernels.h"
#include "models/kernels/batch_norm_run.h"
#include "models/kernels/highway_targets.h"

#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "models/kernels/batch_norm_simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace dcgan::kernels {
namespace HWY_NAMESPACE {

// Merges blocks of n values each, given as their mean and M2, into a running mean and M2.
class ChanMerge {
 public:
  explicit ChanMerge(int64_t count_before, int64_t n)
      : weight_(static_cast<double>(n) / static_cast<double>(count_before + n)),
        product_(static_cast<double>(count_before) * weight_) {}

  HWY_INLINE void operator()(double block_mean, double block_m2, double& mean, double& m2) const {
    const double delta = block_mean - mean;
    mean += delta * weight_;
    m2 += block_m2 + delta * delta * product_;
  }

 private:
  double weight_;
  double product_;
};

// Turns a block's shifted sums into mean and M2.
HWY_INLINE void finish_block(double shift, double s, double q, double reciprocal_n, double& mean,
                             double& m2) {
  mean = shift + s * reciprocal_n;
  const double difference = q - s * s * reciprocal_n;
  // Rounding may leave a few eps * q below zero; NaN must pass.
  m2 = difference < 0.0 ? 0.0 : difference;
}

// Adds `rows` rows to the sums of each column.
template <class T>
struct AddRows {
  using F = ComputeType<T>;
  using Tag = TagOf<T>;
  static constexpr int64_t kLanes = static_cast<int64_t>(hn::MaxLanes(Tag()));

  const T* x;
  int64_t rows;
  int64_t row_stride;
  bool is_far;
  const F* shift;
  F* s;
  F* q;

  template <int kVectors>
  HWY_INLINE void block(int64_t column) const {
    const Tag d;
    hn::Vec<Tag> k[kVectors], sum[kVectors], square[kVectors];
#pragma GCC unroll 8
    for (int j = 0; j < kVectors; ++j) {
      k[j] = hn::LoadU(d, shift + column + j * kLanes);
      sum[j] = hn::LoadU(d, s + column + j * kLanes);
      square[j] = hn::LoadU(d, q + column + j * kLanes);
    }
    const T* p = x + column;
    for (int64_t r = 0; r < rows; ++r, p += row_stride) {
      if (is_far) prefetch_vectors<kVectors>(d, p + kRowsAhead * row_stride);
#pragma GCC unroll 8
      for (int j = 0; j < kVectors; ++j) {
        const auto v = hn::Sub(load(d, p + j * kLanes), k[j]);
        sum[j] = hn::Add(sum[j], v);
        square[j] = hn::MulAdd(v, v, square[j]);
      }
    }
#pragma GCC unroll 8
    for (int j = 0; j < kVectors; ++j) {
      hn::StoreU(sum[j], d, s + column + j * kLanes);
      hn::StoreU(square[j], d, q + column + j * kLanes);
    }
  }

  // The arrays have whole vectors there; only x ends.
  HWY_INLINE void tail(int64_t column, int64_t n) const {
    const Tag d;
    const auto k = hn::LoadU(d, shift + column);
    auto sum = hn::LoadU(d, s + column);
    auto square = hn::LoadU(d, q + column);
    for (int64_t r = 0; r < rows; ++r) {
      const auto v = hn::Sub(load_first(d, x + r * row_stride + column, n), k);
      sum = hn::Add(sum, v);
      square = hn::MulAdd(v, v, square);
    }
    hn::StoreU(sum, d, s + column);
    hn::StoreU(square, d, q + column);
  }
};

template <class T>
void statistics_of_columns(const Tile& tile, const T* x, double* mean, double* m2) {
  using F = ComputeType<T>;
  constexpr int64_t kPadded = kMaxColumns + static_cast<int64_t>(hn::MaxLanes(TagOf<T>()));
  HWY_ALIGN F first[kPadded];
  HWY_ALIGN F shift_buffer[kPadded];
  HWY_ALIGN F s[kPadded];
  HWY_ALIGN F q[kPadded];
  HWY_ALIGN F folded_s[kPadded];
  HWY_ALIGN F folded_q[kPadded];
  for (int64_t j = tile.width; j < kPadded && j < tile.width + (kPadded - kMaxColumns); ++j) {
    shift_buffer[j] = first[j] = 0;  // lanes past the end stay at zero, not at a slow denormal
  }

  const int64_t at_once = rows_at_once(tile);
  const int64_t rows_per_block = HWY_MAX(int64_t{1}, kBlockValues / tile.values_per_row());
  for (int64_t row = 0; row < tile.rows; row += rows_per_block) {
    const int64_t rows = HWY_MIN(rows_per_block, tile.rows - row);
    const T* block = x + row * tile.row_stride;
    for (int64_t c = 0; c < tile.channels; ++c) first[c] = to_compute(block[c * tile.run]);
    const F* shift = as_columns(tile, first, shift_buffer);
    for (int64_t j = 0; j < tile.width + (kPadded - kMaxColumns); ++j) s[j] = q[j] = 0;

    for (int64_t r = 0; r < rows; r += at_once) {
      const AddRows<T> add{block + r * tile.row_stride,
                           HWY_MIN(at_once, rows - r),
                           tile.row_stride,
                           tile.is_far,
                           shift,
                           s,
                           q};
      for_column_blocks<kManyRegisters ? 8 : 4>(add, tile.width);
    }

    const F* sums = s;
    const F* squares = q;
    if (tile.width != tile.channels) {
      fold_columns(tile, s, folded_s);
      fold_columns(tile, q, folded_q);
      sums = folded_s;
      squares = folded_q;
    }
    const int64_t n = rows * tile.values_per_row();
    const double reciprocal_n = 1.0 / static_cast<double>(n);
    const ChanMerge merge(row * tile.values_per_row(), n);
    for (int64_t c = 0; c < tile.channels; ++c) {
      double block_mean, block_m2;
      finish_block(to_double(first[c]), to_double(sums[c]), to_double(squares[c]), reciprocal_n,
                   block_mean, block_m2);
      if (row == 0) {
        mean[c] = block_mean;
        m2[c] = block_m2;
      } else {
        merge(block_mean, block_m2, mean[c], m2[c]);
      }
    }
  }
}

// Sums of x - shift and its square over `rows` runs of `width` contiguous values.
template <class T, class F = ComputeType<T>>
HWY_INLINE void add_runs(const T* x, int64_t rows, int64_t row_stride, int64_t width, F shift,
                         int64_t prefetch, F& s, F& q) {
  const TagOf<T> d;
  constexpr int64_t kLanes = static_cast<int64_t>(hn::MaxLanes(d));
  const auto k = hn::Set(d, shift);
  auto s0 = hn::Zero(d), s1 = s0, s2 = s0, s3 = s0;
  auto q0 = s0, q1 = s0, q2 = s0, q3 = s0;
  for (int64_t r = 0; r < rows; ++r) {
    const T* p = x + r * row_stride;
    int64_t i = 0;
    for (; i + 4 * kLanes <= width; i += 4 * kLanes) {
      if (prefetch != 0) prefetch_vectors<4>(d, p + prefetch + i);
      const auto v0 = hn::Sub(load(d, p + i), k);
      const auto v1 = hn::Sub(load(d, p + i + kLanes), k);
      const auto v2 = hn::Sub(load(d, p + i + 2 * kLanes), k);
      const auto v3 = hn::Sub(load(d, p + i + 3 * kLanes), k);
      s0 = hn::Add(s0, v0);
      s1 = hn::Add(s1, v1);
      s2 = hn::Add(s2, v2);
      s3 = hn::Add(s3, v3);
      q0 = hn::MulAdd(v0, v0, q0);
      q1 = hn::MulAdd(v1, v1, q1);
      q2 = hn::MulAdd(v2, v2, q2);
      q3 = hn::MulAdd(v3, v3, q3);
    }
    for (; i + kLanes <= width; i += kLanes) {
      const auto v = hn::Sub(load(d, p + i), k);
      s0 = hn::Add(s0, v);
      q0 = hn::MulAdd(v, v, q0);
    }
    if (i < width) {
      const int64_t n = width - i;
      const auto v = hn::IfThenElseZero(hn::FirstN(d, static_cast<size_t>(n)),
                                        hn::Sub(load_first(d, p + i, n), k));
      s1 = hn::Add(s1, v);
      q1 = hn::MulAdd(v, v, q1);
    }
  }
  s = hn::GetLane(hn::SumOfLanes(d, hn::Add(hn::Add(s0, s1), hn::Add(s2, s3))));
  q = hn::GetLane(hn::SumOfLanes(d, hn::Add(hn::Add(q0, q1), hn::Add(q2, q3))));
}

template <class T>
void statistics_of_planes(const Tile& tile, const T* x, double* mean, double* m2) {
  using F = ComputeType<T>;
  // A block is several short planes or a piece of a long one.
  const int64_t rows_per_block = HWY_MAX(int64_t{1}, kBlockValues / tile.width);
  const int64_t pieces = (tile.width + kBlockValues - 1) / kBlockValues;
  const int64_t piece = pieces == 1 ? tile.width : kBlockValues;
  const int64_t prefetch = tile.is_far ? rows_ahead<T>(tile.width) * tile.row_stride : 0;

  for (int64_t c = 0; c < tile.channels; ++c) {
    int64_t count = 0;
    for (int64_t row = 0; row < tile.rows; row += rows_per_block) {
      const int64_t rows = HWY_MIN(rows_per_block, tile.rows - row);
      for (int64_t at = 0; at < tile.width; at += piece) {
        const int64_t width = HWY_MIN(piece, tile.width - at);
        const T* block = x + row * tile.row_stride + c * tile.width + at;
        const F shift = to_compute(*block);
        F s, q;
        add_runs(block, rows, tile.row_stride, width, shift, prefetch, s, q);
        const int64_t n = rows * width;
        double block_mean, block_m2;
        finish_block(to_double(shift), to_double(s), to_double(q), 1.0 / static_cast<double>(n),
                     block_mean, block_m2);
        if (count == 0) {
          mean[c] = block_mean;
          m2[c] = block_m2;
        } else {
          ChanMerge(count, n)(block_mean, block_m2, mean[c], m2[c]);
        }
        count += n;
      }
    }
  }
}

template <class T>
HWY_INLINE void statistics(const Tile& tile, const T* x, double* mean, double* m2) {
  if (tile.kind == Tile::Kind::kPlanes) {
    statistics_of_planes(tile, x + tile.offset, mean, m2);
  } else {
    statistics_of_columns(tile, x + tile.offset, mean, m2);
  }
}

void statistics_f32(const Tile& tile, const float* x, double* mean, double* m2) {
  statistics(tile, x, mean, m2);
}
void statistics_f64(const Tile& tile, const double* x, double* mean, double* m2) {
  statistics(tile, x, mean, m2);
}
void statistics_bf16(const Tile& tile, const BFloat16* x, double* mean, double* m2) {
  statistics(tile, x, mean, m2);
}

}  // namespace HWY_NAMESPACE
}  // namespace dcgan::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dcgan::kernels {

HWY_EXPORT(statistics_f32);
HWY_EXPORT(statistics_f64);
HWY_EXPORT(statistics_bf16);

void statistics_of_tile(const Tile& tile, const float* x, double* mean, double* m2) {
  HWY_DYNAMIC_DISPATCH(statistics_f32)(tile, x, mean, m2);
}
void statistics_of_tile(const Tile& tile, const double* x, double* mean, double* m2) {
  HWY_DYNAMIC_DISPATCH(statistics_f64)(tile, x, mean, m2);
}
void statistics_of_tile(const Tile& tile, const BFloat16* x, double* mean, double* m2) {
  HWY_DYNAMIC_DISPATCH(statistics_bf16)(tile, x, mean, m2);
}

namespace {

// mean and M2 of a whole group's chunk of channels from those of its parts, in their order.
// Leaves the variance where M2 was asked for.
void merge_parts(const TilePlan& plan, int64_t channels, const double* part_mean,
                 const double* part_m2, double* mean, double* variance) {
  for (int64_t group = 0; group < plan.groups(); ++group) {
    for (int64_t chunk = 0; chunk < plan.chunks(); ++chunk) {
      double count = 0.0;
      for (int64_t part = 0; part < plan.parts(); ++part) {
        const Tile tile = plan.tile(group, chunk, part);
        const double n = static_cast<double>(tile.values_per_channel());
        const double weight = n / (count + n);
        const double product = count * weight;
        const int64_t out = group * channels + tile.first_channel;
        const int64_t in = part * plan.groups() * channels + out;
        for (int64_t c = 0; c < tile.channels; ++c) {
          if (part == 0) {
            mean[out + c] = part_mean[in + c];
            variance[out + c] = part_m2[in + c];
          } else {
            const double delta = part_mean[in + c] - mean[out + c];
            mean[out + c] += delta * weight;
            variance[out + c] += part_m2[in + c] + delta * delta * product;
          }
        }
        count += n;
      }
      const Tile tile = plan.tile(group, chunk, 0);
      const int64_t out = group * channels + tile.first_channel;
      for (int64_t c = 0; c < tile.channels; ++c) variance[out + c] /= count;
    }
  }
}

}  // namespace

template <class T>
void batch_norm_statistics(const BatchNormShape& shape, const T* x, double* mean,
                           double* variance) {
  const TilePlan plan(shape);
  const int64_t per_part = shape.groups * shape.channels;
  double* part_mean = mean;
  double* part_m2 = variance;
  if (plan.parts() > 1) {
    part_mean =
        scratch<double>(Scratch::kTileParts, static_cast<size_t>(2 * plan.parts() * per_part));
    part_m2 = part_mean + plan.parts() * per_part;
  }
  run_tiles(plan, shape, Direction::kForwards, [&](int64_t index) {
    const Tile tile = plan.tile(index);
    const int64_t at =
        (index % plan.parts()) * per_part + tile.group * shape.channels + tile.first_channel;
    statistics_of_tile(tile, x, part_mean + at, part_m2 + at);
  });
  merge_parts(plan, shape.channels, part_mean, part_m2, mean, variance);
}

template void batch_norm_statistics(const BatchNormShape&, const float*, double*, double*);
template void batch_norm_statistics(const BatchNormShape&, const double*, double*, double*);
template void batch_norm_statistics(const BatchNormShape&, const BFloat16*, double*, double*);

}  // namespace dcgan::kernels
#endif  // HWY_ONCE
