#pragma once

#include <ATen/autocast_mode.h>
#include <torch/types.h>

namespace dcgan {

/// While it lives, convolutions and matrix products on that kind of device are computed in bfloat16
/// and everything that needs float stays in float (LibTorch's autocast); parameters and optimisers
/// are not touched.
class AutocastGuard {
 public:
  AutocastGuard(torch::DeviceType device, bool enabled)
      : device_(device), before_(at::autocast::is_autocast_enabled(device)), enabled_(enabled) {
    if (!enabled_) return;
    at::autocast::set_autocast_enabled(device_, true);
    at::autocast::set_autocast_dtype(device_, at::kBFloat16);
    at::autocast::increment_nesting();
  }
  ~AutocastGuard() {
    if (!enabled_) return;
    // The converted weights are of this step only.
    if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
    at::autocast::set_autocast_enabled(device_, before_);
  }
  AutocastGuard(const AutocastGuard&) = delete;
  AutocastGuard& operator=(const AutocastGuard&) = delete;

 private:
  torch::DeviceType device_;
  bool before_;
  bool enabled_;
};

}  // namespace dcgan
