#include "models/batch_norm_transform.h"

#include "models/kernels/batch_norm.h"

namespace dcgan {
namespace {

using torch::Tensor;
using OptionalTensor = std::optional<Tensor>;

// ---- The CPU kernels: tensors in, pointers out. ----

// The memory order in which the kernels can read `input`, if there is one.
std::optional<kernels::MemoryOrder> kernel_order(const Tensor& input) {
  const auto type = input.scalar_type();
  const bool known = type == at::kFloat || type == at::kDouble || type == at::kBFloat16;
  if (!input.is_cpu() || !known) return std::nullopt;
  if (input.is_contiguous()) return kernels::MemoryOrder::kChannelsFirst;
  if (input.dim() == 4 && input.is_contiguous(at::MemoryFormat::ChannelsLast)) {
    return kernels::MemoryOrder::kChannelsLast;
  }
  return std::nullopt;
}

kernels::BatchNormShape shape_of(const Tensor& input, int64_t groups, kernels::MemoryOrder order) {
  kernels::BatchNormShape shape;
  shape.groups = groups;
  shape.batch_per_group = input.size(0) / groups;
  shape.channels = input.size(1);
  shape.spatial = input.numel() / (input.size(0) * input.size(1));
  shape.order = order;
  return shape;
}

// weight or bias in the kernels' type, alive as long as this object.
template <typename T>
class Parameter {
 public:
  explicit Parameter(const OptionalTensor& tensor) {
    if (tensor) {
      constexpr auto kType = std::is_same_v<T, double> ? at::kDouble : at::kFloat;
      const bool as_it_is = tensor->scalar_type() == kType && tensor->is_contiguous();
      values_ = as_it_is ? *tensor : tensor->detach().to(kType).contiguous();
    }
  }
  const T* data() const { return values_.defined() ? values_.const_data_ptr<T>() : nullptr; }

