#include "data/loader.h"

#include <c10/core/Allocator.h>
#include <torch/types.h>

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
    ahead_.emplace(
        [this] {
          const int64_t first = next_read_;
          next_read_ += options_.batch_size;
          return dataset_.images(indices(first));
        },
        kBatchesAhead);
  }
}

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
  const at::Tensor images = ahead_ ? ahead_->take() : dataset_.images(indices(first));
  return flipped(images.to(device_), first);
}

}  // namespace dcgan
