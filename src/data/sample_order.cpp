#include "data/sample_order.h"

#include <torch/types.h>

#include <algorithm>

#include "models/random.h"

namespace dcgan {

const at::Tensor& SampleOrder::epoch(int64_t number) {
  if (number != cached_epoch_) {
    cached_order_ =
        RandomStream(seed_, "order").substream(static_cast<uint64_t>(number)).permutation(size_);
    cached_epoch_ = number;
  }
  return cached_order_;
}

at::Tensor SampleOrder::batch(int64_t first, int64_t count) {
  std::vector<at::Tensor> pieces;
  while (count > 0) {
    const int64_t offset = first % size_;
    const int64_t piece = std::min(count, size_ - offset);
    pieces.push_back(epoch(first / size_).narrow(0, offset, piece));
    first += piece;
    count -= piece;
  }
  return pieces.size() == 1 ? pieces.front() : torch::cat(pieces);
}

}  // namespace dcgan
