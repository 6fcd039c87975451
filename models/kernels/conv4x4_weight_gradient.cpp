// dw = gradient of conv(x, .) at dy.
//
// Tasks own a block of dw over a range of pixels and sum their strips in order; then the ranges'
// partial sums are added in order. Both cuts come from the shape alone (WeightGradientPlan), so the
// result does not depend on the number of threads. From 16 channels on both sides by Winograd
// (winograd_weight_gradient-inl.h), else directly (direct_weight_gradient-inl.h).

#include "models/kernels/highway_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "models/kernels/conv4x4_weight_gradient.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "models/kernels/conv4x4.h"
#include "models/kernels/conv4x4_arguments.h"
#include "models/kernels/direct_weight_gradient-inl.h"
#include "models/kernels/parallel.h"
#include "models/kernels/scratch.h"
#include "models/kernels/winograd_weight_gradient-inl.h"

HWY_BEFORE_NAMESPACE();
namespace dcgan::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <typename T>
HWY_INLINE void weight_gradient_task(const WeightGradientArguments<T>& arguments, int64_t task) {
  if (arguments.plan.winograd) {
    winograd_weight_gradient_task(arguments, task);
  } else {
    direct_weight_gradient_task(arguments, task);
  }
}

// Elements [begin, end) of the first range's sums += those of the other ranges, in order.
template <typename T>
HWY_INLINE void weight_gradient_sum(const WeightGradientArguments<T>& arguments, int64_t begin,
                                    int64_t end) {
  const hn::ScalableTag<T> d;
  constexpr int64_t kLanes = hn::MaxLanes(hn::ScalableTag<T>());
  const int64_t size = arguments.plan.partial_size;  // a multiple of all lanes
  for (int64_t i = begin * kMaxLanes; i < end * kMaxLanes; i += kLanes) {
    auto sum = hn::LoadU(d, arguments.partial + i);
    for (int64_t s = 1; s < arguments.plan.splits; ++s) {
      sum = hn::Add(sum, hn::LoadU(d, arguments.partial + s * size + i));
    }
    hn::StoreU(sum, d, arguments.partial + i);
  }
}

template <typename T>
HWY_INLINE void weight_gradient_write(const WeightGradientArguments<T>& arguments, int64_t begin,
                                      int64_t end) {
  if (arguments.plan.winograd) {
    winograd_weight_gradient_write(arguments, begin, end);
  } else {
    direct_weight_gradient_write(arguments, begin, end);
  }
}

void weight_gradient_task_f32(const WeightGradientArguments<float>& arguments, int64_t task) {
  weight_gradient_task(arguments, task);
}
void weight_gradient_task_f64(const WeightGradientArguments<double>& arguments, int64_t task) {
  weight_gradient_task(arguments, task);
}
void weight_gradient_sum_f32(const WeightGradientArguments<float>& arguments, int64_t begin,
                             int64_t end) {
  weight_gradient_sum(arguments, begin, end);
}
void weight_gradient_sum_f64(const WeightGradientArguments<double>& arguments, int64_t begin,
                             int64_t end) {
  weight_gradient_sum(arguments, begin, end);
}

void weight_gradient_write_f32(const WeightGradientArguments<float>& arguments, int64_t begin,
                               int64_t end) {
  weight_gradient_write(arguments, begin, end);
}
void weight_gradient_write_f64(const WeightGradientArguments<double>& arguments, int64_t begin,
                               int64_t end) {
  weight_gradient_write(arguments, begin, end);
}

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace dcgan::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

#include "models/kernels/dispatch.h"

namespace dcgan::kernels {

DCGAN_EXPORT(weight_gradient_task);
DCGAN_EXPORT(weight_gradient_sum);
DCGAN_EXPORT(weight_gradient_write);

template <typename T>
void conv4x4s2_weight_gradient(const ConvShape& shape, const T* x, const T* dy, T* dw) {
  check_shape("conv4x4s2_weight_gradient", shape);
  const WeightGradientPlan plan(shape);
  T* partial = scratch<T>(Scratch::kPartial, static_cast<size_t>(plan.splits * plan.partial_size));
  const WeightGradientArguments<T> arguments = {shape, plan, x, dy, partial, dw};
  parallel_for(plan.tasks(), [&](int64_t begin, int64_t end) {
    for (int64_t task = begin; task < end; ++task) {
      DCGAN_DISPATCH(weight_gradient_task, T)(arguments, task);
    }
  });
  parallel_for(plan.splits > 1 ? plan.partial_size / kMaxLanes : 0,
               [&](int64_t begin, int64_t end) {
                 DCGAN_DISPATCH(weight_gradient_sum, T)(arguments, begin, end);
               });
  parallel_for(shape.in_channels, [&](int64_t begin, int64_t end) {
    DCGAN_DISPATCH(weight_gradient_write, T)(arguments, begin, end);
  });
}

template void conv4x4s2_weight_gradient(const ConvShape&, const float*, const float*, float*);
template void conv4x4s2_weight_gradient(const ConvShape&, const double*, const double*, double*);

}  // namespace dcgan::kernels

#endif  // HWY_ONCE
