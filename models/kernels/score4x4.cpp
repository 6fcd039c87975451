// The discriminator's last stage: one dot product a sample over [4][4][channels], its gradients a
// scaled copy and a weighted sum. Bound by memory: the only aim is to read the map once, in order.

#include "models/kernels/highway_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "models/kernels/score4x4.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "models/kernels/conv4x4.h"
#include "models/kernels/conv4x4_arguments.h"
#include "models/kernels/packing-inl.h"
#include "models/kernels/parallel.h"
#include "models/kernels/scratch.h"

HWY_BEFORE_NAMESPACE();
namespace dcgan::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <class D, typename T>
HWY_INLINE T dot(D d, const T* a, const T* b, int64_t count) {
  constexpr int64_t kLanes = hn::MaxLanes(D());
  constexpr int64_t kSums = 4;  // to hide the latency of the additions
  hn::Vec<D> sums[kSums];
  for (auto& sum : sums) sum = hn::Zero(d);
  int64_t i = 0;
  for (; i + kSums * kLanes <= count; i += kSums * kLanes) {
#pragma GCC unroll 4
    for (int64_t s = 0; s < kSums; ++s) {
      const int64_t k = i + s * kLanes;
      sums[s] = hn::MulAdd(hn::LoadU(d, a + k), hn::LoadU(d, b + k), sums[s]);
    }
  }
  for (; i < count; i += kLanes) {
    sums[0] = hn::MulAdd(load_some(d, a + i, count - i), load_some(d, b + i, count - i), sums[0]);
  }
  return hn::GetLane(
      hn::SumOfLanes(d, hn::Add(hn::Add(sums[0], sums[1]), hn::Add(sums[2], sums[3]))));
}

// Samples [begin, end).
template <typename T>
HWY_INLINE void score(const ScoreArguments<T>& arguments, int64_t begin, int64_t end) {
  const hn::ScalableTag<T> d;
  const int64_t count = 16 * arguments.channels;
  for (int64_t n = begin; n < end; ++n) {
    const T* x = arguments.x + n * count;
    const T bias = arguments.epilogue.bias == nullptr ? T(0) : arguments.epilogue.bias[0];
    const T value = dot(d, x, arguments.weight, count) + bias;
    arguments.y[n] = value > T(0) ? value : value * arguments.epilogue.slope;
  }
}

// Samples [begin, end).
template <typename T>
HWY_INLINE void score_spread(const ScoreArguments<T>& arguments, int64_t begin, int64_t end) {
  const hn::ScalableTag<T> d;
  constexpr int64_t kLanes = hn::MaxLanes(hn::ScalableTag<T>());
  const int64_t count = 16 * arguments.channels;
  for (int64_t n = begin; n < end; ++n) {
    const auto dy = hn::Set(d, arguments.dy[n]);
    T* dx = arguments.dx + n * count;
    int64_t i = 0;
    for (; i + kLanes <= count; i += kLanes) {
      hn::StoreU(hn::Mul(dy, hn::LoadU(d, arguments.weight + i)), d, dx + i);
    }
    for (; i < count; ++i) dx[i] = arguments.dy[n] * arguments.weight[i];
  }
}

// Channels [begin, end) of dw, over all samples in order.
template <typename T>
HWY_INLINE void score_gradient(const ScoreArguments<T>& arguments, int64_t begin, int64_t end) {
  const hn::ScalableTag<T> d;
  const int64_t channels = arguments.channels;
  const int64_t count = end - begin;
  constexpr int64_t kLanes = hn::MaxLanes(hn::ScalableTag<T>());
  const int64_t padded = round_up(count, kLanes);
  T* sums = scratch<T>(Scratch::kOperand, static_cast<size_t>(16 * padded));
  for (int64_t i = 0; i < 16 * padded; ++i) sums[i] = T(0);
  for (int64_t n = 0; n < arguments.batch; ++n) {
    const auto dy = hn::Set(d, arguments.dy[n]);
    for (int64_t tap = 0; tap < 16; ++tap) {
      const T* x = arguments.x + (n * 16 + tap) * channels + begin;
      T* sum = sums + tap * padded;
      for (int64_t c = 0; c < count; c += kLanes) {
        const auto value = load_some(d, x + c, count - c);
        hn::StoreU(hn::MulAdd(dy, value, hn::LoadU(d, sum + c)), d, sum + c);
      }
    }
  }
  for (int64_t c = 0; c < count; ++c) {
    for (int64_t tap = 0; tap < 16; ++tap) {
      arguments.dw[(begin + c) * 16 + tap] = sums[tap * padded + c];
    }
  }
}

