// Whole passes: statistics and result of a tile while its data are still in the cache.

#include <cmath>

#include "models/kernels/batch_norm_kernels.h"
#include "models/kernels/batch_norm_run.h"

namespace dcgan::kernels {

double batch_norm_inv_std(double variance, double eps) { return 1.0 / std::sqrt(variance + eps); }

template <class T>
void batch_norm_forward_training(const BatchNormShape& shape, const T* x,
                                 const ComputeType<T>* gamma, const ComputeType<T>* beta,
                                 double eps, double slope, double* mean, double* variance,
                                 double* inv_std, T* y) {
  using F = ComputeType<T>;
  const TilePlan plan(shape);
  if (plan.tiles() == 0) return;
  const BatchNormTransform<T> transform{mean, inv_std, gamma, beta, slope};
  const int64_t entries = shape.groups * shape.channels;

  if (plan.parts() > 1) {
    batch_norm_statistics(shape, x, mean, variance);
    for (int64_t i = 0; i < entries; ++i) inv_std[i] = batch_norm_inv_std(variance[i], eps);
    batch_norm_forward(shape, x, transform, y);
    return;
  }

  const ConstantArrays<F> constants(
      scratch<F>(Scratch::kConstants, static_cast<size_t>(3 * entries)), entries);
  const bool stream = may_stream(shape, plan, y);
  run_tiles(plan, shape, Direction::kForwards, [&](int64_t index) {
    const Tile tile = plan.tile(index);
    const int64_t at = tile.group * shape.channels + tile.first_channel;
    statistics_of_tile(tile, x, mean + at, variance + at);
    const double count = static_cast<double>(tile.values_per_channel());
    for (int64_t i = at; i < at + tile.channels; ++i) {
      variance[i] /= count;
      inv_std[i] = batch_norm_inv_std(variance[i], eps);
    }
    fold_transform(transform, shape.channels, tile.group, tile.first_channel, tile.channels,
                   constants);
    ColumnConstants<F> columns(tile, constants, shape.channels);
    forward_of_tile(tile, x, columns.transform(), static_cast<F>(slope), stream, y);
  });
}

template <class T>
void batch_norm_backward_training(const BatchNormShape& shape, const T* x, const T* dy,
                                  const BatchNormTransform<T>& transform, bool through_mean,
                                  bool through_variance, double* sum_dy, double* sum_dy_xhat,
                                  T* dx) {
  using F = ComputeType<T>;
  const TilePlan plan(shape);
  if (plan.tiles() == 0) return;
  const BatchNormGradientSums sums{sum_dy, sum_dy_xhat,
                                   static_cast<double>(shape.values_per_channel()), through_mean,
                                   through_variance};
  const int64_t entries = shape.groups * shape.channels;

  if (plan.parts() > 1) {
    batch_norm_backward_sums(shape, x, dy, transform, sum_dy, sum_dy_xhat);
    batch_norm_backward_data(shape, x, dy, transform, sums, dx);
    return;
  }

  const ConstantArrays<F> constants(
      scratch<F>(Scratch::kConstants, static_cast<size_t>(ConstantArrays<F>::kArrays * entries)),
      entries);
  const F slope = static_cast<F>(transform.slope);
  const bool stream = may_stream(shape, plan, dx);
  run_tiles(plan, shape, Direction::kForwards, [&](int64_t index) {
    const Tile tile = plan.tile(index);
    const int64_t at = tile.group * shape.channels + tile.first_channel;
    fold_transform(transform, shape.channels, tile.group, tile.first_channel, tile.channels,
                   constants);
    ColumnConstants<F> columns(tile, constants, shape.channels);
    const TransformConstants<F> folded = columns.transform();
    sums_of_tile(tile, x, dy, folded, slope, sum_dy + at, sum_dy_xhat + at);
    finish_sums(transform, at, tile.channels, sum_dy, sum_dy_xhat);
    fold_gradient(transform, sums, shape.channels, tile.group, tile.first_channel, tile.channels,
                  constants);
    gradient_of_tile(tile, x, dy, folded, columns.gradient(), slope, stream, dx);
  });
}

#define DCGAN_INSTANTIATE(T)                                                                      \
  template void batch_norm_forward_training(const BatchNormShape&, const T*,                      \
                                            const ComputeType<T>*, const ComputeType<T>*, double, \
                                            double, double*, double*, double*, T*);               \
  template void batch_norm_backward_training(const BatchNormShape&, const T*, const T*,           \
                                             const BatchNormTransform<T>&, bool, bool, double*,   \
                                             double*, T*);
DCGAN_INSTANTIATE(float)
DCGAN_INSTANTIATE(double)
DCGAN_INSTANTIATE(BFloat16)
#undef DCGAN_INSTANTIATE

}  // namespace dcgan::kernels
