#include "models/initialization.h"

#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>

#include <charconv>
#include <cmath>

#include "models/random.h"

namespace dcgan {
namespace {

struct Fans {
  double in;
  double out;
};

// Taps of the kernel that meet one unit along one axis, away from the border.
double taps(int64_t kernel, int64_t stride) {
  return static_cast<double>(kernel) / static_cast<double>(stride);
}

// Forward, a transposed convolution's output meets kernel/stride taps an axis and its input all of
// them; a convolution the other way round. A 1x1 input meets no border: its outputs see one tap.
Fans fans_of(const torch::nn::Module& module, const torch::Tensor& weight) {
  const double kernel_area =
      weight.dim() == 4 ? static_cast<double>(weight.size(2) * weight.size(3)) : 1;
  if (const auto* transposed = module.as<torch::nn::ConvTranspose2dImpl>()) {
    const int64_t stride = transposed->options.stride()->at(0);
    // The networks use stride 1 without padding only to spread a 1x1 input.
    const double per_output = stride == 1 ? 1.0 : std::pow(taps(weight.size(2), stride), 2);
    return {static_cast<double>(weight.size(0)) * per_output,
            static_cast<double>(weight.size(1)) * kernel_area};
  }
  if (module.as<torch::nn::LinearImpl>() != nullptr) {
    return {static_cast<double>(weight.size(1)), static_cast<double>(weight.size(0))};
  }
  const auto* convolution = module.as<torch::nn::Conv2dImpl>();
  const int64_t stride = convolution->options.stride()->at(0);
  const double per_input = stride == 1 ? 1.0 : std::pow(taps(weight.size(2), stride), 2);
  return {static_cast<double>(weight.size(1)) * kernel_area,
          static_cast<double>(weight.size(0)) * per_input};
}

double standard_deviation(const Initialization& initialization, const Fans& fans) {
  switch (initialization.scheme) {
    case Initialization::Scheme::kDcgan:
      return 0.02;
    case Initialization::Scheme::kHe:
      return std::sqrt(2.0 / fans.in);
    case Initialization::Scheme::kXavier:
      return std::sqrt(2.0 / (fans.in + fans.out));
    case Initialization::Scheme::kNormal:
      return initialization.std;
  }
  return 0.02;
}

void assign_normal(torch::Tensor& parameter, double mean, double std, const RandomStream& random) {
  torch::Tensor values = torch::empty(parameter.sizes(), torch::kFloat64);
  random.fill_normal(values, mean, std);
  parameter.copy_(values);
}

}  // namespace

Initialization parse_initialization(std::string_view text) {
  using Scheme = Initialization::Scheme;
  if (text == "dcgan") return {Scheme::kDcgan, 0.02};
  if (text == "he") return {Scheme::kHe, 0.02};
  if (text == "xavier") return {Scheme::kXavier, 0.02};
  constexpr std::string_view kNormal = "normal:";
  if (text.starts_with(kNormal)) {
    double std = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data() + kNormal.size(), end, std);
    if (error == std::errc() && stop == end && std::isfinite(std) && std > 0) {
      return {Scheme::kNormal, std};
    }
  }
  TORCH_CHECK_VALUE(false, "unknown initialization '", text,
                    "': one of dcgan, he, xavier, normal:STD with STD above 0");
}

void initialize(torch::nn::Module& network, const Initialization& initialization, uint64_t seed) {
  const torch::NoGradGuard no_grad;
  const RandomStream random(seed, "initialization");
  for (const auto& layer : network.named_modules("", /*include_self=*/false)) {
    const bool weighted = layer.value()->as<torch::nn::Conv2dImpl>() != nullptr ||
                          layer.value()->as<torch::nn::ConvTranspose2dImpl>() != nullptr ||
                          layer.value()->as<torch::nn::LinearImpl>() != nullptr;
    for (auto& item : layer.value()->named_parameters(/*recurse=*/false)) {
      torch::Tensor& parameter = item.value();
      const std::string name = layer.key() + "." + item.key();
      const RandomStream stream(random.key(), name);
      if (item.key() == "bias") {
        parameter.zero_();
      } else if (weighted) {
        const Fans fans = fans_of(*layer.value(), parameter);
        assign_normal(parameter, 0.0, standard_deviation(initialization, fans), stream);
      } else if (initialization.scheme == Initialization::Scheme::kDcgan) {
        assign_normal(parameter, 1.0, 0.02, stream);
      } else {
        parameter.fill_(1);
      }
    }
  }
}

}  // namespace dcgan
