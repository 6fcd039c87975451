// Scratch memory that stops growing after the first training step.
#pragma once

#include <cstddef>

namespace dcgan::kernels {

// What a buffer is for; a thread owns one buffer of each kind. Buffers that several threads share
// (kWeights, kPartial, kBias, kTileParts, kConstants) belong to the thread that called the kernel;
// the others to the thread that works.
enum class Scratch {
  kWeights,
  kPartial,
  kBias,
  kStrip,
  kOperand,
  kProduct,
  kOffsets,
  kTileParts,
  kConstants,
  kCount
};

// The calling thread's buffer of that kind, at least `bytes` long and aligned to 64 bytes, contents
// unspecified. Valid until the same thread asks for the same kind again; freed when the thread
// ends. Throws std::bad_alloc.
void* scratch_bytes(Scratch kind, size_t bytes);

template <typename T>
T* scratch(Scratch kind, size_t count) {
  return static_cast<T*>(scratch_bytes(kind, count * sizeof(T)));
}

// Bytes that the calling thread holds in all its buffers (for tests).
size_t scratch_size();

}  // namespace dcgan::kernels
