#pragma once

#include <ATen/core/Tensor.h>

#include <functional>

namespace dcgan {

/// The training images nearest to generated ones, in pixels: a generator that has learnt images by
/// heart draws them at distance 0.
struct NearestNeighbours {
  /// The nearest training image of each, uint8 [N, H, W, C].
  at::Tensor images;
  /// Root mean square difference of their pixels on the scale [0, 1], double [N].
  at::Tensor distances;
};

/// `generated` uint8 [N, H, W, C]; `pieces` is called with a function that takes the training set
/// piece by piece, each uint8 [M, H, W, C].
NearestNeighbours nearest_neighbours(
    const at::Tensor& generated,
    const std::function<void(const std::function<void(const at::Tensor&)>&)>& pieces);

}  // namespace dcgan
