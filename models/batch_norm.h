#pragma once

#include <torch/nn/cloneable.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

#include <optional>
#include <string>
#include <utility>

#include "models/batch_norm_transform.h"

namespace dcgan {

/// Options of BatchNorm1d and BatchNorm2d. The first five have the names and defaults of torch::nn;
/// the others take one part of batch normalisation away, for experiments.
struct BatchNormOptions {
  BatchNormOptions(int64_t num_features) : num_features_(num_features) {}  // NOLINT

  /// Channels C of the input [N, C, *]; at least 1.
  TORCH_ARG(int64_t, num_features);
  /// Added to the variance before the square root; above 0.
  TORCH_ARG(double, eps) = 1e-5;
  /// Weight of the newest batch in the running statistics, in [0, 1]; nullopt: their plain average
  /// over all batches so far.
  TORCH_ARG(std::optional<double>, momentum) = 0.1;
  /// Whether there are a weight (gamma) and a bias (beta).
  TORCH_ARG(bool, affine) = true;
  /// Whether running statistics are kept. Without them the batch's are used in evaluation as well.
  TORCH_ARG(bool, track_running_stats) = true;

  /// Whether the gradient flows back through the batch's mean, and through its variance. Without,
  /// they count as constants in the backward (the forward is the same).
  TORCH_ARG(bool, gradient_through_mean) = true;
  TORCH_ARG(bool, gradient_through_variance) = true;
  /// Without centring the mean stays in, and the division is by the root of the second moment.
  TORCH_ARG(bool, centring) = true;
  /// Without scaling the mean is subtracted and nothing divided.
  TORCH_ARG(bool, scaling) = true;
  /// Whether training too normalises with the running statistics, and leaves them as they are.
  TORCH_ARG(bool, fixed_statistics) = false;
  /// Standard deviation of noise in the statistics, in units of the channel's own deviation: in
  /// training x_hat becomes x_hat * (1 + noise * e1) + noise * e2 with fresh e1, e2 from N(0, 1)
  /// for each channel and batch (after Santurkar et al. 2018, section 2.2). A function of
  /// `noise_seed` and the number of batches seen; needs running statistics and affine.
  TORCH_ARG(double, noise) = 0.0;
  TORCH_ARG(int64_t, noise_seed) = 0;
  /// Whether to throw, naming `name`, on an input that is not finite. Costs one pass over it.
  TORCH_ARG(bool, check_finite) = false;
  TORCH_ARG(std::string, name) = "";
};

/// What BatchNorm1d and BatchNorm2d share. `Derived` only says which ranks it takes.
template <typename Derived>
class BatchNormImplBase : public torch::nn::Cloneable<Derived> {
 public:
  explicit BatchNormImplBase(const BatchNormOptions& options);

  /// Normalises `input` [N, C, *], floating point, and in training updates the running statistics
  /// (unbiased variance in the buffer, biased in the transform). Throws c10::Error, with the
  /// running statistics unchanged, on a wrong rank, channel count or type, an empty batch, or, in
  /// training, a single value per channel, whose variance says nothing.
  torch::Tensor forward(const torch::Tensor& input);

  /// The same with a (leaky) ReLU of negative `slope` behind it, in one pass: 1 none, 0 ReLU.
  /// Where statistics are the batch's (in training, and without running ones always) they are those
  /// of `groups` equal slices of it, to the bit what as many calls, one a slice, would give,
  /// running statistics included.
  torch::Tensor forward_fused(const torch::Tensor& input, double slope, int64_t groups = 1);

  /// The running statistics as evaluation uses them, float64 [1, C]: with centring or scaling left
  /// out where the options say so. Only with track_running_stats.
  BatchNormStatistics running_statistics() const;

  void reset() override;
  /// Counts the statistics of a batch (of each of its groups, in order) into the running ones, as a
  /// training forward does.
  void update_running_stats(const BatchNormStatistics& statistics);
  /// Whether a forward would be algorithm 1 of the paper with the batch's own statistics and
  /// nothing else: training mode, weight and bias, running statistics, no experiment in the
  /// forward, no sharing.
  bool is_plain_training() const;

  /// Running mean 0, running variance 1, no batch seen.
  void reset_running_stats();
  /// weight 1, bias 0.
  void reset_parameters();
  void pretty_print(std::ostream& stream) const override;

  BatchNormOptions options;
  torch::Tensor weight;               // gamma [C]
  torch::Tensor bias;                 // beta [C]
  torch::Tensor running_mean;         // [C]
  torch::Tensor running_var;          // [C], unbiased
  torch::Tensor num_batches_tracked;  // int64 scalar
  /// Shares the batch's statistics with other processes, each of which must bring at least one
  /// image; null: this process alone.
  c10::intrusive_ptr<StatisticsReducer> reducer;

 private:
  BatchNormStatistics as_used(BatchNormStatistics statistics) const;
  void check_input(const torch::Tensor& input, int64_t groups) const;
  void check_own_tensors() const;
  bool uses_running_stats() const;
  std::pair<torch::Tensor, torch::Tensor> noisy_affine() const;
};

/// Batch normalisation (Ioffe & Szegedy 2015) of [N, C] or [N, C, L].
class BatchNorm1dImpl : public BatchNormImplBase<BatchNorm1dImpl> {
 public:
  using BatchNormImplBase<BatchNorm1dImpl>::BatchNormImplBase;
  static constexpr const char* kName = "dcgan::BatchNorm1d";
  static constexpr const char* kInput = "[N, C] or [N, C, L]";
  static constexpr int64_t kMinimumRank = 2;
  static constexpr int64_t kMaximumRank = 3;
};
TORCH_MODULE(BatchNorm1d);

/// Batch normalisation of feature maps [N, C, H, W], with one mean and variance per channel over
/// batch and locations (Ioffe & Szegedy 2015, section 3.2).
class BatchNorm2dImpl : public BatchNormImplBase<BatchNorm2dImpl> {
 public:
  using BatchNormImplBase<BatchNorm2dImpl>::BatchNormImplBase;
  static constexpr const char* kName = "dcgan::BatchNorm2d";
  static constexpr const char* kInput = "[N, C, H, W]";
  static constexpr int64_t kMinimumRank = 4;
  static constexpr int64_t kMaximumRank = 4;
};
TORCH_MODULE(BatchNorm2d);

}  // namespace dcgan
