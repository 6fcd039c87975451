#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace dcgan {

/// Sliced Wasserstein distance of local patches on Laplacian pyramids (Karras et al. 2018, section
/// 5): at every level from the images' size down to the first of at most 16 pixels (half of an odd
/// size is rounded up), 128 random patches of 7x7 pixels an image,
/// normalised per channel to mean 0 and deviation 1, projected on 512 random directions; the mean
/// absolute difference of the sorted projections, times 1000. One value a level, the finest first.
///
/// `a`, `b` uint8 [N, H, W, C], equal sizes and equal N, square, at least 16 pixels a side;
/// everything random is a function of `seed`. Throws c10::ValueError for others.
std::vector<double> sliced_wasserstein(const at::Tensor& a, const at::Tensor& b, uint64_t seed);

/// The levels of the pyramid of float images [N, C, H, W]: differences to the blurred image
/// enlarged again, and the smallest image itself.
std::vector<at::Tensor> laplacian_pyramid(const at::Tensor& images);

/// Sliced Wasserstein distance of two sets of vectors [N, D] along `directions` [D, K].
double sliced_wasserstein_of(const at::Tensor& a, const at::Tensor& b,
                             const at::Tensor& directions);

}  // namespace dcgan
