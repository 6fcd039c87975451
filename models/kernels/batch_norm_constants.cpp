#include "models/kernels/batch_norm_constants.h"

#include <algorithm>
#include <cstring>

namespace dcgan::kernels {

template <class T>
void fold_transform(const BatchNormTransform<T>& transform, int64_t channels, int64_t group,
                    int64_t first, int64_t count, ConstantArrays<ComputeType<T>> out) {
  using F = ComputeType<T>;
  F* const center = out.array(0);
  F* const scale = out.array(1);
  F* const offset = out.array(2);
  for (int64_t c = first; c < first + count; ++c) {
    const int64_t i = group * channels + c;
    const double mean = transform.mean[i];
    const double gamma = transform.gamma ? static_cast<double>(transform.gamma[c]) : 1.0;
    const double beta = transform.beta ? static_cast<double>(transform.beta[c]) : 0.0;
    center[i] = static_cast<F>(mean);
    scale[i] = static_cast<F>(gamma * transform.inv_std[i]);
    offset[i] = static_cast<F>(beta - (mean - static_cast<double>(center[i])) *
                                          static_cast<double>(scale[i]));
  }
}

template <class T>
void fold_gradient(const BatchNormTransform<T>& transform, const BatchNormGradientSums& sums,
                   int64_t channels, int64_t group, int64_t first, int64_t count,
                   ConstantArrays<ComputeType<T>> out) {
  using F = ComputeType<T>;
  F* const slope_x = out.array(3);
  F* const constant = out.array(4);
  for (int64_t c = first; c < first + count; ++c) {
    const int64_t i = group * channels + c;
    const double gamma = transform.gamma ? static_cast<double>(transform.gamma[c]) : 1.0;
    const double scale = gamma * transform.inv_std[i];
    const double low = transform.mean[i] - static_cast<double>(static_cast<F>(transform.mean[i]));
    const double by_variance =
        sums.through_variance ? -scale * transform.inv_std[i] * (sums.sum_dy_xhat[i] / sums.count)
                              : 0.0;
    const double by_mean = sums.through_mean ? -scale * (sums.sum_dy[i] / sums.count) : 0.0;
    slope_x[i] = static_cast<F>(by_variance);
    constant[i] = static_cast<F>(by_mean - by_variance * low);
  }
}

template <class T>
void finish_sums(const BatchNormTransform<T>& transform, int64_t first, int64_t count,
                 const double* sum_dy, double* sum_dy_xhat) {
  using F = ComputeType<T>;
  for (int64_t i = first; i < first + count; ++i) {
    const double low = transform.mean[i] - static_cast<double>(static_cast<F>(transform.mean[i]));
    sum_dy_xhat[i] = transform.inv_std[i] * (sum_dy_xhat[i] - low * sum_dy[i]);
  }
}

template <class F>
const F* as_columns(const Tile& tile, const F* per_channel, F* buffer) {
  if (tile.kind == Tile::Kind::kPlanes || tile.width == tile.channels) return per_channel;
  if (tile.run > 1) {
    for (int64_t c = 0; c < tile.channels; ++c) {
      std::fill_n(buffer + c * tile.run, tile.run, per_channel[c]);
    }
    return buffer;
  }
  // The pattern of channels, doubled until the row is full.
  int64_t filled = tile.channels;
  std::memcpy(buffer, per_channel, static_cast<size_t>(filled) * sizeof(F));
  while (filled < tile.width) {
    const int64_t more = std::min(filled, tile.width - filled);
    std::memcpy(buffer + filled, buffer, static_cast<size_t>(more) * sizeof(F));
    filled += more;
  }
  return buffer;
}

#define DCGAN_INSTANTIATE(T)                                                                       \
  template void fold_transform(const BatchNormTransform<T>&, int64_t, int64_t, int64_t, int64_t,   \
                               ConstantArrays<ComputeType<T>>);                                    \
  template void fold_gradient(const BatchNormTransform<T>&, const BatchNormGradientSums&, int64_t, \
                              int64_t, int64_t, int64_t, ConstantArrays<ComputeType<T>>);          \
  template void finish_sums(const BatchNormTransform<T>&, int64_t, int64_t, const double*, double*);
DCGAN_INSTANTIATE(float)
DCGAN_INSTANTIATE(double)
DCGAN_INSTANTIATE(BFloat16)
#undef DCGAN_INSTANTIATE

template const float* as_columns(const Tile&, const float*, float*);
template const double* as_columns(const Tile&, const double*, double*);

}  // namespace dcgan::kernels
