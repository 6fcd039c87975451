// How the batch-norm kernels cut a tensor into tiles, one tile a task. Internal to the kernels.
//
// The cut depends on the shape alone: not on the number of threads, not on the vector width, and
// not on the number of groups. A tile never reaches into a second group.
#pragma once

#include <cstdint>

#include "models/kernels/batch_norm.h"

namespace dcgan::kernels {

// The most values of one channel that are added up in ComputeType<T> before the sum is folded
// into double.
inline constexpr int64_t kBlockValues = 1024;

// The most columns in a tile of kind kColumns: its rows of sums stay in the first-level cache.
inline constexpr int64_t kMaxColumns = 1024;

// Most channels of a tile of kind kPlanes, so that arrays per channel may stand on the stack.
inline constexpr int64_t kMaxPlaneChannels = 1024;

// A piece of one group.
//
// kPlanes: for `rows` batch entries, `channels` planes of `width` contiguous values each, one
// plane after the other. Batch entries are `row_stride` elements apart. Channels-first with
// planes long enough to fill vectors.
//
// kColumns: a matrix of `rows` rows of `width` contiguous columns, rows `row_stride` elements
// apart. Column j belongs to channel first_channel + (j / run) % channels. Three cases:
//   channels-first, small planes:  run = spatial. Vectors run across planes.
//   channels-last:                 run = 1, width = channels.
//   channels-last, few channels:   run = 1, width = a multiple of channels: several rows of the
//                                  tensor are taken as one, so that vectors are full.
struct Tile {
  enum class Kind { kPlanes, kColumns };

  Kind kind = Kind::kPlanes;
  int64_t group = 0;
  int64_t first_channel = 0;
  int64_t channels = 0;
  int64_t offset = 0;  // of the tile's first element in the tensor
  int64_t rows = 0;
  int64_t row_stride = 0;
  int64_t width = 0;
  int64_t run = 1;      // kColumns only
  bool is_far = false;  // the tensor is too large to be in the cache: worth prefetching

  // Values of each channel in one row, and in the tile.
  int64_t values_per_row() const { return kind == Kind::kPlanes ? width : width / channels; }
  int64_t values_per_channel() const { return rows * values_per_row(); }
};

// The tiles of a tensor, numbered by group, then by chunk of channels, then by part.
// A chunk of channels is divided into `parts` tiles; with one part a tile holds all values of
// its channels and can go from statistics to result by itself.
class TilePlan {
 public:
  explicit TilePlan(const BatchNormShape& shape);

  int64_t tiles() const { return groups_ * chunks_ * parts_; }
  int64_t groups() const { return groups_; }
  int64_t chunks() const { return chunks_; }
  int64_t parts() const { return parts_; }

  Tile tile(int64_t group, int64_t chunk, int64_t part) const;
  Tile tile(int64_t index) const {
    return tile(index / (chunks_ * parts_), index / parts_ % chunks_, index % parts_);
  }

 private:
  void plan_planes();
  void plan_channels_first_columns();
  void plan_channels_last();

  int64_t groups_ = 0;
  int64_t batch_ = 0;
  int64_t channels_ = 0;
  int64_t spatial_ = 0;
  MemoryOrder order_ = MemoryOrder::kChannelsFirst;
  Tile::Kind kind_ = Tile::Kind::kPlanes;

  bool is_far_ = false;

  int64_t chunk_channels_ = 0;
  int64_t chunks_ = 0;
  int64_t parts_ = 0;

  // Rows of the matrix as the kernels see it; `unroll_` rows of the tensor are one of them.
  int64_t unroll_ = 1;
  int64_t rows_ = 0;
  int64_t rows_per_part_ = 0;
  // Rows of the tensor left over when `unroll_` does not divide their number. They are the last
  // part: one short row.
  int64_t ragged_ = 0;
};

}  // namespace dcgan::kernels
