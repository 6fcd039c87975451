#include "interchange/load_module.h"

#include <fmt/format.h>
#include <torch/types.h>

#include "common/error.h"

namespace dcgan {

void load_module(torch::nn::Module& module, const TensorFile& file, const std::string& prefix,
                 const std::filesystem::path& path) {
  const torch::NoGradGuard no_grad;
  const auto load = [&](const std::string& name, torch::Tensor& target) {
    const auto found = file.tensors.find(prefix + name);
    if (found == file.tensors.end()) {
      throw CheckpointError(fmt::format("{} lacks the tensor {}{}: it is of another architecture",
                                        path.string(), prefix, name));
    }
    if (found->second.sizes() != target.sizes()) {
      throw CheckpointError(fmt::format("{}: {}{} has shape {}, this network needs {}",
                                        path.string(), prefix, name,
                                        c10::str(found->second.sizes()), c10::str(target.sizes())));
    }
    target.copy_(found->second);
  };
  for (auto& item : module.named_parameters()) load(item.key(), item.value());
  for (auto& item : module.named_buffers()) load(item.key(), item.value());
}

void store_module(const torch::nn::Module& module, const std::string& prefix, TensorFile& file) {
  for (const auto& item : module.named_parameters()) {
    file.tensors[prefix + item.key()] = item.value().detach().contiguous();
  }
  for (const auto& item : module.named_buffers()) {
    file.tensors[prefix + item.key()] = item.value().contiguous();
  }
}

}  // namespace dcgan
