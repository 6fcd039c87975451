#include "training/checkpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "common/error.h"
#include "common/text.h"
#include "interchange/load_module.h"
#include "training/run_directory.h"

namespace dcgan {
namespace {

namespace fs = std::filesystem;

constexpr const char* kAverage = "generator_ema.";
constexpr const char* kUpdates = "generator_ema_updates";

void add_optimizer(TensorFile& file, const Adam& optimizer, const std::string& prefix) {
  for (size_t i = 0; i < optimizer.names().size(); ++i) {
    file.tensors[prefix + "exp_avg." + optimizer.names()[i]] = optimizer.first_moments()[i];
    file.tensors[prefix + "exp_avg_sq." + optimizer.names()[i]] = optimizer.second_moments()[i];
  }
  file.tensors[prefix + "step"] = torch::tensor(optimizer.steps(), torch::kInt64);
}

TensorFile tensors_of(const Networks& networks) {
  TensorFile file;
  store_module(*networks.generator, "generator.", file);
  store_module(*networks.discriminator, "discriminator.", file);
  if (networks.average) {
    store_module(*networks.average->generator(), kAverage, file);
    file.tensors[kUpdates] = torch::tensor(networks.average->updates(), torch::kInt64);
  }
  add_optimizer(file, networks.optimizer_g, "optimizer_g.");
  add_optimizer(file, networks.optimizer_d, "optimizer_d.");
  return file;
}

const at::Tensor& tensor(const TensorFile& file, const fs::path& path, const std::string& name,
                         torch::IntArrayRef sizes) {
  const auto found = file.tensors.find(name);
  if (found == file.tensors.end() || found->second.sizes() != sizes) {
    throw CheckpointError(fmt::format("{}: {} is missing or has another shape than {}",
                                      path.string(), name, c10::str(sizes)));
  }
  return found->second;
}

void restore_optimizer(Adam& optimizer, const TensorFile& file, const fs::path& path,
                       const std::string& prefix) {
  const torch::NoGradGuard no_grad;
  for (size_t i = 0; i < optimizer.names().size(); ++i) {
    torch::Tensor first = optimizer.first_moments()[i];
    torch::Tensor second = optimizer.second_moments()[i];
    first.copy_(tensor(file, path, prefix + "exp_avg." + optimizer.names()[i], first.sizes()));
    second.copy_(tensor(file, path, prefix + "exp_avg_sq." + optimizer.names()[i], second.sizes()));
  }
  optimizer.set_steps(tensor(file, path, prefix + "step", {}).to(torch::kInt64).item<int64_t>());
}

void restore_average(Networks& networks, const TensorFile& file, const fs::path& path) {
  GeneratorAverage& average = *networks.average;
  if (file.tensors.contains(kUpdates)) {
    load_module(*average.generator(), file, kAverage, path);
    average.set_updates(tensor(file, path, kUpdates, {}).to(torch::kInt64).item<int64_t>());
  } else {
    load_module(*average.generator(), file, "generator.", path);
    average.set_updates(0);
  }
}

}  // namespace

void Progressed::go_on_from(const Progressed& saved) {
  step = saved.step;
  images_seen = saved.images_seen;
  rollbacks = saved.rollbacks;
  best_metric = std::min(best_metric, saved.best_metric);
}

std::string first_not_finite(const Networks& networks) {
  const torch::NoGradGuard no_grad;
  for (const auto& [name, values] : tensors_of(networks).tensors) {
    if (values.is_floating_point() && !values.isfinite().all().item<bool>()) return name;
  }
  return "";
}

CheckpointSummary summary_of(const TrainOptions& options, int64_t step) {
  CheckpointSummary summary;
  summary.step = step;
  summary.image_size = options.image_size;
  summary.channels = options.channels;
  summary.nz = options.nz;
  summary.ngf = options.ngf;
  summary.ndf = options.ndf;
  summary.norm_g = options.norm_g;
  summary.norm_d = options.norm_d;
  return summary;
}

TensorFile checkpoint_of(const Networks& networks, const Progressed& progressed,
                         const TrainOptions& options) {
  TensorFile file = tensors_of(networks);
  file.metadata = describe_checkpoint(summary_of(options, progressed.step));
  file.metadata["config"] = options_to_toml(options);
  file.metadata["images-seen"] = std::to_string(progressed.images_seen);
  file.metadata["data-fingerprint"] = progressed.data_fingerprint;
  file.metadata["data-images"] = std::to_string(progressed.data_images);
  if (progressed.rollbacks > 0) file.metadata["rollbacks"] = std::to_string(progressed.rollbacks);
  if (std::isfinite(progressed.best_metric)) {
    file.metadata["best-metric"] = format_exact(progressed.best_metric);
  }
  return file;
}

TensorFile read_checkpoint(const fs::path& path) {
  try {
    return read_safetensors(path);
  } catch (const UnreadableCheckpoint&) {
    throw;
  } catch (const CheckpointError& error) {
    const fs::path run = path.parent_path().parent_path();
    const int64_t step = step_of_checkpoint(path);
    for (const fs::path& other : RunDirectory::open(run).checkpoints()) {
      if (step_of_checkpoint(other) < step) {
        throw CheckpointError(
            fmt::format("{}; the one before it: {}", error.what(), other.string()));
      }
    }
    throw;
  }
}

std::string data_of(const TensorFile& file) {
  const auto config = file.metadata.find("config");
  if (config == file.metadata.end()) return "";
  try {
    TrainOptions options;
    options_from_toml(config->second, "config", options);
    return options.data;
  } catch (const Error&) {
    return "";  // of a version with other options
  }
}

void restore(Networks& networks, const TensorFile& file, const fs::path& path,
             bool with_optimizers) {
  load_module(*networks.generator, file, "generator.", path);
  load_module(*networks.discriminator, file, "discriminator.", path);
  if (networks.average) restore_average(networks, file, path);
  if (!with_optimizers) return;
  restore_optimizer(networks.optimizer_g, file, path, "optimizer_g.");
  restore_optimizer(networks.optimizer_d, file, path, "optimizer_d.");
}

}  // namespace dcgan
