#include "models/kernels/batch_norm_tiles.h"

#include <algorithm>
#include <numeric>

namespace dcgan::kernels {
namespace {

// Elements of a tile below which handing it to another thread costs more than it brings.
constexpr int64_t kTileElements = 16 * 1024;
// Elements of a tile of planes that a second-level cache holds twice (x and dy) or more.
constexpr int64_t kPlaneTileElements = 64 * 1024;
// Tensors of at least this many elements are taken to come from memory. In a smaller one, which
// the second-level caches hold, prefetching only costs instructions (a fifth of the time).
constexpr int64_t kFarElements = int64_t{1} << 20;
// Tiles of a group that are enough to keep the threads of a usual machine evenly busy.
constexpr int64_t kEnoughTiles = 16;
// More parts than this cost more in merging than they bring in balance.
constexpr int64_t kMaxParts = 32;
// The widest vector in elements (AVX-512, float). Chunks are multiples of it, so that only the
// last chunk has a partial vector.
constexpr int64_t kLanes = 16;
// Below this many values a plane does not fill vectors well enough.
constexpr int64_t kMinPlane = 64;
// Channels-last with at most this many channels is unrolled, up to about kUnrolledWidth columns.
constexpr int64_t kMaxUnrolledChannels = 64;
constexpr int64_t kUnrolledWidth = 128;

int64_t divide_up(int64_t a, int64_t b) { return (a + b - 1) / b; }
int64_t round_up(int64_t a, int64_t multiple) { return divide_up(a, multiple) * multiple; }

}  // namespace

TilePlan::TilePlan(const BatchNormShape& shape)
    : groups_(shape.groups),
      batch_(shape.batch_per_group),
      channels_(shape.channels),
      spatial_(shape.spatial),
      // With one value a plane both orders are the same memory; channels-last suits it.
      order_(shape.spatial == 1 ? MemoryOrder::kChannelsLast : shape.order) {
  if (shape.groups <= 0 || batch_ <= 0 || channels_ <= 0 || spatial_ <= 0) {
    groups_ = 0;
    return;
  }
  is_far_ = shape.elements() >= kFarElements;
  if (order_ == MemoryOrder::kChannelsLast) {
    plan_channels_last();
  } else if (spatial_ >= kMinPlane) {
    plan_planes();
  } else {
    plan_channels_first_columns();
  }
}

void TilePlan::plan_planes() {
  kind_ = Tile::Kind::kPlanes;
  rows_ = batch_;
  const int64_t channel_elements = batch_ * spatial_;
  // Several channels to a tile make longer runs of contiguous memory, as long as the tile stays
  // in a second-level cache and there are enough tiles.
  const int64_t most = std::max<int64_t>(1, kPlaneTileElements / channel_elements);
  const int64_t balanced =
      std::max<int64_t>(channels_ / kEnoughTiles, divide_up(kTileElements, channel_elements));
  chunk_channels_ = std::min({most, balanced, channels_, kMaxPlaneChannels});
  chunks_ = divide_up(channels_, chunk_channels_);
  const int64_t tile_elements = channel_elements * chunk_channels_;
  const int64_t wanted = std::min(divide_up(kEnoughTiles, chunks_), tile_elements / kTileElements);
  rows_per_part_ = divide_up(rows_, std::clamp<int64_t>(wanted, 1, rows_));
  parts_ = divide_up(rows_, rows_per_part_);
}

void TilePlan::plan_channels_first_columns() {
  kind_ = Tile::Kind::kColumns;
  rows_ = batch_;
  // kMinPlane * kLanes <= kMaxColumns, so at least one step of kLanes channels always fits.
  const int64_t most = kMaxColumns / spatial_ / kLanes * kLanes;
  chunk_channels_ = std::min(
      channels_, std::min(most, round_up(divide_up(kTileElements, batch_ * spatial_), kLanes)));
  chunks_ = divide_up(channels_, chunk_channels_);
  const int64_t tile_elements = batch_ * spatial_ * chunk_channels_;
  const int64_t wanted = std::min(divide_up(kEnoughTiles, chunks_), tile_elements / kTileElements);
  rows_per_part_ = divide_up(rows_, std::clamp<int64_t>(wanted, 1, rows_));
  parts_ = divide_up(rows_, rows_per_part_);
}

void TilePlan::plan_channels_last() {
  kind_ = Tile::Kind::kColumns;
  const int64_t tensor_rows = batch_ * spatial_;
  if (channels_ <= kMaxUnrolledChannels) {
    const int64_t full_vectors = kLanes / std::gcd(channels_, kLanes);
    const int64_t repeats = kUnrolledWidth / (full_vectors * channels_);
    unroll_ = full_vectors * std::max<int64_t>(repeats, 1);
  }
  if (tensor_rows < unroll_) unroll_ = tensor_rows;  // a single row of everything
  rows_ = tensor_rows / unroll_;
  ragged_ = tensor_rows % unroll_;

  if (unroll_ == 1 && rows_ * kMaxColumns <= 8 * kTileElements) {
    // Few rows: tiles of all rows and some columns need no merging.
    const int64_t columns = round_up(divide_up(kTileElements, rows_), kLanes);
    chunk_channels_ = std::min(channels_, std::clamp<int64_t>(columns, 4 * kLanes, kMaxColumns));
    chunks_ = divide_up(channels_, chunk_channels_);
    rows_per_part_ = rows_;
  } else {
    chunk_channels_ = std::min(channels_, kMaxColumns);
    chunks_ = divide_up(channels_, chunk_channels_);
    const int64_t wanted = rows_ * unroll_ * chunk_channels_ / kTileElements;
    rows_per_part_ = divide_up(rows_, std::clamp<int64_t>(wanted, 1, std::min(rows_, kMaxParts)));
  }
  parts_ = divide_up(rows_, rows_per_part_) + (ragged_ > 0 ? 1 : 0);
}

Tile TilePlan::tile(int64_t group, int64_t chunk, int64_t part) const {
  Tile tile;
  tile.kind = kind_;
  tile.is_far = is_far_;
  tile.group = group;
  tile.first_channel = chunk * chunk_channels_;
  tile.channels = std::min(chunk_channels_, channels_ - tile.first_channel);
  const int64_t group_offset = group * batch_ * channels_ * spatial_;
  const int64_t first_row = part * rows_per_part_;

  if (order_ == MemoryOrder::kChannelsFirst) {
    tile.rows = std::min(rows_per_part_, rows_ - first_row);
    tile.row_stride = channels_ * spatial_;
    tile.offset = group_offset + first_row * tile.row_stride + tile.first_channel * spatial_;
    tile.width = kind_ == Tile::Kind::kPlanes ? spatial_ : tile.channels * spatial_;
    tile.run = spatial_;
    return tile;
  }

  const bool is_ragged = ragged_ > 0 && part == parts_ - 1;
  tile.row_stride = channels_ * unroll_;
  tile.rows = is_ragged ? 1 : std::min(rows_per_part_, rows_ - first_row);
  tile.width = tile.channels * (is_ragged ? ragged_ : unroll_);
  tile.offset =
      group_offset + tile.first_channel + (is_ragged ? rows_ : first_row) * tile.row_stride;
  tile.run = 1;
  return tile;
}

}  // namespace dcgan::kernels
