#include "models/batch_norm.h"

#include <cmath>

#include "models/batch_norm_function.h"
#include "models/optional_tensor.h"
#include "models/random.h"

namespace dcgan {
namespace {

// A running value after a new one came that counts for `share`.
float moved(float running, double value, double share) {
  return static_cast<float>(running + share * (value - running));
}

}  // namespace

template <typename Derived>
BatchNormImplBase<Derived>::BatchNormImplBase(const BatchNormOptions& options_)
    : options(options_) {
  TORCH_CHECK_VALUE(options.num_features() >= 1, Derived::kName,
                    ": num_features must be at least 1, is ", options.num_features());
  TORCH_CHECK_VALUE(options.eps() > 0 && std::isfinite(options.eps()), Derived::kName,
                    ": eps must be a number above 0, is ", options.eps());
  TORCH_CHECK_VALUE(!options.momentum() || (*options.momentum() >= 0 && *options.momentum() <= 1),
                    Derived::kName, ": momentum must be in [0, 1] or none, is ",
                    *options.momentum());
  TORCH_CHECK_VALUE(options.noise() >= 0 && std::isfinite(options.noise()), Derived::kName,
                    ": noise must be 0 or above, is ", options.noise());
  TORCH_CHECK_VALUE(
      options.noise() == 0 ||
          (options.affine() && options.track_running_stats() && !options.fixed_statistics()),
      Derived::kName, ": noise needs affine and running statistics that are not fixed");
  TORCH_CHECK_VALUE(!options.fixed_statistics() || options.track_running_stats(), Derived::kName,
                    ": fixed_statistics needs track_running_stats");
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
bool BatchNormImplBase<Derived>::uses_running_stats() const {
  return options.track_running_stats() && (!this->is_training() || options.fixed_statistics());
}

template <typename Derived>
bool BatchNormImplBase<Derived>::is_plain_training() const {
  return this->is_training() && options.affine() && options.track_running_stats() &&
         options.centring() && options.scaling() && !options.fixed_statistics() &&
         options.noise() == 0 && !options.check_finite() && !reducer;
}

template <typename Derived>
void BatchNormImplBase<Derived>::check_input(const torch::Tensor& input, int64_t groups) const {
  TORCH_CHECK_VALUE(input.dim() >= Derived::kMinimumRank && input.dim() <= Derived::kMaximumRank,
                    Derived::kName, ": expects an input ", Derived::kInput,
                    " with C = ", options.num_features(), ", is ", input.sizes());
  TORCH_CHECK_VALUE(input.size(1) == options.num_features(), Derived::kName, ": has ",
                    options.num_features(), " channels, the input ", input.sizes(), " has ",
                    input.size(1));
  TORCH_CHECK_TYPE(input.is_floating_point(), Derived::kName,
                   ": expects a floating point input, is ", input.scalar_type());
  TORCH_CHECK_VALUE(input.numel() > 0, Derived::kName, ": the input ", input.sizes(), " is empty");
  TORCH_CHECK_VALUE(groups >= 1 && input.size(0) % groups == 0, Derived::kName, ": a batch of ",
                    input.size(0), " cannot be cut into ", groups, " equal groups");
  // Other processes may hold the other values, so there the count is checked once it is known.
  TORCH_CHECK_VALUE(!this->is_training() || uses_running_stats() || reducer ||
                        input.numel() > input.size(1) * groups,
                    Derived::kName,
                    ": training needs more than one value per channel, the input is ",
                    input.sizes(), groups > 1 ? " in groups" : "");
  if (options.check_finite()) {
    TORCH_CHECK_VALUE(input.isfinite().all().template item<bool>(),
                      options.name().empty() ? Derived::kName : options.name(),
                      ": the input has values that are not finite");
  }
}

// Parameters and buffers can be replaced from outside (torch::load, set_data); what follows reads
// and writes them through pointers.
template <typename Derived>
void BatchNormImplBase<Derived>::check_own_tensors() const {
  const auto check = [&](const torch::Tensor& tensor, const char* what) {
    TORCH_CHECK_VALUE(
        !tensor.defined() || (tensor.dim() == 1 && tensor.size(0) == options.num_features()),
        Derived::kName, ": ", what, " should be [", options.num_features(), "], is ",
        tensor.sizes());
  };
  check(weight, "weight");
  check(bias, "bias");
  check(running_mean, "running_mean");
  check(running_var, "running_var");
}

template <typename Derived>
torch::Tensor BatchNormImplBase<Derived>::forward(const torch::Tensor& input) {
  return forward_fused(input, /*slope=*/1.0);
}

template <typename Derived>
torch::Tensor BatchNormImplBase<Derived>::forward_fused(const torch::Tensor& input, double slope,
                                                        int64_t groups) {
  check_input(input, groups);
  check_own_tensors();
  if (options.noise() > 0 && groups > 1 && this->is_training()) {
    // Every group is a batch and gets noise of its own.
    std::vector<torch::Tensor> outputs;
    for (const torch::Tensor& slice : input.chunk(groups)) {
      outputs.push_back(forward_fused(slice, slope));
    }
    return torch::cat(outputs);
  }
  BatchNormCall call;
  call.options = {options.eps(), slope, groups, options.gradient_through_mean(),
                  options.gradient_through_variance()};
  if (uses_running_stats()) {
    call.options.groups = 1;
    call.options.through_mean = false;
    call.options.through_variance = false;
    call.statistics = running_statistics();
    return BatchNormFunction::apply(input, present(weight), present(bias), &call);
  }

  BatchNormStatistics of_batch;
  if (reducer || !options.centring() || !options.scaling()) {
    call.reducer = reducer;
    of_batch = batch_norm_statistics(input, groups, reducer.get());
    TORCH_CHECK_VALUE(!this->is_training() || of_batch.count > 1, Derived::kName,
                      ": training needs more than one value per channel over all processes");
    call.statistics = as_used(of_batch);
    call.options.through_mean &= options.centring();
    call.options.through_variance &= options.scaling();
  }
  const auto [gamma, beta] = noisy_affine();
  const torch::Tensor output =
      BatchNormFunction::apply(input, present(gamma), present(beta), &call);
  if (this->is_training() && options.track_running_stats()) {
    update_running_stats(of_batch.mean.defined() ? of_batch : call.statistics);
  }
  return output;
}

template <typename Derived>
BatchNormStatistics BatchNormImplBase<Derived>::running_statistics() const {
  const torch::NoGradGuard no_grad;
  return as_used({running_mean.to(torch::kFloat64).unsqueeze(0),
                  running_var.to(torch::kFloat64).unsqueeze(0), 1.0});
}

// The statistics that the transform gets, where an experiment takes a part of it away.
template <typename Derived>
BatchNormStatistics BatchNormImplBase<Derived>::as_used(BatchNormStatistics statistics) const {
  if (!options.centring()) {
    statistics.variance = statistics.variance + statistics.mean.square();
    statistics.mean = torch::zeros_like(statistics.mean);
  }
  if (!options.scaling()) {
    statistics.variance = torch::full_like(statistics.variance, 1.0 - options.eps());
  }
  return statistics;
}

// Noise in the statistics is noise in what follows them: gamma and beta, with the same gradients.
template <typename Derived>
std::pair<torch::Tensor, torch::Tensor> BatchNormImplBase<Derived>::noisy_affine() const {
  if (options.noise() == 0 || !this->is_training()) return {weight, bias};
  const RandomStream random(static_cast<uint64_t>(options.noise_seed()),
                            "noise in " + options.name());
  torch::Tensor noise = torch::empty({2, options.num_features()});
  random.substream(static_cast<uint64_t>(num_batches_tracked.template item<int64_t>()))
      .fill_normal(noise, 0, options.noise());
  noise = noise.to(weight.options());
  return {weight * (1 + noise[0]), bias + weight * noise[1]};
}

template <typename Derived>
void BatchNormImplBase<Derived>::update_running_stats(const BatchNormStatistics& statistics) {
  const torch::NoGradGuard no_grad;
  const double unbiased = statistics.count / (statistics.count - 1);
  // One group after the other, as separate batches would have come.
  for (int64_t group = 0; group < statistics.mean.size(0); ++group) {
    num_batches_tracked.add_(1);
    const double share = options.momentum() ? *options.momentum()
                                            : 1.0 / num_batches_tracked.template item<double>();
    const bool plain_floats = running_mean.is_cpu() && running_mean.is_contiguous() &&
                              running_var.is_contiguous() &&
                              running_mean.scalar_type() == torch::kFloat32 &&
                              running_var.scalar_type() == torch::kFloat32;
    if (plain_floats) {
      // The same as below, without six operators' worth of overhead.
      const auto mean = statistics.mean.template accessor<double, 2>()[group];
      const auto variance = statistics.variance.template accessor<double, 2>()[group];
      auto* running_means = running_mean.template mutable_data_ptr<float>();
      auto* running_vars = running_var.template mutable_data_ptr<float>();
      for (int64_t c = 0; c < options.num_features(); ++c) {
        running_means[c] = moved(running_means[c], mean[c], share);
        running_vars[c] = moved(running_vars[c], variance[c] * unbiased, share);
      }
    } else {
      running_mean.lerp_(statistics.mean[group].to(running_mean.dtype()), share);
      running_var.lerp_((statistics.variance[group] * unbiased).to(running_var.dtype()), share);
    }
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
         << ", track_running_stats=" << options.track_running_stats();
  if (!options.gradient_through_mean()) stream << ", gradient_through_mean=false";
  if (!options.gradient_through_variance()) stream << ", gradient_through_variance=false";
  if (!options.centring()) stream << ", centring=false";
  if (!options.scaling()) stream << ", scaling=false";
  if (options.fixed_statistics()) stream << ", fixed_statistics=true";
  if (options.noise() > 0) stream << ", noise=" << options.noise();
  stream << ")";
}

template class BatchNormImplBase<BatchNorm1dImpl>;
template class BatchNormImplBase<BatchNorm2dImpl>;

}  // namespace dcgan
