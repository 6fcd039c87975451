// Memory for kernels under test: elements between guards, by default one element past an aligned
// address.
#pragma once

#include <cstdint>
#include <cstring>
#include <vector>

namespace dcgan::kernels::testing {

// A kernel that assumes alignment faults on it, one that writes outside of it is noticed.
template <class T>
class GuardedBuffer {
 public:
  explicit GuardedBuffer(int64_t size, bool unaligned = true)
      : memory_(static_cast<size_t>(size) * sizeof(T) + 2 * kLine + sizeof(T), kGuard),
        size_(static_cast<size_t>(size)) {
    const auto address = reinterpret_cast<uintptr_t>(memory_.data());
    begin_ = (kLine - address % kLine) + (unaligned ? sizeof(T) : 0);
  }
  explicit GuardedBuffer(const std::vector<T>& values)
      : GuardedBuffer(static_cast<int64_t>(values.size())) {
    std::memcpy(data(), values.data(), size_ * sizeof(T));
  }

  T* data() { return reinterpret_cast<T*>(memory_.data() + begin_); }
  const T* data() const { return reinterpret_cast<const T*>(memory_.data() + begin_); }
  T& operator[](int64_t i) { return data()[i]; }
  const T& operator[](int64_t i) const { return data()[i]; }
  std::vector<T> values() const { return {data(), data() + size_}; }

  bool is_intact() const {
    for (size_t i = 0; i < memory_.size(); ++i) {
      const bool inside = i >= begin_ && i < begin_ + size_ * sizeof(T);
      if (!inside && memory_[i] != kGuard) return false;
    }
    return true;
  }

 private:
  static constexpr size_t kLine = 64;  // a cache line
  static constexpr unsigned char kGuard =
      0xFF;  // NaN in every element type: what is never written is noticed too
  std::vector<unsigned char> memory_;
  size_t size_;
  size_t begin_;
};

}  // namespace dcgan::kernels::testing
