// Runs the tiles of a plan over the threads. Internal.
#pragma once

#include <cstddef>
#include <cstdint>

#include "models/kernels/batch_norm_tiles.h"
#include "models/kernels/parallel.h"
#include "models/kernels/scratch.h"

namespace dcgan::kernels {

// Tensors of fewer elements are done by the calling thread: waking another takes longer.
inline constexpr int64_t kSerialElements = 32 * 1024;

// Rows of columns to go through before moving on to the next columns: long enough to keep sums
// and constants in registers for a while, short enough to walk through memory nearly in order.
// Where a tile is a narrow piece of long rows, each row is in pages of its own: fewer at a time.
inline int64_t rows_at_once(const Tile& tile) { return tile.row_stride > tile.width ? 4 : 16; }

// How far ahead to prefetch rows of columns: the processor's own prefetcher loses the thread
// where rows are taken piece by piece.
inline constexpr int64_t kRowsAhead = 16;

// How many planes ahead to prefetch when planes of `width` values are far from each other:
// the processor's own prefetcher stops at the end of each.
template <class T>
constexpr int64_t rows_ahead(int64_t width) {
  const int64_t bytes = width * static_cast<int64_t>(sizeof(T));
  return bytes >= 2048 ? 1 : 2048 / bytes;
}

// Outputs of fewer bytes are never written past the cache.
int64_t stream_bytes();

// Second passes go backwards, so that they begin with what the first pass left in the cache.
enum class Direction { kForwards, kBackwards };

template <class Work>
void run_tiles(const TilePlan& plan, const BatchNormShape& shape, Direction direction,
               const Work& work) {
  const auto range = [&](int64_t begin, int64_t end) {
    if (direction == Direction::kForwards) {
      for (int64_t i = begin; i < end; ++i) work(i);
    } else {
      for (int64_t i = end - 1; i >= begin; --i) work(i);
    }
  };
  if (plan.tiles() <= 1 || shape.elements() < kSerialElements) {
    range(0, plan.tiles());
  } else {
    parallel_for(plan.tiles(), range);
  }
}

// Whether to write `out` past the cache, which saves reading each line before it is overwritten.
// Worth it where input and output do not fit the last cache together; a smaller output is better
// left where its reader will look for it. (Forward and a reader behind it, 32 MiB of cache: equal
// at 16 MiB of output, 0.6 times as fast at 8 MiB, 1.1 to 1.2 times at 24 MiB.) Every vector must
// be aligned for it.
template <class T>
bool may_stream(const BatchNormShape& shape, const TilePlan& plan, const T* out) {
  if (shape.elements() * static_cast<int64_t>(sizeof(T)) < stream_bytes()) return false;
  constexpr int64_t kVectorBytes = 64;
  constexpr int64_t kVector = kVectorBytes / static_cast<int64_t>(sizeof(T));
  const Tile tile = plan.tile(0);
  return reinterpret_cast<uintptr_t>(out) % kVectorBytes == 0 && tile.width % kVector == 0 &&
         tile.row_stride % kVector == 0;
}

}  // namespace dcgan::kernels
