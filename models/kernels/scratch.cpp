#include "models/kernels/scratch.h"

#include <array>
#include <memory>
#include <new>

namespace dcgan::kernels {
namespace {

constexpr std::align_val_t kAlignment{64};

struct AlignedDelete {
  void operator()(std::byte* memory) const { ::operator delete(memory, kAlignment); }
};

struct Buffer {
  std::unique_ptr<std::byte, AlignedDelete> memory;
  size_t size = 0;
};

thread_local std::array<Buffer, static_cast<size_t>(Scratch::kCount)> buffers;

}  // namespace

void* scratch_bytes(Scratch kind, size_t bytes) {
  Buffer& buffer = buffers[static_cast<size_t>(kind)];
  if (buffer.size < bytes || buffer.memory == nullptr) {
    buffer.memory.reset();  // first, so that old and new are never held together
    buffer.size = 0;
    buffer.memory.reset(static_cast<std::byte*>(::operator new(bytes, kAlignment)));
    buffer.size = bytes;
  }
  return buffer.memory.get();
}

size_t scratch_size() {
  size_t total = 0;
  for (const Buffer& buffer : buffers) total += buffer.size;
  return total;
}

}  // namespace dcgan::kernels
