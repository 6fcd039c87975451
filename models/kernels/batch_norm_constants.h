// What batch norm does to each channel, folded into the fewest numbers an element needs.
// Internal to the kernels.
#pragma once

#include <cstdint>

#include "models/kernels/batch_norm.h"
#include "models/kernels/batch_norm_tiles.h"

namespace dcgan::kernels {

// z = fma(x - center, scale, offset).
//
// `center` is the mean rounded to F and the rest of the mean goes into `offset`, so nothing
// cancels: x - center is exact for x near the mean (Sterbenz), whereas x * a + b would lose
// mean / standard deviation ulps.
template <class F>
struct TransformConstants {
  const F* center = nullptr;
  const F* scale = nullptr;   // gamma * inv_std
  const F* offset = nullptr;  // beta - (mean - center) * scale
};

// dx = fma(scale, g, fma(x - center, slope_x, constant)); center and scale as above.
template <class F>
struct GradientConstants {
  const F* slope_x = nullptr;   // -scale * inv_std * sum_dy_xhat / count
  const F* constant = nullptr;  // -scale * sum_dy / count - slope_x * (mean - center)
};

// Writable arrays of `entries` numbers each, in one piece of memory.
template <class F>
class ConstantArrays {
 public:
  ConstantArrays(F* memory, int64_t entries) : memory_(memory), entries_(entries) {}

  static constexpr int kArrays = 5;

  F* array(int which) const { return memory_ + which * entries_; }

 private:
  F* memory_;
  int64_t entries_;
};

// Fill the arrays for channels [first, first + count) of a group. Entry group * channels + c.
template <class T>
void fold_transform(const BatchNormTransform<T>& transform, int64_t channels, int64_t group,
                    int64_t first, int64_t count, ConstantArrays<ComputeType<T>> out);
template <class T>
void fold_gradient(const BatchNormTransform<T>& transform, const BatchNormGradientSums& sums,
                   int64_t channels, int64_t group, int64_t first, int64_t count,
                   ConstantArrays<ComputeType<T>> out);

// Turns sums of g * (x - center) into sums of g * xhat, for entries [first, first + count).
template <class T>
void finish_sums(const BatchNormTransform<T>& transform, int64_t first, int64_t count,
                 const double* sum_dy, double* sum_dy_xhat);

// `per_channel` (the tile's channels) repeated for every column of the tile, as the kernels read
// it: `per_channel` itself where one entry a channel is what they want, else `buffer`, which
// holds kMaxColumns.
template <class F>
const F* as_columns(const Tile& tile, const F* per_channel, F* buffer);

// A tile's constants in the form its kernel reads: entries of `arrays` (of a tensor with
// `channels` channels) or copies of them for every column, kept inside this object.
template <class F>
class ColumnConstants {
 public:
  ColumnConstants(const Tile& tile, ConstantArrays<F> arrays, int64_t channels)
      : tile_(tile), arrays_(arrays), at_(tile.group * channels + tile.first_channel) {}
  ColumnConstants(const ColumnConstants&) = delete;
  ColumnConstants& operator=(const ColumnConstants&) = delete;

  TransformConstants<F> transform() { return {column(0), column(1), column(2)}; }
  GradientConstants<F> gradient() { return {column(3), column(4)}; }

 private:
  const F* column(int which) {
    return as_columns(tile_, arrays_.array(which) + at_, buffers_[which]);
  }

  const Tile& tile_;
  ConstantArrays<F> arrays_;
  int64_t at_;
  F buffers_[ConstantArrays<F>::kArrays][kMaxColumns];
};

}  // namespace dcgan::kernels
