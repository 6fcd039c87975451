#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace dcgan {

/// The order in which training sees the images: one endless stream, cut into epochs of `size`
/// images, each a fresh permutation. Batches run across the epochs' borders, so every batch is full
/// and every image is seen exactly once an epoch. The order is a function of (size, seed) alone: a
/// resume needs nothing but the number of images seen.
class SampleOrder {
 public:
  SampleOrder(int64_t size, uint64_t seed) : size_(size), seed_(seed) {}

  /// Indices int64 [count] of the images number `first`, `first + 1`, ... of the stream.
  at::Tensor batch(int64_t first, int64_t count);

 private:
  const at::Tensor& epoch(int64_t number);

  int64_t size_;
  uint64_t seed_;
  int64_t cached_epoch_ = -1;
  at::Tensor cached_order_;
};

}  // namespace dcgan
