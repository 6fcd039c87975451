#include "training/environment.h"

#include <torch/utils.h>

#include <nlohmann/json.hpp>

#include "common/device.h"
#include "common/file.h"
#include "common/version.h"

namespace dcgan {

void write_environment(const std::filesystem::path& path, const torch::Device& device, int threads,
                       const std::string& data_fingerprint, int64_t images) {
  nlohmann::ordered_json document;
  document["dcgan"] = version();
  document["git"] = git_version();
  document["build"] = build_type();
  document["libtorch"] = libtorch_version();
  document["cpu_capability"] = at::get_cpu_capability();
  document["device"] = describe_device(device);
  document["threads"] = threads;
  document["images"] = images;
  document["data_fingerprint"] = data_fingerprint;
  write_atomically(path, document.dump(2) + "\n");
}

}  // namespace dcgan
