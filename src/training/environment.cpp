#include "training/environment.h"

#include <torch/utils.h>

#include <nlohmann/json.hpp>

#include "common/device.h"
#include "common/file.h"
#include "common/version.h"

namespace dcgan {

void write_environment(const std::filesystem::path& path, const TrainOptions& options,
                       const torch::Device& device, const Dataset& dataset) {
  nlohmann::ordered_json document;
  document["dcgan"] = version();
  document["git"] = git_version();
  document["build"] = build_type();
  document["libtorch"] = libtorch_version();
  document["cpu_capability"] = at::get_cpu_capability();
  document["processor"] = describe_device(torch::kCPU);
  document["device"] = describe_device(device);
  document["threads"] = options.threads;
  document["images"] = dataset.size();
  document["data_fingerprint"] = dataset.fingerprint();
  for (const ConfigEntry& entry : options_to_entries(options)) {
    std::visit([&](const auto& value) { document["options"][entry.key] = value; }, entry.value);
  }
  write_atomically(path, document.dump(2) + "\n");
}

}  // namespace dcgan
