#include "data/loader.h"

#include <c10/core/Allocator.h>
#include <torch/types.h>

#include <chrono>

#include "models/random.h"

namespace dcgan {
namespace {

constexpr size_t kBatchesAhead = 3;

// The images on a GPU, if they fit: then no step waits for one to be sent. Undefined elsewhere.
at::Tensor resident_images(const Dataset& dataset, const c10::Device& device) {
  constexpr int64_t kMost = int64_t{4} << 30;
  const int64_t bytes =
      dataset.size() * dataset.image_size() * dataset.image_size() * dataset.channels();
  if (!device.is_cuda() || !dataset.in_memory() || bytes > kMost) return {};
  try {
    return dataset.images(torch::arange(dataset.size())).to(device);
  } catch (const c10::OutOfMemoryError&) {
    return {};
  }
}

}  // namespace

Loader::Loader(const Dataset& dataset, const LoaderOptions& options, const c10::Device& device)
    : dataset_(dataset),
      options_(options),
      device_(device),
      order_(dataset.size(), options.seed),
      next_image_(options.first_image),
      resident_(resident_images(dataset, device)),
      next_read_(options.first_image) {
  if (!dataset.in_memory()) {
    reader_ = std::jthread([this](const std::stop_token& stop) { read_ahead(stop); });
  }
}

Loader::~Loader() = default;

at::Tensor Loader::indices(int64_t first) { return order_.batch(first, options_.batch_size); }

at::Tensor Loader::flipped(const at::Tensor& images, int64_t first) const {
  if (!options_.flip) return images;
  // A function of the image's place in the stream, so a resume needs no state.
  const RandomStream random(options_.seed, "flip");
  at::Tensor mirror = torch::empty({images.size(0), 1, 1, 1}, torch::kBool);
  for (int64_t i = 0; i < images.size(0); ++i) {
    constexpr int kTopBit = 63;
    mirror.mutable_data_ptr<bool>()[i] =
        random.substream(static_cast<uint64_t>(first + i)).key() >> kTopBit != 0;
  }
  constexpr int64_t kWidth = 2;
  return torch::where(mirror.to(images.device()), images.flip(kWidth), images);
}

at::Tensor Loader::next() {
  const int64_t first = next_image_;
  next_image_ += options_.batch_size;
  if (resident_.defined()) {
    const at::Tensor chosen = indices(first).to(device_, /*non_blocking=*/true);
    return flipped(resident_.index_select(0, chosen), first);
  }
  const at::Tensor images =
      reader_.joinable() ? take_read_ahead() : dataset_.images(indices(first));
  return flipped(images.to(device_), first);
}

at::Tensor Loader::take_read_ahead() {
  using Clock = std::chrono::steady_clock;
  const auto start = Clock::now();
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !ready_.empty() || failure_; });
  waited_ += std::chrono::duration<double>(Clock::now() - start).count();
  if (ready_.empty()) std::rethrow_exception(failure_);
  at::Tensor images = std::move(ready_.front());
  ready_.pop_front();
  changed_.notify_all();
  return images;
}

void Loader::read_ahead(const std::stop_token& stop) {
  try {
    while (!stop.stop_requested()) {
      at::Tensor images = dataset_.images(indices(next_read_));
      next_read_ += options_.batch_size;
      std::unique_lock lock(mutex_);
      changed_.wait(lock, stop, [this] { return ready_.size() < kBatchesAhead; });
      ready_.push_back(std::move(images));
      changed_.notify_all();
    }
  } catch (...) {
    const std::lock_guard lock(mutex_);
    failure_ = std::current_exception();
    changed_.notify_all();
  }
}

}  // namespace dcgan
