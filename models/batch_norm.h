#pragma once

#include <torch/nn/cloneable.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

#include <optional>

namespace dcgan {

/// Options of BatchNorm1d and BatchNorm2d, with the names and defaults of torch::nn.
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

  void reset() override;
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

 private:
  void check_input(const torch::Tensor& input) const;
  void update_running_stats(const torch::Tensor& mean, const torch::Tensor& variance,
                            int64_t count);
};

/// Batch normalisation (Ioffe & Szegedy 2015) of [N, C] or [N, C, L].
class BatchNorm1dImpl : public BatchNormImplBase<BatchNorm1dImpl> {
 public:
  using BatchNormImplBase<BatchNorm1dImpl>::BatchNormImplBase;
  static constexpr const char* kName = "dcgan::BatchNorm1d";
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
  static constexpr int64_t kMinimumRank = 4;
  static constexpr int64_t kMaximumRank = 4;
};
TORCH_MODULE(BatchNorm2d);

}  // namespace dcgan
