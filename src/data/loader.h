#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include <cstdint>
#include <optional>

#include "common/read_ahead.h"
#include "data/dataset.h"
#include "data/sample_order.h"

namespace dcgan {

struct LoaderOptions {
  int64_t batch_size = 64;
  uint64_t seed = 0;
  /// Mirror every other image left to right, drawn anew each time it is seen.
  bool flip = false;
  /// Number of images that were seen before: where a resumed run goes on.
  int64_t first_image = 0;
};

/// The batches of a training run, in order: a function of the options and of the set alone, not of
/// threads. A set that is decoded when it is asked for is read ahead, while the caller trains.
class Loader {
 public:
  /// `dataset` must live as long.
  Loader(const Dataset& dataset, const LoaderOptions& options, const c10::Device& device);
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;

  /// The next batch, uint8 [B, H, W, C] on the device. Throws DataError.
  at::Tensor next();

  /// Seconds that next() had to wait for images, all in all.
  double seconds_waited() const { return ahead_ ? ahead_->seconds_waited() : 0; }

 private:
  at::Tensor indices(int64_t first);
  at::Tensor flipped(const at::Tensor& images, int64_t first) const;

  const Dataset& dataset_;
  LoaderOptions options_;
  c10::Device device_;
  SampleOrder order_;
  int64_t next_image_;
  at::Tensor resident_;  // the whole set on the GPU, where it fits
  int64_t next_read_;    // of the reader's thread, if there is one
  std::optional<ReadAhead<at::Tensor>> ahead_;
};

}  // namespace dcgan
