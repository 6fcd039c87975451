// What the dispatching half of each kernel hands to the half compiled per target, and checks of
// shapes. Internal to models/kernels.
#pragma once

#include <cstdint>

#include "models/kernels/conv4x4.h"
#include "models/kernels/strips.h"

namespace dcgan::kernels {

// Panels never need more columns than this multiple: that of the widest vectors' lanes.
constexpr int64_t kMaxLanes = 16;
constexpr int64_t padded_columns(int64_t columns) { return round_up(columns, kMaxLanes); }

// Output pixels in a strip: enough rows to make up for streaming the weights past them once a
// strip, few enough for their input to stay in the second-level cache, and for the small maps of
// the deep layers enough strips for several threads.
constexpr int64_t kStripPixels = 128;

inline StripPlan conv_strips(const ConvShape& shape) {
  return StripPlan(shape.batch, shape.height / 2, shape.width / 2, kStripPixels);
}

// Up to this many channels a convolution's narrow side is packed by whole windows (16 taps x
// channels together), because a vector of channels would be mostly empty.
constexpr int64_t kNarrowChannels = 3;

// From this many channels on both sides the stride-2 kernels use Winograd's minimal filtering
// (winograd-inl.h): below, transforming costs more than it saves. By the channels alone, so that
// packed weights do not depend on the map.
constexpr int64_t kWinogradChannels = 16;
constexpr bool use_winograd(int64_t in_channels, int64_t out_channels) {
  return in_channels >= kWinogradChannels && out_channels >= kWinogradChannels;
}

// Tiles of 2x2 pixels in a strip, and columns computed before they are transformed back: such that
// products and transformed operands stay in the second-level cache.
constexpr int64_t kWinogradTiles = 64;
constexpr int64_t kWinogradColumns = 128;  // a multiple of every panel width

// Distance between the nine (or 25) operands or products of `size` elements: a cache line more than
// a power of two, because a tile's are touched together and would fall into one set of the cache.
constexpr int64_t winograd_step(int64_t size) { return size + 16; }

inline StripPlan winograd_strips(const ConvShape& shape) {
  return StripPlan(shape.batch, ceil_div(shape.height, 4), ceil_div(shape.width, 4),
                   kWinogradTiles);
}

// Strips of the data gradient towards few channels: larger, because each recomputes the windows of
// the rows next to it.
inline StripPlan narrow_strips(const ConvShape& shape) {
  return StripPlan(shape.batch, shape.height / 2, shape.width / 2,
                   shape.height / 2 * (shape.width / 2) <= 8 * kStripPixels
                       ? shape.height / 2 * (shape.width / 2)
                       : 8 * kStripPixels);
}

template <typename T>
struct PackArguments {
  int64_t in_channels;
  int64_t out_channels;
  const T* weight;
  T* packed;
};

template <typename T>
struct ForwardArguments {
  ConvShape shape;
  StripPlan plan;
  const T* x;
  const T* packed;
  T* y;
  Epilogue<T> epilogue;  // bias padded, never null
};

template <typename T>
struct DataGradientArguments {
  ConvShape shape;
  StripPlan plan;
  const T* dy;
  const T* packed;
  T* dx;
  Epilogue<T> epilogue;  // bias padded, never null
};

// How a weight gradient is cut into tasks, by the shape alone: the pixels into `splits` ranges of
// strips, each with its own partial sums, and within a range the gradient into blocks.
struct WeightGradientPlan {
  explicit WeightGradientPlan(const ConvShape& shape)
      : winograd(use_winograd(shape.in_channels, shape.out_channels)),
        strips(winograd ? winograd_strips(shape) : conv_strips(shape)) {
    const int64_t pixels = shape.batch * (shape.height / 2) * (shape.width / 2);
    const int64_t size = 16 * shape.in_channels * shape.out_channels;
    const bool whole = winograd || shape.in_channels <= kNarrowChannels || size <= kWholeSize;
    row_blocks = whole ? 1 : 4;
    block_columns = winograd ? kWinogradColumns : 2 * kWinogradColumns;
    column_blocks = ceil_div(shape.out_channels, block_columns);
    const int64_t rows = 4 * shape.in_channels * padded_columns(shape.out_channels);
    partial_size = winograd ? 9 * winograd_step(rows) : 4 * rows;
    splits = ceil_div(kTasks, row_blocks * column_blocks);
    const auto limit = [&](int64_t most) { splits = splits < most ? splits : most; };
    limit(pixels / kSplitPixels);
    limit(kPartialSize / partial_size);
    limit(strips.count());
    if (splits < 1) splits = 1;
  }

  int64_t tasks() const { return splits * row_blocks * column_blocks; }

  static constexpr int64_t kTasks = 16;             // wanted
  static constexpr int64_t kWholeSize = 32 * 1024;  // up to here kernel rows are not separated
  static constexpr int64_t kSplitPixels = 512;      // a range holds at least so many
  static constexpr int64_t kPartialSize = 1 << 21;  // of all partial sums, elements

  bool winograd;
  StripPlan strips;
  int64_t splits;
  int64_t row_blocks;     // 1, or 4: one a kernel row
  int64_t column_blocks;  // of block_columns output channels, a multiple of every panel width
  int64_t block_columns;
  int64_t partial_size;  // elements of one range's sums
};

template <typename T>
struct WeightGradientArguments {
  ConvShape shape;
  WeightGradientPlan plan;
  const T* x;
  const T* dy;
  T* partial;  // [splits][partial_size]
  T* dw;
};

template <typename T>
struct ProjectArguments {
  int64_t batch;
  int64_t latent;
  int64_t channels;
  const T* x;
  const T* weight;
  const T* dy;
  T* packed;  // forward: the weight's panels, backward: the sums
  T* y;
  T* dw;
  Epilogue<T> epilogue;  // bias padded, never null
};

template <typename T>
struct ScoreArguments {
  int64_t batch;
  int64_t channels;
  const T* x;
  const T* weight;  // reordered to [4][4][channels]
  const T* dy;
  T* y;
  T* dx;
  T* dw;
  Epilogue<T> epilogue;
};

// Throws std::invalid_argument unless the shape is possible.
void check_shape(const char* function, const ConvShape& shape);
void check_positive(const char* function, const char* name, int64_t value);

// The epilogue with its bias padded to whole panels (zeros if there is none), in the calling
// thread's kBias scratch.
template <typename T>
Epilogue<T> pad_bias(const Epilogue<T>& epilogue, int64_t channels);

}  // namespace dcgan::kernels