 private:
  Tensor values_;
};

Tensor inverse_std(const BatchNormStatistics& statistics, double eps) {
  Tensor inv_std = torch::empty_like(statistics.variance);
  const auto* variance = statistics.variance.const_data_ptr<double>();
  auto* out = inv_std.mutable_data_ptr<double>();
  for (int64_t i = 0; i < inv_std.numel(); ++i) {
    out[i] = kernels::batch_norm_inv_std(variance[i], eps);
  }
  return inv_std;
}

// Calls body with the kernels' element type of `input`.
template <typename Body>
auto with_element_type(const Tensor& input, Body&& body) {
  switch (input.scalar_type()) {
    case at::kDouble:
      return body(double{});
    case at::kBFloat16:
      return body(kernels::BFloat16{});
    default:
      return body(float{});
  }
}

template <typename T>
const T* data_of(const Tensor& tensor) {
  return static_cast<const T*>(tensor.const_data_ptr());
}
template <typename T>
T* mutable_data_of(Tensor& tensor) {
  return static_cast<T*>(tensor.mutable_data_ptr());
}

// What both passes hand to the kernels; keeps the tensors behind the pointers alive.
template <typename T>
struct KernelTransform {
  using Compute = kernels::ComputeType<T>;
  KernelTransform(const OptionalTensor& weight_, const OptionalTensor& bias_,
                  const BatchNormStatistics& statistics_, const BatchNormTransformOptions& options)
      : weight(weight_), bias(bias_), statistics(statistics_) {
    inv_std = inverse_std(statistics, options.eps);
    value = {statistics.mean.const_data_ptr<double>(), inv_std.const_data_ptr<double>(),
             weight.data(), bias.data(), options.slope};
  }
  Parameter<Compute> weight;
  Parameter<Compute> bias;
  BatchNormStatistics statistics;
  Tensor inv_std;
  kernels::BatchNormTransform<T> value;
};

// ---- Device-generic operators, on [groups, N / groups, C, *]. ----

// bfloat16 and half are computed in float.
at::ScalarType accumulate_type(const Tensor& tensor) {
  return tensor.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
}

Tensor grouped(const Tensor& input, int64_t groups) {
  return input.unflatten(0, {groups, input.size(0) / groups});
}

// Every dimension of the grouped tensor but groups and channels.
std::vector<int64_t> reduced_dimensions(const Tensor& grouped_input) {
  std::vector<int64_t> dims{1};
  for (int64_t d = 3; d < grouped_input.dim(); ++d) dims.push_back(d);
  return dims;
}

// [groups, C] or [C] to broadcast against the grouped tensor.
Tensor broadcast(const Tensor& values, const Tensor& grouped_input) {
  std::vector<int64_t> shape(static_cast<size_t>(grouped_input.dim()), 1);
  shape[0] = values.dim() == 2 ? values.size(0) : 1;
  shape[2] = values.size(-1);
  return values.to(accumulate_type(grouped_input)).view(shape);
}

Tensor to_accumulate(const Tensor& tensor) { return tensor.to(accumulate_type(tensor)); }

struct Normalized {
  Tensor x_hat;
  Tensor z;
};

Normalized normalize(const Tensor& x, const OptionalTensor& weight, const OptionalTensor& bias,
                     const Tensor& mean, const Tensor& inv_std) {
  Normalized result;
  // The mean goes first: scale * x + shift would cancel where the mean is large. So would a mean
  // rounded to the type of x, hence a high and a low part.
  const Tensor high = mean.to(x.scalar_type());
  const Tensor low = mean - high.to(mean.scalar_type());
  result.x_hat = (x - broadcast(high, x) - broadcast(low, x)) * broadcast(inv_std, x);
  result.z = weight ? result.x_hat * broadcast(*weight, x) : result.x_hat;
  if (bias) result.z = result.z + broadcast(*bias, x);
  return result;
}

// The backward of section 3 in operators, differentiable if its inputs are.
BatchNormGradients backward_of_operators(const Tensor& input, const Tensor& grad,
                                         const OptionalTensor& weight, const OptionalTensor& bias,
                                         const Tensor& mean, const Tensor& inv_std, double count,
                                         const BatchNormTransformOptions& options,
                                         StatisticsReducer* reducer) {
  const Tensor x = to_accumulate(grouped(input, options.groups));
  const auto dims = reduced_dimensions(x);
  const Normalized normalized = normalize(x, weight, bias, mean, inv_std);
  Tensor g = to_accumulate(grouped(grad, options.groups));
  if (options.slope != 1.0) {
    g = torch::where(normalized.z > 0, g, g * options.slope);
  }
  BatchNormGradients gradients;
  gradients.bias_sum = g.sum(dims).to(at::kDouble);
  gradients.weight_sum = (g * normalized.x_hat).sum(dims).to(at::kDouble);

  Tensor bias_total = gradients.bias_sum;
  Tensor weight_total = gradients.weight_sum;
  if (reducer != nullptr) {
    Tensor both = torch::stack({bias_total, weight_total});
    reducer->sum(both);
    bias_total = both[0];
    weight_total = both[1];
  }
  if (options.through_mean) {
    g = g - broadcast(bias_total / count, x);
  }
  if (options.through_variance) {
    g = g - normalized.x_hat * broadcast(weight_total / count, x);
  }
  Tensor scale = inv_std;
  if (weight) scale = scale * weight->to(scale.dtype());
  gradients.input = (g * broadcast(scale, x)).flatten(0, 1).to(input.scalar_type());
  return gradients;
}

}  // namespace

BatchNormStatistics batch_norm_statistics(const Tensor& input, int64_t groups,
                                          StatisticsReducer* reducer) {
  const torch::NoGradGuard no_grad;
  BatchNormStatistics statistics;
  const int64_t values_per_channel = input.numel() / (input.size(1) * groups);
  statistics.count = static_cast<double>(values_per_channel);
  if (const auto order = kernel_order(input)) {
    statistics.mean = torch::empty({groups, input.size(1)}, at::kDouble);
    statistics.variance = torch::empty_like(statistics.mean);
    with_element_type(input, [&](auto element) {
      using T = decltype(element);
      kernels::batch_norm_statistics(shape_of(input, groups, *order), data_of<T>(input),
                                     statistics.mean.mutable_data_ptr<double>(),
                                     statistics.variance.mutable_data_ptr<double>());
    });
  } else {
    const Tensor x = to_accumulate(grouped(input, groups));
    const auto dims = reduced_dimensions(x);
    // Relative to the channel's first value, so that a large mean costs no digits.
    Tensor shift = x;
    for (const int64_t d : dims) shift = shift.narrow(d, 0, 1);
    auto [variance, mean] = torch::var_mean(x - shift, dims, /*correction=*/0);
    statistics.mean = mean.to(at::kDouble) + shift.to(at::kDouble).view_as(mean);
    statistics.variance = variance.to(at::kDouble);
  }
  if (reducer != nullptr) {
    const double local = statistics.count;
    Tensor sums = torch::cat(
        {statistics.mean.flatten() * local, torch::full({1}, local, statistics.mean.options())});
    reducer->sum(sums);
    statistics.count = sums[-1].item<double>();
    const Tensor mean = (sums.slice(0, 0, -1) / statistics.count).view_as(statistics.mean);
    Tensor squares = (statistics.variance + (statistics.mean - mean).square()) * local;
    reducer->sum(squares);
    statistics.mean = mean;
    statistics.variance = squares / statistics.count;
  }
  return statistics;
}

Tensor batch_norm_forward(const Tensor& input, const OptionalTensor& weight,
                          const OptionalTensor& bias, const BatchNormStatistics& statistics,
                          const BatchNormTransformOptions& options) {
  const torch::NoGradGuard no_grad;
  if (const auto order = kernel_order(input)) {
    Tensor output = torch::empty_like(input);
    with_element_type(input, [&](auto element) {
      using T = decltype(element);
      const KernelTransform<T> transform(weight, bias, statistics, options);
      kernels::batch_norm_forward(shape_of(input, options.groups, *order), data_of<T>(input),
                                  transform.value, mutable_data_of<T>(output));
    });
    return output;
  }
  const Tensor x = to_accumulate(grouped(input, options.groups));
  const Tensor inv_std = torch::rsqrt(statistics.variance + options.eps);
  Tensor z = normalize(x, weight, bias, statistics.mean, inv_std).z;
  if (options.slope != 1.0) z = torch::where(z > 0, z, z * options.slope);
  return z.flatten(0, 1).to(input.scalar_type());
}

Tensor batch_norm_forward_training(const Tensor& input, const OptionalTensor& weight,
                                   const OptionalTensor& bias,
                                   const BatchNormTransformOptions& options,
                                   BatchNormStatistics& statistics) {
  const auto order = kernel_order(input);
  if (!order) {
    statistics = batch_norm_statistics(input, options.groups);
    return batch_norm_forward(input, weight, bias, statistics, options);
  }
  const torch::NoGradGuard no_grad;
  Tensor output = torch::empty_like(input);
  const kernels::BatchNormShape shape = shape_of(input, options.groups, *order);
  // mean, variance and the inverse deviation that the kernel derives from it
  const Tensor buffer = torch::empty({3, options.groups, input.size(1)}, at::kDouble);
  statistics = {buffer[0], buffer[1], static_cast<double>(shape.values_per_channel())};
  const Tensor inv_std = buffer[2];
  with_element_type(input, [&](auto element) {
    using T = decltype(element);
    const Parameter<kernels::ComputeType<T>> gamma(weight);
    const Parameter<kernels::ComputeType<T>> beta(bias);
    kernels::batch_norm_forward_training(
        shape, data_of<T>(input), gamma.data(), beta.data(), options.eps, options.slope,
        statistics.mean.mutable_data_ptr<double>(), statistics.variance.mutable_data_ptr<double>(),
        inv_std.mutable_data_ptr<double>(), mutable_data_of<T>(output));
  });
  return output;
}

BatchNormGradients batch_norm_backward(const Tensor& input, const Tensor& grad,
                                       const OptionalTensor& weight, const OptionalTensor& bias,
                                       const BatchNormStatistics& statistics,
                                       const BatchNormTransformOptions& options,
                                       StatisticsReducer* reducer) {
  const torch::NoGradGuard no_grad;
  const auto order = kernel_order(input);
  if (!order) {
    return backward_of_operators(input, grad, weight, bias, statistics.mean,
                                 torch::rsqrt(statistics.variance + options.eps), statistics.count,
                                 options, reducer);
  }
  // The kernels read both tensors in one order.
  const Tensor upstream =
      grad.to(input.scalar_type())
          .contiguous(*order == kernels::MemoryOrder::kChannelsLast ? at::MemoryFormat::ChannelsLast
                                                                    : at::MemoryFormat::Contiguous);
  const kernels::BatchNormShape shape = shape_of(input, options.groups, *order);
  BatchNormGradients gradients;
  gradients.input = torch::empty_like(input);
  const Tensor sums = torch::empty({2, options.groups, input.size(1)}, at::kDouble);
  gradients.bias_sum = sums[0];
  gradients.weight_sum = sums[1];
  with_element_type(input, [&](auto element) {
    using T = decltype(element);
    const KernelTransform<T> transform(weight, bias, statistics, options);
    auto* sum_dy = gradients.bias_sum.mutable_data_ptr<double>();
    auto* sum_dy_xhat = gradients.weight_sum.mutable_data_ptr<double>();
    if (reducer == nullptr) {
      kernels::batch_norm_backward_training(
          shape, data_of<T>(input), data_of<T>(upstream), transform.value, options.through_mean,
          options.through_variance, sum_dy, sum_dy_xhat, mutable_data_of<T>(gradients.input));
      return;
    }
    kernels::batch_norm_backward_sums(shape, data_of<T>(input), data_of<T>(upstream),
                                      transform.value, sum_dy, sum_dy_xhat);
    Tensor totals = sums.clone();
    reducer->sum(totals);
    const kernels::BatchNormGradientSums all{totals[0].const_data_ptr<double>(),
                                             totals[1].const_data_ptr<double>(), statistics.count,
                                             options.through_mean, options.through_variance};
    kernels::batch_norm_backward_data(shape, data_of<T>(input), data_of<T>(upstream),
                                      transform.value, all, mutable_data_of<T>(gradients.input));
  });
  return gradients;
}

BatchNormGradients batch_norm_backward_differentiable(const Tensor& input, const Tensor& grad,
                                                      const OptionalTensor& weight,
                                                      const OptionalTensor& bias,
                                                      const BatchNormStatistics& statistics,
                                                      const BatchNormTransformOptions& options) {
  // In double: a mean that is computed anew in float would lose the digits that the kernels'
  // statistics keep, and turn elements near the activation's kink over.
  const Tensor input_exact = input.to(at::kDouble);
  const auto exact = [](const OptionalTensor& parameter) {
    return parameter ? std::optional(parameter->to(at::kDouble)) : std::nullopt;
  };
  const Tensor x = grouped(input_exact, options.groups);
  const auto dims = reduced_dimensions(x);
  const Tensor mean = options.through_mean ? x.mean(dims) : statistics.mean;
  Tensor variance = statistics.variance;
  if (options.through_variance) {
    variance = (x - broadcast(mean, x)).square().mean(dims);
  }
  const int64_t values_per_channel = input.numel() / (input.size(1) * options.groups);
  const double count = static_cast<double>(values_per_channel);
  BatchNormGradients gradients =
      backward_of_operators(input_exact, grad.to(at::kDouble), exact(weight), exact(bias), mean,
                            torch::rsqrt(variance + options.eps), count, options, nullptr);
  gradients.input = gradients.input.to(input.scalar_type());
  return gradients;
}

}  // namespace dcgan
