#include "models/written_pass.h"

#include <ATen/ops/tanh.h>
#include <ATen/ops/tanh_backward.h>

#include <map>

#include "models/convolution_kernels.h"
#include "models/kernels/batch_norm.h"
#include "models/kernels/leaky_backward.h"
#include "models/vector_math.h"

namespace dcgan {
namespace {

using torch::Tensor;

ConvolutionOptions geometry_of(const StageOptions& options) {
  return {options.transposed, options.stride, options.padding};
}

// What batch norm of one stage keeps from forward to backward, for one number of groups.
struct Moments {
  Moments(int64_t groups, int64_t channels)
      : memory(torch::empty({5, groups, channels}, torch::kFloat64)),
        statistics{memory[0], memory[1], 0} {
    const int64_t size = groups * channels;
    auto* first = memory.mutable_data_ptr<double>();
    mean = first;
    variance = first + size;
    inv_std = first + 2 * size;
    sum_dy = first + 3 * size;
    sum_dy_xhat = first + 4 * size;
  }
  Tensor memory;
  BatchNormStatistics statistics;  // mean and variance below
  double* mean;
  double* variance;
  double* inv_std;
  double* sum_dy;
  double* sum_dy_xhat;
};

template <typename T>
struct StagePass {
  explicit StagePass(const Stage& stage_)
      : stage(stage_),
        slope(static_cast<T>(slope_of(stage.options().nonlinearity))),
        tanh(stage.options().nonlinearity == Nonlinearity::kTanh) {}

  Stage stage;
  T slope;
  bool tanh;
  // Of the last forward
  ConvolutionKind kind{};
  std::vector<int64_t> input_sizes;
  std::vector<int64_t> output_sizes;
  int64_t groups = 1;
  const T* input = nullptr;
  T* output = nullptr;
  GrowingMemory<T> convolved;  // where batch norm follows, which needs it in the backward
  GrowingMemory<T> activated;
  std::map<int64_t, Moments> moments;  // by groups

  int64_t output_pixels() const { return output_sizes[0] * output_sizes[2] * output_sizes[3]; }
  int64_t output_size() const { return output_pixels() * output_sizes[1]; }

  kernels::BatchNormShape norm_shape() const {
    return {groups, output_sizes[0] / groups, output_sizes[1], output_sizes[2] * output_sizes[3],
            kernels::MemoryOrder::kChannelsLast};
  }
  Moments& current_moments() {
    return moments.try_emplace(groups, groups, output_sizes[1]).first->second;
  }
};

template <typename T>
class WrittenPassOf : public WrittenPass {
 public:
  WrittenPassOf(StageSequence network, std::shared_ptr<GradientMemory> gradients)
      : network_(std::move(network)), gradients_(std::move(gradients)) {
    for (const Stage& stage : network_->stages()) stages_.emplace_back(stage);
  }

  Tensor forward(const Tensor& input, int64_t groups, const Tensor& output) override {
    const torch::NoGradGuard no_grad;
    input_ = input;
    const T* x = input.const_data_ptr<T>();
    std::vector<int64_t> sizes = input.sizes().vec();
    for (StagePass<T>& pass : stages_) {
      const Tensor weight = pass.stage.weight();
      pass.kind = *convolution_kind(sizes, weight, geometry_of(pass.stage.options()));
      pass.input = x;
      pass.input_sizes = sizes;
      pass.output_sizes = convolution_output_sizes(pass.kind, sizes, weight);
      pass.groups = groups;
      const bool last = &pass == &stages_.back();
      pass.output = last && output.defined() ? output.mutable_data_ptr<T>()
                                             : pass.activated.at_least(pass.output_size());
      forward_stage(pass);
      x = pass.output;
      sizes = pass.output_sizes;
    }
    return output.defined() ? output : stages_.back().activated.maps(sizes);
  }

  void backward_to_parameters(const Tensor& grad_output,
                              const std::vector<Tensor>& gradients) override {
    backward(grad_output, &gradients);
  }

