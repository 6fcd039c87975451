#include "bench/step/fma_loop.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "bench/step/fma_loop.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace dcgan::bench::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Twelve chains: two units of latency four or five need ten.
constexpr int kChains = 12;

double flops_of(int64_t iterations) {
  const hn::ScalableTag<float> d;
  return 2.0 * kChains * static_cast<double>(hn::Lanes(d)) * static_cast<double>(iterations);
}

void run(int64_t iterations) {
  const hn::ScalableTag<float> d;
  auto a0 = hn::Set(d, 0.1f), a1 = a0, a2 = a0, a3 = a0, a4 = a0, a5 = a0;
  auto b0 = a0, b1 = a0, b2 = a0, b3 = a0, b4 = a0, b5 = a0;
  auto m = hn::Set(d, 0.5f);
  const auto add = hn::Set(d, 0.3f);
  for (int64_t i = 0; i < iterations; ++i) {
    // Hides the multiplier's value, so that nothing is computed ahead of time.
    asm volatile("" : "+v"(m));  // NOLINT(hicpp-no-assembler)
    a0 = hn::MulAdd(a0, m, add);
    a1 = hn::MulAdd(a1, m, add);
    a2 = hn::MulAdd(a2, m, add);
    a3 = hn::MulAdd(a3, m, add);
    a4 = hn::MulAdd(a4, m, add);
    a5 = hn::MulAdd(a5, m, add);
    b0 = hn::MulAdd(b0, m, add);
    b1 = hn::MulAdd(b1, m, add);
    b2 = hn::MulAdd(b2, m, add);
    b3 = hn::MulAdd(b3, m, add);
    b4 = hn::MulAdd(b4, m, add);
    b5 = hn::MulAdd(b5, m, add);
  }
  const auto sum = hn::Add(hn::Add(hn::Add(a0, a1), hn::Add(a2, a3)),
                           hn::Add(hn::Add(hn::Add(a4, a5), hn::Add(b0, b1)),
                                   hn::Add(hn::Add(b2, b3), hn::Add(b4, b5))));
  volatile float sink = hn::GetLane(hn::SumOfLanes(d, sum));
  static_cast<void>(sink);
}

}  // namespace dcgan::bench::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dcgan::bench {

HWY_EXPORT(run);
HWY_EXPORT(flops_of);

void fma_loop(int64_t iterations) { HWY_DYNAMIC_DISPATCH(run)(iterations); }
double fma_loop_flops(int64_t iterations) { return HWY_DYNAMIC_DISPATCH(flops_of)(iterations); }

}  // namespace dcgan::bench
#endif
