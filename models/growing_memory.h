#pragma once

#include <torch/types.h>

#include <array>
#include <cstddef>

namespace dcgan {

/// Strides of dense maps [N, C, H, W] in channels_last order.
inline std::array<int64_t, 4> channels_last_strides(c10::IntArrayRef sizes) {
  return {sizes[1] * sizes[2] * sizes[3], 1, sizes[3] * sizes[1], sizes[1]};
}

/// Memory of numbers that grows to its largest use and is then used again, so that a pass that is
/// repeated takes none.
template <typename T>
class GrowingMemory {
 public:
  /// At least `count` elements; the old content is lost where it has to grow.
  T* at_least(int64_t count) {
    if (!memory_.defined() || memory_.numel() < count) {
      memory_ = torch::Tensor();  // first, so that old and new are never held together
      memory_ = torch::empty({count}, c10::CppTypeToScalarType<T>::value);
    }
    return memory_.mutable_data_ptr<T>();
  }

  /// The first elements as maps [N, C, H, W], channels_last.
  torch::Tensor maps(c10::IntArrayRef sizes) {
    at_least(c10::multiply_integers(sizes));
    return memory_.as_strided(sizes, channels_last_strides(sizes));
  }

  /// Whether `pointer` points into it.
  bool holds(const void* pointer) const {
    if (!memory_.defined()) return false;
    const auto* begin = static_cast<const std::byte*>(memory_.const_data_ptr());
    const auto* at = static_cast<const std::byte*>(pointer);
    return at >= begin && at < begin + memory_.nbytes();
  }

 private:
  torch::Tensor memory_;
};

}  // namespace dcgan