  Tensor backward_to_input(const Tensor& grad_output) override {
    return backward(grad_output, nullptr);
  }

 private:
  void forward_stage(StagePass<T>& pass) {
    const auto batch_norm = pass.stage.batch_norm();
    const Tensor bias = pass.stage.bias();
    T* convolved = batch_norm ? pass.convolved.at_least(pass.output_size()) : pass.output;
    convolution_forward<T>(pass.kind, pass.input_sizes, pass.stage.weight(), pass.input,
                           bias.defined() ? bias.const_data_ptr<T>() : nullptr,
                           batch_norm ? T(1) : pass.slope, convolved);
    if (batch_norm) {
      Moments& moments = pass.current_moments();
      const kernels::BatchNormShape shape = pass.norm_shape();
      moments.statistics.count = static_cast<double>(shape.values_per_channel());
      kernels::batch_norm_forward_training<T>(
          shape, convolved, batch_norm->weight.template const_data_ptr<T>(),
          batch_norm->bias.template const_data_ptr<T>(), batch_norm->options.eps(), pass.slope,
          moments.mean, moments.variance, moments.inv_std, pass.output);
      batch_norm->update_running_stats(moments.statistics);
    }
    if (pass.tanh) {
      Tensor values =
          torch::from_blob(pass.output, {pass.output_size()}, c10::CppTypeToScalarType<T>::value);
      settle_vector_math();
      at::tanh_out(values, values);
    }
  }

  // With `gradients` those of the parameters and no other, without them the one at the input.
  Tensor backward(const Tensor& grad_output, const std::vector<Tensor>* gradients) {
    const torch::NoGradGuard no_grad;
    size_t parameter = gradients != nullptr ? gradients->size() : 0;
    const Tensor dense = grad_output.contiguous(at::MemoryFormat::ChannelsLast);
    const T* dy = dense.const_data_ptr<T>();
    int half = gradients_->half_without(dy);
    for (size_t i = stages_.size(); i-- > 0;) {
      StagePass<T>& pass = stages_[i];
      const Tensor weight = pass.stage.weight();
      T* at_convolution = gradients_->at_least<T>(half, pass.output_size());
      dy = backward_activation(pass, dy, at_convolution, gradients, parameter);
      if (gradients != nullptr) {
        convolution_weight_gradient<T>(pass.kind, pass.input_sizes, weight, pass.input, dy,
                                       (*gradients)[--parameter].template mutable_data_ptr<T>());
        if (i == 0) break;
      }
      half = gradients_->half_without(dy);
      T* dx = gradients_->at_least<T>(half, c10::multiply_integers(pass.input_sizes));
      convolution_data_gradient<T>(pass.kind, pass.input_sizes, weight, dy, dx);
      dy = dx;
    }
    if (gradients != nullptr) return {};
    const auto& sizes = stages_.front().input_sizes;
    return torch::from_blob(gradients_->at_least<T>(half, 0), sizes, channels_last_strides(sizes),
                            torch::TensorOptions(c10::CppTypeToScalarType<T>::value));
  }