#define DCGAN_SCORE(NAME)                                                                \
  void NAME##_f32(const ScoreArguments<float>& arguments, int64_t begin, int64_t end) {  \
    NAME(arguments, begin, end);                                                         \
  }                                                                                      \
  void NAME##_f64(const ScoreArguments<double>& arguments, int64_t begin, int64_t end) { \
    NAME(arguments, begin, end);                                                         \
  }
DCGAN_SCORE(score)
DCGAN_SCORE(score_spread)
DCGAN_SCORE(score_gradient)
#undef DCGAN_SCORE

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace dcgan::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

#include "models/kernels/dispatch.h"

namespace dcgan::kernels {

DCGAN_EXPORT(score);
DCGAN_EXPORT(score_spread);
DCGAN_EXPORT(score_gradient);

namespace {

// From PyTorch's [channels][16] to the activations' [16][channels].
template <typename T>
T* reorder_weight(int64_t channels, const T* weight) {
  T* reordered = scratch<T>(Scratch::kWeights, static_cast<size_t>(16 * channels));
  for (int64_t c = 0; c < channels; ++c) {
    for (int64_t tap = 0; tap < 16; ++tap) reordered[tap * channels + c] = weight[c * 16 + tap];
  }
  return reordered;
}

template <typename T>
ScoreArguments<T> score_arguments(const char* function, int64_t batch, int64_t channels) {
  check_positive(function, "batch", batch);
  check_positive(function, "channels", channels);
  ScoreArguments<T> arguments = {};
  arguments.batch = batch;
  arguments.channels = channels;
  return arguments;
}

// Less than this many elements are not worth a second thread.
constexpr int64_t kElementsPerTask = 1 << 15;

// Cuts `count` items of `size` elements into few large ranges.
template <typename Body>
void parallel_for_large(int64_t count, int64_t size, const Body& body) {
  const int64_t per_task = ceil_div(kElementsPerTask, size);
  parallel_for(ceil_div(count, per_task), [&](int64_t begin, int64_t end) {
    body(begin * per_task, end * per_task < count ? end * per_task : count);
  });
}

}  // namespace

template <typename T>
void score_forward(int64_t batch, int64_t channels, const T* x, const T* weight, T* y,
                   const Epilogue<T>& epilogue) {
  ScoreArguments<T> arguments = score_arguments<T>("score_forward", batch, channels);
  arguments.x = x;
  arguments.weight = reorder_weight(channels, weight);
  arguments.y = y;
  arguments.epilogue = epilogue;
  parallel_for_large(batch, 16 * channels, [&](int64_t begin, int64_t end) {
    DCGAN_DISPATCH(score, T)(arguments, begin, end);
  });
}

template <typename T>
void score_data_gradient(int64_t batch, int64_t channels, const T* dy, const T* weight, T* dx) {
  ScoreArguments<T> arguments = score_arguments<T>("score_data_gradient", batch, channels);
  arguments.dy = dy;
  arguments.weight = reorder_weight(channels, weight);
  arguments.dx = dx;
  parallel_for_large(batch, 16 * channels, [&](int64_t begin, int64_t end) {
    DCGAN_DISPATCH(score_spread, T)(arguments, begin, end);
  });
}

template <typename T>
void score_weight_gradient(int64_t batch, int64_t channels, const T* x, const T* dy, T* dw) {
  ScoreArguments<T> arguments = score_arguments<T>("score_weight_gradient", batch, channels);
  arguments.x = x;
  arguments.dy = dy;
  arguments.dw = dw;
  // Ranges of whole cache lines: each sample's range is read on its own.
  const int64_t groups = ceil_div(channels, kMaxLanes);
  parallel_for_large(groups, 16 * kMaxLanes * batch, [&](int64_t begin, int64_t end) {
    const int64_t last = end * kMaxLanes < channels ? end * kMaxLanes : channels;
    DCGAN_DISPATCH(score_gradient, T)(arguments, begin * kMaxLanes, last);
  });
}

#define DCGAN_INSTANTIATE(T)                                                                 \
  template void score_forward(int64_t, int64_t, const T*, const T*, T*, const Epilogue<T>&); \
  template void score_data_gradient(int64_t, int64_t, const T*, const T*, T*);               \
  template void score_weight_gradient(int64_t, int64_t, const T*, const T*, T*);
DCGAN_INSTANTIATE(float)
DCGAN_INSTANTIATE(double)
#undef DCGAN_INSTANTIATE

}  // namespace dcgan::kernels

#endif  // HWY_ONCE
