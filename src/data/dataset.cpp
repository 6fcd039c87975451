#include "data/dataset.h"

#include <fmt/format.h>
#include <torch/types.h>
#include <xxhash.h>

namespace dcgan {

MemoryDataset::MemoryDataset(std::string name, const at::Tensor& images, SourceInfo source,
                             std::vector<std::string> remarks)
    : name_(std::move(name)),
      images_(images.contiguous()),
      source_(std::move(source)),
      remarks_(std::move(remarks)) {
  TORCH_INTERNAL_ASSERT(images_.dim() == 4 && images_.scalar_type() == torch::kUInt8 &&
                        images_.size(1) == images_.size(2));
}

at::Tensor MemoryDataset::images(const at::Tensor& indices) const {
  return images_.index_select(0, indices);
}

std::string MemoryDataset::fingerprint() const {
  const XXH128_hash_t hash = XXH3_128bits(images_.data_ptr(), images_.nbytes());
  return fmt::format("{}x{}x{}x{}:{:016x}{:016x}", size(), image_size(), image_size(), channels(),
                     hash.high64, hash.low64);
}

at::Tensor to_network_range(const at::Tensor& images) {
  return images.permute({0, 3, 1, 2}).to(torch::kFloat32).div_(127.5).sub_(1.0).contiguous();
}

}  // namespace dcgan