  // The gradient behind the convolution, in `to` or left where it was; dy may be `to`. Takes the
  // gradients of norm and bias from the end of the list.
  const T* backward_activation(StagePass<T>& pass, const T* dy, T* to,
                               const std::vector<Tensor>* gradients, size_t& parameter) {
    const auto batch_norm = pass.stage.batch_norm();
    const auto next_gradient = [&]() -> T* {
      return gradients != nullptr ? (*gradients)[--parameter].template mutable_data_ptr<T>()
                                  : nullptr;
    };
    if (pass.tanh) {
      const auto type = c10::CppTypeToScalarType<T>::value;
      const std::vector<int64_t> size{pass.output_size()};
      Tensor result = torch::from_blob(to, size, type);
      at::tanh_backward_out(result, torch::from_blob(const_cast<T*>(dy), size, type),  // NOLINT
                            torch::from_blob(pass.output, size, type));
      return to;
    }
    if (batch_norm) {
      Moments& moments = pass.current_moments();
      const kernels::BatchNormTransform<T> transform{
          moments.mean, moments.inv_std, batch_norm->weight.template const_data_ptr<T>(),
          batch_norm->bias.template const_data_ptr<T>(), static_cast<double>(pass.slope)};
      const int64_t channels = pass.output_sizes[1];
      kernels::batch_norm_backward_training<T>(
          pass.norm_shape(), pass.convolved.at_least(pass.output_size()), dy, transform,
          batch_norm->options.gradient_through_mean(),
          batch_norm->options.gradient_through_variance(), moments.sum_dy, moments.sum_dy_xhat, to);
      sum_groups(moments.sum_dy, pass.groups, channels, next_gradient());
      sum_groups(moments.sum_dy_xhat, pass.groups, channels, next_gradient());
      return to;
    }
    const bool has_bias = pass.stage.options().has_bias();
    if (pass.slope == T(1) && !has_bias) return dy;
    kernels::leaky_backward<T>(pass.output_pixels(), pass.output_sizes[1], pass.output, dy,
                               pass.slope, to, has_bias ? next_gradient() : nullptr);
    return to;
  }

  static void sum_groups(const double* sums, int64_t groups, int64_t channels, T* to) {
    if (to == nullptr) return;
    for (int64_t c = 0; c < channels; ++c) {
      double total = sums[c];
      for (int64_t group = 1; group < groups; ++group) total += sums[group * channels + c];
      to[c] = static_cast<T>(total);
    }
  }

  StageSequence network_;
  std::vector<StagePass<T>> stages_;
  Tensor input_;
  std::shared_ptr<GradientMemory> gradients_;
};

bool has_kernels(const Stage& stage, torch::ScalarType type) {
  if (stage.spectral()) return false;
  const auto plain = [type](const Tensor& tensor) {
    return !tensor.defined() ||
           (tensor.is_cpu() && tensor.scalar_type() == type && tensor.is_contiguous());
  };
  if (!plain(stage.weight()) || !plain(stage.bias())) return false;
  const StageOptions& options = stage.options();
  if (options.batch_norm.check_finite()) return false;
  switch (options.nonlinearity) {
    case Nonlinearity::kNone:
    case Nonlinearity::kRelu:
    case Nonlinearity::kLeakyRelu:
    case Nonlinearity::kTanh:  // at the end, see supports()
      break;
    default:
      return false;
  }
  if (!options.normalized || !normalizes_features(options.normalization)) return true;
  const auto batch_norm = stage.batch_norm();
  return batch_norm && batch_norm->is_plain_training() && plain(batch_norm->weight) &&
         plain(batch_norm->bias) && options.nonlinearity != Nonlinearity::kTanh;
}

}  // namespace

bool WrittenPass::supports(const StageSequence& network, const Tensor& input) {
  const auto type = input.scalar_type();
  if (!input.is_cpu() || (type != torch::kFloat && type != torch::kDouble) || input.dim() != 4 ||
      !network->is_training() || network->probe()) {
    return false;
  }
  std::vector<int64_t> sizes = input.sizes().vec();
  for (const Stage& stage : network->stages()) {
    if (!has_kernels(stage, type)) return false;
    // A tanh is only known at the end, where an image comes out.
    if (stage.options().nonlinearity == Nonlinearity::kTanh &&
        &stage != &network->stages().back()) {
      return false;
    }
    const auto kind = convolution_kind(sizes, stage.weight(), geometry_of(stage.options()));
    if (!kind) return false;
    sizes = convolution_output_sizes(*kind, sizes, stage.weight());
  }
  return true;
}

std::unique_ptr<WrittenPass> WrittenPass::create(StageSequence network, torch::ScalarType type,
                                                 std::shared_ptr<GradientMemory> gradients) {
  if (type == torch::kDouble) {
    return std::make_unique<WrittenPassOf<double>>(std::move(network), std::move(gradients));
  }
  return std::make_unique<WrittenPassOf<float>>(std::move(network), std::move(gradients));
}

}  // namespace dcgan
