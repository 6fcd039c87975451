#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string_view>

namespace dcgan {

/// Random numbers that are a pure function of (seed, stream, index): Philox 4x32-10 (Salmon et al.
/// 2011). No hidden state, so nothing to save for a resume, and no dependence on batch size, thread
/// count, device or the order of calls.
class RandomStream {
 public:
  /// `stream` names the use ("latents", "order", ...): streams of one seed are independent.
  RandomStream(uint64_t seed, std::string_view stream);

  /// Sub-stream `index`: one per image, epoch or parameter.
  RandomStream substream(uint64_t index) const;

  /// Fills a contiguous CPU tensor, float or double, with N(mean, std) (Box-Muller).
  void fill_normal(at::Tensor& tensor, double mean, double std) const;

  /// A uniformly random permutation of 0..n-1 as int64 [n] (Fisher-Yates).
  at::Tensor permutation(int64_t n) const;

  /// One 64-bit number: the seed of whatever wants one.
  uint64_t key() const { return key_; }

 private:
  explicit RandomStream(uint64_t key) : key_(key) {}
  uint64_t key_;
};

}  // namespace dcgan
