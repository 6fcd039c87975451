// The backward of a stage without norm: of leaky(value + bias[c]).
#pragma once

#include <cstdint>

namespace dcgan::kernels {

// dx = dy * (y > 0 ? 1 : slope), where y is the activated output (its sign is the input's, so the
// input itself is not needed; slope >= 0), and dbias[c] = the sum of dx over the pixels. All
// [pixels, channels]; dbias null: not wanted. slope 1: dx = dy, then y may be null. In place
// (dx == dy) is allowed.
//
// Sums are of blocks of pixels in T, added up in double, in an order that depends on the shape
// alone. T is float or double.
template <typename T>
void leaky_backward(int64_t pixels, int64_t channels, const T* y, const T* dy, T slope, T* dx,
                    T* dbias);

// sums[c] = the sum of x over the pixels: the gradient of a bias, in the same order as above.
template <typename T>
void channel_sums(int64_t pixels, int64_t channels, const T* x, T* sums);

}  // namespace dcgan::kernels
