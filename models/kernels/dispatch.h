#pragma once

// Kernels come twice, NAME_f32 and NAME_f64, and each of them for every processor kind. Include it
// below HWY_ONCE, behind hwy/highway.h.

#include <type_traits>

/// Makes NAME_f32 and NAME_f64, compiled for every kind, known to DCGAN_DISPATCH.
#define DCGAN_EXPORT(NAME) \
  HWY_EXPORT(NAME##_f32);  \
  HWY_EXPORT(NAME##_f64)

/// The one of element type T for the processor at hand, to be called.
#define DCGAN_DISPATCH(NAME, T)                 \
  (*[] {                                        \
    if constexpr (std::is_same_v<T, float>) {   \
      return &HWY_DYNAMIC_DISPATCH(NAME##_f32); \
    } else {                                    \
      return &HWY_DYNAMIC_DISPATCH(NAME##_f64); \
    }                                           \
  }())
