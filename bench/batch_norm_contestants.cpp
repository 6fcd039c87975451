#include "bench/batch_norm_contestants.h"

#include <algorithm>

#include "models/kernels/parallel.h"

#include <ATen/ops/batch_norm.h>
#include <ATen/ops/leaky_relu.h>
#include <ATen/ops/leaky_relu_backward.h>
#include <ATen/ops/native_batch_norm.h>
#include <ATen/ops/native_batch_norm_backward.h>
#include <benchmark/benchmark.h>
#include <torch/csrc/autograd/autograd.h>

#include <cstring>

namespace dcgan::bench {
namespace {

constexpr double kSlope = 0.2;
constexpr double kEps = 1e-5;
constexpr double kMomentum = 0.1;

// Loads every byte of values[begin, end).
void read(const torch::Tensor& values, int64_t begin, int64_t end) {
  using Words [[gnu::vector_size(32)]] = uint64_t;
  constexpr int64_t kValues = sizeof(Words) / sizeof(float);
  const float* p = values.const_data_ptr<float>();
  std::array<Words, 4> sums{};
  int64_t i = begin;
  for (; i + 4 * kValues <= end; i += 4 * kValues) {
    for (int64_t j = 0; j < 4; ++j) {
      Words words;
      std::memcpy(&words, p + i + j * kValues, sizeof(words));
      sums[static_cast<size_t>(j)] ^= words;
    }
  }
  for (; i < end; ++i) benchmark::DoNotOptimize(p[i]);
  benchmark::DoNotOptimize(sums);
}

void copy(const torch::Tensor& from, const torch::Tensor& to, int64_t begin, int64_t end) {
  std::memcpy(to.data_ptr<float>() + begin, from.const_data_ptr<float>() + begin,
              static_cast<size_t>(end - begin) * sizeof(float));
  benchmark::ClobberMemory();
}

}  // namespace

Problem::Problem(const std::vector<int64_t>& sizes, at::MemoryFormat format)
    : norm(sizes[1]),
      x((torch::randn(sizes) * 2 + 1).contiguous(format)),
      leaf(x.detach().requires_grad_()),
      dy(torch::randn(sizes).contiguous(format)),
      y(torch::empty_like(x)),
      dx(torch::empty_like(x)) {
  const torch::NoGradGuard no_grad;
  norm->weight.normal_(1, 0.5);
  norm->bias.normal_();
  weight = norm->weight.detach().clone().requires_grad_();
  bias = norm->bias.detach().clone().requires_grad_();
  running_mean = torch::zeros({sizes[1]});
  running_var = torch::ones({sizes[1]});
  statistics = torch::empty({5, sizes[1]}, torch::kFloat64);
  shape = {1, sizes[0], sizes[1], sizes[2] * sizes[3],
           format == at::MemoryFormat::ChannelsLast ? kernels::MemoryOrder::kChannelsLast
                                                    : kernels::MemoryOrder::kChannelsFirst};
}

Result run_module(Problem& p) {
  const torch::Tensor y = p.norm->forward_fused(p.leaf, kSlope, /*groups=*/1);
  const auto gradients = torch::autograd::grad({y}, {p.leaf, p.norm->weight, p.norm->bias}, {p.dy});
  return {y, gradients[0]};
}

Result run_kernels(Problem& p) {
  const auto row = [&](int64_t which) {
    return p.statistics.data_ptr<double>() + which * p.shape.channels;
  };
  const float* x = p.x.const_data_ptr<float>();
  const float* gamma = p.weight.const_data_ptr<float>();
  const float* beta = p.bias.const_data_ptr<float>();
  kernels::batch_norm_forward_training(p.shape, x, gamma, beta, kEps, kSlope, row(0), row(1),
                                       row(2), p.y.data_ptr<float>());
  const kernels::BatchNormTransform<float> transform{row(0), row(2), gamma, beta, kSlope};
  kernels::batch_norm_backward_training(p.shape, x, p.dy.const_data_ptr<float>(), transform,
                                        /*through_mean=*/true, /*through_variance=*/true, row(3),
                                        row(4), p.dx.data_ptr<float>());
  return {p.y, p.dx};
}

Result run_libtorch(Problem& p) {
  const torch::NoGradGuard no_grad;
  const auto [z, mean, inv_std] =
      at::native_batch_norm(p.x, p.weight, p.bias, p.running_mean, p.running_var,
                            /*training=*/true, kMomentum, kEps);
  const torch::Tensor y = at::leaky_relu(z, kSlope);
  const torch::Tensor dz = at::leaky_relu_backward(p.dy, z, kSlope, /*self_is_result=*/false);
  const auto gradients =
      at::native_batch_norm_backward(dz, p.x, p.weight, p.running_mean, p.running_var, mean,
                                     inv_std, /*train=*/true, kEps, {true, true, true});
  return {y, std::get<0>(gradients)};
}

Result run_autograd(Problem& p) {
  const torch::Tensor z = at::batch_norm(p.leaf, p.weight, p.bias, p.running_mean, p.running_var,
                                         /*training=*/true, kMomentum, kEps,
                                         /*cudnn_enabled=*/false);
  const torch::Tensor y = at::leaky_relu(z, kSlope);
  const auto gradients = torch::autograd::grad({y}, {p.leaf, p.weight, p.bias}, {p.dy});
  return {y, gradients[0]};
}

Result run_copy(Problem& p) {
  constexpr int64_t kGrain = 32 * 1024;
  const int64_t size = p.x.numel();
  const auto in_parallel = [&](auto&& work) {
    kernels::parallel_for((size + kGrain - 1) / kGrain, [&](int64_t first, int64_t last) {
      work(first * kGrain, std::min(last * kGrain, size));
    });
  };
  in_parallel([&](int64_t begin, int64_t end) {
    read(p.x, begin, end);
    copy(p.x, p.y, begin, end);
  });
  in_parallel([&](int64_t begin, int64_t end) {
    read(p.x, begin, end);
    read(p.dy, begin, end);
    read(p.x, begin, end);
    copy(p.dy, p.dx, begin, end);
  });
  return {};
}

}  // namespace dcgan::bench
