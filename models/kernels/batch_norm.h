// Batch normalisation on the CPU, forward and backward, with the activation that follows it
// (Ioffe & Szegedy 2015, algorithm 1 and the gradients of section 3).
//
// For every channel c and every group of the batch, over the n = batch_per_group * spatial
// values of that channel:
//
//   mean, variance = mean and biased variance of x
//   xhat = (x - mean) * inv_std           inv_std = 1 / sqrt(variance + eps)
//   z    = gamma * xhat + beta            the pre-activation
//   y    = z if z > 0, else slope * z     slope 1: no activation, 0: ReLU, 0.2: DCGAN's LeakyReLU
//
// The functions come in two layers. The separate steps let the caller do something in between,
// such as adding up statistics over processes. `batch_norm_forward_training` and
// `batch_norm_backward_training` do a whole pass while the data are still in the cache; their
// results equal those of the separate steps bit for bit.
//
// Element types T: float, double, BFloat16. BFloat16 is computed in float; gamma and beta are
// ComputeType<T>. Statistics are double; the values of a channel are added up in ComputeType<T>
// in blocks of about 1024, and the blocks in double.
//
// Results depend on the shape and on the processor's vector width (in the last bits), but not on
// the number of threads, on the alignment, or on what else is in the batch beside a group: two
// groups give bit for bit what two calls of one group each give.
//
// Pointers need only the alignment of T. Outputs must not overlap inputs except where a function
// says "in place". An empty shape (any size 0) is no work: nothing is read or written. Nothing
// here throws except std::bad_alloc (per-thread scratch that grows to the largest shape seen).
#pragma once

#include <cstdint>

#include "models/kernels/bfloat16.h"

namespace dcgan::kernels {

enum class MemoryOrder {
  kChannelsFirst,  // [N, C, S], LibTorch's contiguous NCHW
  kChannelsLast,   // [N, S, C], LibTorch's channels_last NHWC
};

// N = groups * batch_per_group; S is the product of the spatial sizes, 1 for [N, C] input.
// Group g owns the batch entries [g * batch_per_group, (g + 1) * batch_per_group).
struct BatchNormShape {
  int64_t groups = 1;
  int64_t batch_per_group = 0;
  int64_t channels = 0;
  int64_t spatial = 1;
  MemoryOrder order = MemoryOrder::kChannelsFirst;

  int64_t values_per_channel() const { return batch_per_group * spatial; }  // in one group
  int64_t elements() const { return groups * values_per_channel() * channels; }
};

// What turns x into y. In the backward it must hold the very values of the forward: z is
// computed anew from x, by the same instructions, to know on which side of the activation it was.
template <class T>
struct BatchNormTransform {
  const double* mean = nullptr;           // [groups, channels]
  const double* inv_std = nullptr;        // [groups, channels]
  const ComputeType<T>* gamma = nullptr;  // [channels]; null: 1
  const ComputeType<T>* beta = nullptr;   // [channels]; null: 0
  double slope = 1.0;                     // of the activation at z <= 0
};

// The sums over a channel that its statistics send back to every element of it, with
// g = dy * (z > 0 ? 1 : slope), the gradient at z.
struct BatchNormGradientSums {
  const double* sum_dy = nullptr;       // [groups, channels] sum of g       (= d beta)
  const double* sum_dy_xhat = nullptr;  // [groups, channels] sum of g * xhat (= d gamma)
  // Values per channel that went into the sums: values_per_channel(), or the total over the
  // processes where statistics were shared.
  double count = 1.0;
  // False treats the mean (or the variance) as a constant. Both false is the evaluation mode,
  // whose statistics are running averages; then both arrays may be null.
  bool through_mean = true;
  bool through_variance = true;
};

// 1 / sqrt(variance + eps), the only way from variance to inv_std inside these kernels.
double batch_norm_inv_std(double variance, double eps);

// mean and variance, both [groups, channels]; the variance is the biased one (divided by n).
//
// A variance of n values around a mean far larger than their spread loses at most a factor of about
// a block's length (1024) in precision, and usually nothing, where the textbook sums lose
// mean^2 / variance; a constant channel has variance 0.
template <class T>
void batch_norm_statistics(const BatchNormShape& shape, const T* x, double* mean, double* variance);

// y from x and given statistics. In place (y == x) is allowed; the backward needs x, however.
template <class T>
void batch_norm_forward(const BatchNormShape& shape, const T* x,
                        const BatchNormTransform<T>& transform, T* y);

// Sums of g and g * xhat over every channel of every group, both [groups, channels].
// dbeta and dgamma are these sums, added over the groups. `dy` is the gradient at y.
template <class T>
void batch_norm_backward_sums(const BatchNormShape& shape, const T* x, const T* dy,
                              const BatchNormTransform<T>& transform, double* sum_dy,
                              double* sum_dy_xhat);

// dx = gamma * inv_std * (g - sum_dy / count - xhat * sum_dy_xhat / count).
// In place (dx == dy or dx == x) is allowed.
template <class T>
void batch_norm_backward_data(const BatchNormShape& shape, const T* x, const T* dy,
                              const BatchNormTransform<T>& transform,
                              const BatchNormGradientSums& sums, T* dx);

// Statistics and y in one call. Writes mean, variance and inv_std, all [groups, channels].
// In place (y == x) is allowed.
template <class T>
void batch_norm_forward_training(const BatchNormShape& shape, const T* x,
                                 const ComputeType<T>* gamma, const ComputeType<T>* beta,
                                 double eps, double slope, double* mean, double* variance,
                                 double* inv_std, T* y);

// Sums and dx in one call, with count = values_per_channel(). Which statistics the gradient
// passes through is as in BatchNormGradientSums; the sums are written in every case.
// In place (dx == dy or dx == x) is allowed.
template <class T>
void batch_norm_backward_training(const BatchNormShape& shape, const T* x, const T* dy,
                                  const BatchNormTransform<T>& transform, bool through_mean,
                                  bool through_variance, double* sum_dy, double* sum_dy_xhat,
                                  T* dx);

}  // namespace dcgan::kernels
