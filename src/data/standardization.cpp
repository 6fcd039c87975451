#include "data/standardization.h"

#include <torch/types.h>

#include <algorithm>
#include <array>
#include <utility>

namespace dcgan {
namespace {

constexpr std::array<std::pair<StandardizationKind, const char*>, 6> kNames{
    {{StandardizationKind::kNone, "none"},
     {StandardizationKind::kCentred, "centred"},
     {StandardizationKind::kScaled, "scaled"},
     {StandardizationKind::kPca, "pca"},
     {StandardizationKind::kZca, "zca"},
     {StandardizationKind::kGlobal, "global"}}};

torch::Tensor as_matrix(const torch::Tensor& features) {
  TORCH_CHECK_VALUE(features.dim() == 2 && features.is_floating_point(),
                    "standardization: expects features [N, D] of a floating type, is ",
                    features.sizes(), " of ", features.scalar_type());
  return features.to(torch::kFloat64);
}

torch::Tensor covariance_of(const torch::Tensor& centred) {
  return centred.t().matmul(centred) / static_cast<double>(centred.size(0) - 1);
}

// 1 / sqrt(variance), 1 where there is no variance.
torch::Tensor inverse_deviation(const torch::Tensor& variance) {
  // Below this share of the largest a variance is rounding.
  constexpr double kNothing = 1e-14;
  const torch::Tensor varies = variance > kNothing * variance.max();
  return torch::where(varies, variance.clamp_min(1e-300).rsqrt(), torch::ones_like(variance));
}

torch::Tensor map(const torch::Tensor& x, const torch::Tensor& by) {
  return by.dim() == 2 ? x.matmul(by) : x * by;
}

double condition_of(const torch::Tensor& symmetric) {
  constexpr double kHeld = 0.99;
  const torch::Tensor values =
      std::get<0>(torch::linalg_eigh(symmetric, "L")).clamp_min(0).flip(0).contiguous();
  const auto falling = values.accessor<double, 1>();
  const double total = values.sum().item<double>();
  if (total <= 0) return 1;
  double held = 0;
  int64_t last = 0;
  while (last < values.numel() && (held += falling[last]) < kHeld * total) ++last;
  return falling[0] / falling[std::min(last, values.numel() - 1)];
}

}  // namespace

StandardizationKind parse_standardization(std::string_view name) {
  for (const auto& [kind, known] : kNames) {
    if (name == known) return kind;
  }
  TORCH_CHECK_VALUE(false, "unknown standardization '", name,
                    "': one of none, centred, scaled, pca, zca, global");
}

std::string to_string(StandardizationKind kind) {
  for (const auto& [known, name] : kNames) {
    if (kind == known) return name;
  }
  return "none";
}

Standardization Standardization::fit(StandardizationKind kind, const at::Tensor& training,
                                     double epsilon) {
  const torch::Tensor x = as_matrix(training);
  TORCH_CHECK_VALUE(x.size(0) >= 2, "standardization: needs two rows or more, is ", x.sizes());
  TORCH_CHECK_VALUE(x.isfinite().all().item<bool>(),
                    "standardization: the training part has values that are not finite");
  Standardization result;
  result.kind_ = kind;
  const int64_t features = x.size(1);
  result.mean_ = torch::zeros({features}, torch::kFloat64);
  result.forward_ = torch::ones({features}, torch::kFloat64);
  if (kind == StandardizationKind::kGlobal) {
    result.mean_.fill_(x.mean().item<double>());
    result.forward_.fill_(1 / x.std(/*unbiased=*/false).clamp_min(1e-12).item<double>());
  } else if (kind != StandardizationKind::kNone) {
    result.mean_ = x.mean(0);
    const torch::Tensor centred = x - result.mean_;
    const torch::Tensor variance = centred.square().sum(0) / static_cast<double>(x.size(0) - 1);
    const torch::Tensor added = epsilon * variance.mean();
    if (kind == StandardizationKind::kScaled) {
      result.forward_ = inverse_deviation(variance + added);
    } else if (kind != StandardizationKind::kCentred) {
      const auto [values, axes] = torch::linalg_eigh(covariance_of(centred), "L");
      const torch::Tensor factors = inverse_deviation(values.clamp_min(0) + added);
      // Columns of `axes` are the eigenvectors.
      result.forward_ = axes * factors;
      result.backward_ = (axes / factors).t();
      if (kind == StandardizationKind::kZca) {
        result.forward_ = result.forward_.matmul(axes.t());
        result.backward_ = axes.matmul(result.backward_);
      }
      // Stored and not, the same layout: a matrix product's last bits depend on it.
      result.forward_ = result.forward_.contiguous();
      result.backward_ = result.backward_.contiguous();
      return result;
    }
  }
  result.backward_ = result.forward_.reciprocal();
  return result;
}

at::Tensor Standardization::apply(const at::Tensor& features) const {
  return map(as_matrix(features) - mean_, forward_).to(features.scalar_type());
}

at::Tensor Standardization::invert(const at::Tensor& standardized) const {
  return (map(as_matrix(standardized), backward_) + mean_).to(standardized.scalar_type());
}

std::map<std::string, at::Tensor> Standardization::tensors() const {
  return {{"kind", torch::scalar_tensor(static_cast<int64_t>(kind_), torch::kInt64)},
          {"mean", mean_},
          {"forward", forward_},
          {"backward", backward_}};
}

Standardization Standardization::from_tensors(const std::map<std::string, at::Tensor>& tensors) {
  for (const char* name : {"kind", "mean", "forward", "backward"}) {
    TORCH_CHECK_VALUE(tensors.contains(name), "standardization: '", name, "' is missing");
  }
  Standardization result;
  const torch::Tensor& kind = tensors.at("kind");
  TORCH_CHECK_VALUE(kind.numel() == 1 && kind.scalar_type() == torch::kInt64 &&
                        kind.item<int64_t>() >= 0 &&
                        kind.item<int64_t>() < static_cast<int64_t>(kNames.size()),
                    "standardization: 'kind' names no kind");
  result.kind_ = static_cast<StandardizationKind>(kind.item<int64_t>());
  result.mean_ = tensors.at("mean").to(torch::kFloat64);
  result.forward_ = tensors.at("forward").to(torch::kFloat64).contiguous();
  result.backward_ = tensors.at("backward").to(torch::kFloat64).contiguous();
  const bool rotates =
      result.kind_ == StandardizationKind::kPca || result.kind_ == StandardizationKind::kZca;
  const int64_t n = result.mean_.numel();
  const std::vector<int64_t> sizes = rotates ? std::vector<int64_t>{n, n} : std::vector<int64_t>{n};
  TORCH_CHECK_VALUE(result.mean_.dim() == 1 && result.forward_.sizes() == sizes &&
                        result.backward_.sizes() == sizes,
                    "standardization: 'forward' and 'backward' do not fit the mean's ", n,
                    " features");
  return result;
}

CovarianceSummary summarize_covariance(const at::Tensor& features) {
  const torch::Tensor x = as_matrix(features);
  const torch::Tensor covariance = covariance_of(x - x.mean(0));
  CovarianceSummary summary;
  summary.condition = condition_of(covariance);
  summary.condition_about_zero = condition_of(x.t().matmul(x) / static_cast<double>(x.size(0)));
  const torch::Tensor deviation = covariance.diag().sqrt();
  const torch::Tensor varies = (deviation > 1e-6 * deviation.max()).nonzero().flatten();
  const torch::Tensor kept = covariance.index_select(0, varies).index_select(1, varies);
  const torch::Tensor d = deviation.index_select(0, varies);
  const auto n = static_cast<double>(varies.numel());
  // The diagonal's ones are no correlation between two.
  const double sum = (kept / torch::outer(d, d)).abs().sum().item<double>() - n;
  summary.correlation = n > 1 ? sum / (n * (n - 1)) : 0;
  return summary;
}

}  // namespace dcgan
