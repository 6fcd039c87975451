#include "training/step_metrics.h"

#include <fmt/format.h>

#include <cmath>

namespace dcgan {

Metrics to_metrics(const StepResult& result, int64_t step, int64_t images_seen, int64_t images) {
  const auto value = [](const torch::Tensor& t) { return t.item<double>(); };
  const int64_t epoch = images_seen / images;  // whole passes over the images
  return {{"step", static_cast<double>(step)},
          {"epoch", static_cast<double>(epoch)},
          {"images", static_cast<double>(images_seen)},
          {"loss_d", value(result.loss_d)},
          {"loss_g", value(result.loss_g)},
          {"d_real", value(result.d_real)},
          {"d_fake", value(result.d_fake)},
          {"d_fake_after", value(result.d_fake_after)},
          {"grad_norm_d", value(result.grad_norm_d)},
          {"grad_norm_g", value(result.grad_norm_g)}};
}

std::string summarize(const StepResult& result, double images_per_second) {
  const auto value = [](const torch::Tensor& t) {
    const double x = t.item<double>();
    return std::isnan(x) ? std::abs(x) : x;  // whose sign means nothing
  };
  return fmt::format("loss_d {:.3f}  loss_g {:.3f}  D(x) {:.2f}  D(G(z)) {:.2f}  {:.0f} images/s",
                     value(result.loss_d), value(result.loss_g), value(result.d_real),
                     value(result.d_fake), images_per_second);
}

Metrics to_progress(const StepResult& result, double images_per_second) {
  return {{"loss_d", result.loss_d.item<double>()},
          {"loss_g", result.loss_g.item<double>()},
          {"d_real", result.d_real.item<double>()},
          {"d_fake", result.d_fake.item<double>()},
          {"images_per_second", images_per_second}};
}

bool losses_are_finite(const StepResult& result) {
  return std::isfinite(result.loss_d.item<double>()) && std::isfinite(result.loss_g.item<double>());
}

std::string describe_losses(const StepResult& result) {
  const auto text = [](const torch::Tensor& loss) {
    const double value = loss.item<double>();
    return std::isnan(value) ? "NaN" : fmt::format("{}", value);  // whose sign means nothing
  };
  return fmt::format("loss_d is {} and loss_g {}", text(result.loss_d), text(result.loss_g));
}

}  // namespace dcgan
