#pragma once

#include <ATen/core/Tensor.h>

namespace dcgan {

/// Multi-scale structural similarity (Wang, Simoncelli & Bovik 2003) of pairs of images, mean over
/// the pairs: 1 for equal images. Of random pairs of a generator's images it measures how alike
/// they are (Odena et al. 2017): compare it with that of real pairs.
///
/// `a`, `b` uint8 [N, H, W, C], at least 16 pixels a side. Gaussian window of 11 pixels and
/// deviation 1.5, both smaller in proportion where a scale has fewer pixels; five scales with the
/// paper's weights, K1 = 0.01, K2 = 0.03, mean over channels.
double ms_ssim(const at::Tensor& a, const at::Tensor& b);

}  // namespace dcgan
