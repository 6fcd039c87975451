// bfloat16 as the kernels see it: the upper half of a float. Same layout as at::BFloat16.
#pragma once

#include <cstdint>

namespace dcgan::kernels {

struct BFloat16 {
  uint16_t bits;
};

static_assert(sizeof(BFloat16) == 2 && alignof(BFloat16) == 2);

// The type that elements of type T are computed in, and in which gamma and beta are given.
template <class T>
struct ComputeTypeOf {
  using type = T;
};
template <>
struct ComputeTypeOf<BFloat16> {
  using type = float;
};
template <class T>
using ComputeType = typename ComputeTypeOf<T>::type;

}  // namespace dcgan::kernels
