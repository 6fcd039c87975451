// Register and cache blocking: fixed tables, never measured at run time.

// Compiled once per target.
#if defined(DCGAN_KERNELS_BLOCKING_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef DCGAN_KERNELS_BLOCKING_INL_H_
#undef DCGAN_KERNELS_BLOCKING_INL_H_
#else
#define DCGAN_KERNELS_BLOCKING_INL_H_
#endif

#include <hwy/highway.h>

#include "models/kernels/strips.h"

HWY_BEFORE_NAMESPACE();
namespace dcgan::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// A register tile is kTileRows x (kTileVectors vectors) of accumulators. 16 vector registers hold
// 6 x 2 with the operands; 32 hold 8 x 2 (more rows would need more pointers than there are).
#if HWY_MAX_BYTES >= 64 || HWY_ARCH_ARM_A64
constexpr size_t kTileRows = 8;
#else
constexpr size_t kTileRows = 6;
#endif
constexpr size_t kTileVectors = 2;

// Depth of a block of the reduction: the panel of weights that all rows of a strip pass over,
// kBlockDepth x panel width, stays in the first- or second-level cache. The same for every target,
// so that the order of summation is too.
constexpr int64_t kBlockDepth = 256;

// The reduction of a row: `segments` runs of `length` contiguous elements, `stride` apart.
struct Reduction {
  int64_t segments;
  int64_t length;
  int64_t stride;

  int64_t depth() const { return segments * length; }
};

// A block of a reduction: whole segments or a part of one.
struct DepthBlock {
  Reduction reduction;
  int64_t row_offset;    // of its first element in a row
  int64_t depth_offset;  // and in the packed panels, in rows
};

// Calls body(block, first, last) for the blocks of a reduction, in order.
template <class Body>
HWY_INLINE void for_each_depth_block(const Reduction& whole, const Body& body) {
  if (whole.length <= kBlockDepth) {
    const int64_t fitting = kBlockDepth / whole.length;
    for (int64_t s = 0; s < whole.segments; s += fitting) {
      const int64_t left = whole.segments - s;
      const Reduction part = {HWY_MIN(fitting, left), whole.length, whole.stride};
      body(DepthBlock{part, s * whole.stride, s * whole.length}, s == 0, left <= fitting);
    }
    return;
  }
  const int64_t parts = ceil_div(whole.length, kBlockDepth);
  const int64_t size = ceil_div(whole.length, parts);
  for (int64_t s = 0; s < whole.segments; ++s) {
    for (int64_t k = 0; k < whole.length; k += size) {
      const int64_t left = whole.length - k;
      const Reduction part = {1, HWY_MIN(size, left), 0};
      body(DepthBlock{part, s * whole.stride + k, s * whole.length + k}, s == 0 && k == 0,
           s + 1 == whole.segments && left <= size);
    }
  }
}

// Weights and other right-hand operands are packed in panels of kTileVectors vectors; a last panel
// may be one vector wide. Columns beyond the matrix are zero. A panel that begins at column c of a
// matrix of depth K begins at element c * K.
template <class D>
HWY_INLINE int64_t panel_width(D d, int64_t column, int64_t columns) {
  const int64_t lanes = static_cast<int64_t>(hn::MaxLanes(d));
  return columns - column > lanes ? 2 * lanes : lanes;
}

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace dcgan::kernels
HWY_AFTER_NAMESPACE();

#endif  // DCGAN_KERNELS_BLOCKING_INL_H_
