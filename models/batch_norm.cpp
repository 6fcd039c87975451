#include "models/batch_norm.h"

#include "models/batch_norm_function.h"

namespace dcgan {
namespace {

std::optional<torch::Tensor> present(const torch::Tensor& tensor) {
  return tensor.defined() ? std::optional(tensor) : std::nullopt;
}

}  // namespace

template <typename Derived>
BatchNormImplBase<Derived>::BatchNormImplBase(const BatchNormOptions& options_)
    : options(options_) {
  TORCH_CHECK_VALUE(options.num_features() >= 1, Derived::kName,
                    ": num_features must be at least 1, is ", options.num_features());
  TORCH_CHECK_VALUE(options.eps() > 0, Derived::kName, ": eps must be above 0, is ", options.eps());
  TORCH_CHECK_VALUE(!options.momentum() || (*options.momentum() >= 0 && *options.momentum() <= 1),
                    Derived::kName, ": momentum must be in [0, 1] or none, is ",
                    *options.momentum());
  reset();
}

template <typename Derived>
void BatchNormImplBase<Derived>::reset() {
  const int64_t channels = options.num_features();
  if (options.affine()) {
    weight = this->register_parameter("weight", torch::empty({channels}));
    bias = this->register_parameter("bias", torch::empty({channels}));
  }
  if (options.track_running_stats()) {
    running_mean = this->register_buffer("running_mean", torch::empty({channels}));
    running_var = this->register_buffer("running_var", torch::empty({channels}));
    num_batches_tracked =
        this->register_buffer("num_batches_tracked", torch::empty({}, torch::kInt64));
  }
  reset_running_stats();
  reset_parameters();
}

template <typename Derived>
void BatchNormImplBase<Derived>::reset_running_stats() {
  if (options.track_running_stats()) {
    const torch::NoGradGuard no_grad;
    running_mean.zero_();
    running_var.fill_(1);
    num_batches_tracked.zero_();
  }
}

template <typename Derived>
void BatchNormImplBase<Derived>::reset_parameters() {
  if (options.affine()) {
    const torch::NoGradGuard no_grad;
    weight.fill_(1);
    bias.zero_();
  }
}

template <typename Derived>
void BatchNormImplBase<Derived>::check_input(const torch::Tensor& input) const {
  TORCH_CHECK_VALUE(input.dim() >= Derived::kMinimumRank && input.dim() <= Derived::kMaximumRank,
                    Derived::kName, ": expects an input of ", Derived::kMinimumRank, " to ",
                    Derived::kMaximumRank, " dimensions, is ", input.sizes());
  TORCH_CHECK_VALUE(input.size(1) == options.num_features(), Derived::kName, ": has ",
                    options.num_features(), " channels, the input ", input.sizes(), " has ",
                    input.size(1));
  TORCH_CHECK_TYPE(input.is_floating_point(), Derived::kName,
                   ": expects a floating point input, is ", input.scalar_type());
  TORCH_CHECK_VALUE(input.numel() > 0, Derived::kName, ": the input ", input.sizes(), " is empty");
}

template <typename Derived>
torch::Tensor BatchNormImplBase<Derived>::forward(const torch::Tensor& input) {
  check_input(input);
  if (!this->is_training() && options.track_running_stats()) {
    return BatchNormFunction::apply(input, present(weight), present(bias), running_mean,
                                    running_var, options.eps(),
                                    /*from_batch=*/false);
  }
  TORCH_CHECK_VALUE(!this->is_training() || input.numel() > input.size(1), Derived::kName,
                    ": training needs more than one value per channel, the input is ",
                    input.sizes());
  const BatchStatistics statistics = batch_statistics(input);
  if (this->is_training() && options.track_running_stats()) {
    update_running_stats(statistics.mean, statistics.variance, statistics.count);
  }
  return BatchNormFunction::apply(input, present(weight), present(bias), statistics.mean,
                                  statistics.variance, options.eps(), /*from_batch=*/true);
}

template <typename Derived>
void BatchNormImplBase<Derived>::update_running_stats(const torch::Tensor& mean,
                                                      const torch::Tensor& variance,
                                                      int64_t count) {
  const torch::NoGradGuard no_grad;
  num_batches_tracked.add_(1);
  const double n = static_cast<double>(count);
  const torch::Tensor unbiased = variance * (n / (n - 1));
  if (options.momentum()) {
    running_mean.lerp_(mean.to(running_mean.dtype()), *options.momentum());
    running_var.lerp_(unbiased.to(running_var.dtype()), *options.momentum());
  } else {
    const torch::Tensor share = num_batches_tracked.to(running_mean.dtype()).reciprocal();
    running_mean.lerp_(mean.to(running_mean.dtype()), share);
    running_var.lerp_(unbiased.to(running_var.dtype()), share);
  }
}

template <typename Derived>
void BatchNormImplBase<Derived>::pretty_print(std::ostream& stream) const {
  stream << Derived::kName << "(" << options.num_features() << ", eps=" << options.eps()
         << ", momentum=";
  if (options.momentum()) {
    stream << *options.momentum();
  } else {
    stream << "none";
  }
  stream << std::boolalpha << ", affine=" << options.affine()
         << ", track_running_stats=" << options.track_running_stats() << ")";
}

template class BatchNormImplBase<BatchNorm1dImpl>;
template class BatchNormImplBase<BatchNorm2dImpl>;

}  // namespace dcgan
