#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>

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
  ~Loader();
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;

  /// The next batch, uint8 [B, H, W, C] on the device. Throws DataError.
  at::Tensor next();

  /// Seconds that next() had to wait for images, all in all.
  double seconds_waited() const { return waited_; }

 private:
  at::Tensor indices(int64_t first);
  at::Tensor flipped(const at::Tensor& images, int64_t first) const;
  at::Tensor take_read_ahead();
  void read_ahead(const std::stop_token& stop);

  const Dataset& dataset_;
  LoaderOptions options_;
  c10::Device device_;
  SampleOrder order_;
  int64_t next_image_;
  double waited_ = 0;
  at::Tensor resident_;  // the whole set on the GPU, where it fits

  // Of the reader's thread; the mutex guards the queue and the failure.
  int64_t next_read_;
  std::deque<at::Tensor> ready_;
  std::exception_ptr failure_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::jthread reader_;
};

}  // namespace dcgan
