#include "training/checkpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "common/error.h"
#include "common/text.h"
#include "interchange/load_module.h"
#include "sampling/saved_generator.h"

namespace dcgan {
namespace {

namespace fs = std::filesystem;

constexpr const char* kAverage = "generator_ema.";
constexpr const char* kUpdates = "generator_ema_updates";

void add_module(TensorFile& file, const torch::nn::Module& module, const std::string& prefix) {
  for (const auto& item : module.named_parameters())
    file.tensors[prefix + item.key()] = item.value();
  for (const auto& item : module.named_buffers()) file.tensors[prefix + item.key()] = item.value();
}

void add_optimizer(TensorFile& file, const Adam& optimizer, const std::string& prefix) {
  for (size_t i = 0; i < optimizer.names().size(); ++i) {
    file.tensors[prefix + "exp_avg." + optimizer.names()[i]] = optimizer.first_moments()[i];
    file.tensors[prefix + "exp_avg_sq." + optimizer.names()[i]] = optimizer.second_moments()[i];
  }
  file.tensors[prefix + "step"] = torch::tensor(optimizer.steps(), torch::kInt64);
}

TensorFile tensors_of(const Networks& networks) {
  TensorFile file;
  add_module(file, *networks.generator, "generator.");
  add_module(file, *networks.discriminator, "discriminator.");
  if (networks.average) {
    add_module(file, *networks.average->generator(), kAverage);
    file.tensors[kUpdates] = torch::tensor(networks.average->updates(), torch::kInt64);
  }
  add_optimizer(file, networks.optimizer_g, "optimizer_g.");
  add_optimizer(file, networks.optimizer_d, "optimizer_d.");
  return file;
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

const at::Tensor& tensor(const ResumePoint& point, const std::string& name,
                         torch::IntArrayRef sizes) {
  const auto found = point.file.tensors.find(name);
  if (found == point.file.tensors.end() || found->second.sizes() != sizes) {
    throw CheckpointError(fmt::format("{}: {} is missing or has another shape than {}",
                                      point.checkpoint.string(), name, c10::str(sizes)));
  }
  return found->second;
}

void restore_optimizer(Adam& optimizer, const ResumePoint& point, const std::string& prefix) {
  const torch::NoGradGuard no_grad;
  for (size_t i = 0; i < optimizer.names().size(); ++i) {
    torch::Tensor first = optimizer.first_moments()[i];
    torch::Tensor second = optimizer.second_moments()[i];
    first.copy_(tensor(point, prefix + "exp_avg." + optimizer.names()[i], first.sizes()));
    second.copy_(tensor(point, prefix + "exp_avg_sq." + optimizer.names()[i], second.sizes()));
  }
  optimizer.set_steps(tensor(point, prefix + "step", {}).to(torch::kInt64).item<int64_t>());
}

void restore_average(Networks& networks, const ResumePoint& point) {
  GeneratorAverage& average = *networks.average;
  if (point.file.tensors.contains(kUpdates)) {
    load_module(*average.generator(), point.file, kAverage, point.checkpoint);
    average.set_updates(tensor(point, kUpdates, {}).to(torch::kInt64).item<int64_t>());
  } else {
    load_module(*average.generator(), point.file, "generator.", point.checkpoint);
    average.set_updates(0);
  }
}

const std::string& metadata(const TensorFile& file, const fs::path& path, const std::string& key) {
  const auto found = file.metadata.find(key);
  if (found == file.metadata.end()) {
    throw CheckpointError(
        fmt::format("{} cannot be resumed: its metadata has no '{}'", path.string(), key));
  }
  return found->second;
}

// Sets `value` to the entry `key`, if there is one.
template <typename Number>
void read_number(const TensorFile& file, const fs::path& path, const std::string& key,
                 Number& value) {
  const auto found = file.metadata.find(key);
  if (found == file.metadata.end()) return;
  const std::string& text = found->second;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    throw CheckpointError(
        fmt::format("{}: {} is '{}', expected a number", path.string(), key, text));
  }
}

ResumePoint read_resume_point(const RunDirectory& run, const fs::path& path) {
  ResumePoint point{run, path, read_safetensors(path), {}, {}, false, {}};
  const CheckpointSummary summary = summarize_checkpoint(point.file, path);
  point.progressed.step = summary.step;
  metadata(point.file, path, "images-seen");
  read_number(point.file, path, "images-seen", point.progressed.images_seen);
  point.progressed.data_fingerprint = metadata(point.file, path, "data-fingerprint");
  read_number(point.file, path, "data-images", point.progressed.data_images);
  read_number(point.file, path, "best-metric", point.progressed.best_metric);
  read_number(point.file, path, "rollbacks", point.progressed.rollbacks);
  try {
    options_from_toml(metadata(point.file, path, "config"), "config", point.options);
    validate(point.options);
  } catch (const UsageError& wrong) {
    throw CheckpointError(fmt::format("{}: {}", path.string(), wrong.what()));
  }
  // The metadata says some things twice; where the two differ it was tampered with.
  const TrainOptions& o = point.options;
  // A run may have changed its batch size on the way.
  constexpr int64_t kUnbounded = int64_t{1} << 53;
  const int64_t seen = point.progressed.images_seen;
  const bool consistent =
      describe_checkpoint(summary) == describe_checkpoint(summary_of(o, summary.step)) &&
      summary.step <= seen && seen <= kUnbounded && (summary.step > 0) == (seen > 0);
  if (!consistent) {
    throw CheckpointError(fmt::format(
        "{}: its metadata contradicts itself (config, sizes, step or images-seen)", path.string()));
  }
  return point;
}

[[noreturn]] void fail_without_checkpoint(const RunDirectory& run) {
  std::error_code error;
  throw CheckpointError(
      fmt::format("--resume {}: {}{}", run.path().string(), run.why_without_checkpoint(),
                  fs::exists(run.config(), error)
                      ? fmt::format("; start anew with: dcgan train --config {} --out FOLDER",
                                    shell_quoted(run.config().string()))
                      : ""));
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

ResumePoint resume_point_of(const RunDirectory& run) {
  const auto paths = run.checkpoints();
  if (paths.empty()) fail_without_checkpoint(run);
  std::vector<std::string> warnings;
  for (size_t i = 0;; ++i) {
    try {
      ResumePoint point = read_resume_point(run, paths[i]);
      point.warnings = std::move(warnings);
      return point;
    } catch (const CheckpointError& error) {
      if (i + 1 == paths.size()) throw;
      warnings.push_back(fmt::format("{}; going on from {}", error.what(), paths[i + 1].string()));
    }
  }
}

ResumePoint find_resume_point(const std::string& where) {
  if (where == "latest") {
    const auto run = newest_run();
    if (!run) throw UsageError("--resume latest: no run with a checkpoint below runs/");
    return resume_point_of(*run);
  }
  std::error_code error;
  if (fs::is_directory(where, error)) {
    return resume_point_of(RunDirectory::open(where));
  }
  if (!fs::exists(where, error)) {
    throw CheckpointError(fmt::format("--resume {}: no such run folder or checkpoint", where));
  }
  const fs::path path(where);
  // runs/00007-digits/checkpoints/000500.safetensors belongs to runs/00007-digits.
  const fs::path run = (path.parent_path() / "..").lexically_normal();
  ResumePoint point = read_resume_point(RunDirectory::open(run.empty() ? "." : run), path);
  point.named = true;
  return point;
}

void restore(Networks& networks, const ResumePoint& point, bool with_optimizers) {
  load_module(*networks.generator, point.file, "generator.", point.checkpoint);
  load_module(*networks.discriminator, point.file, "discriminator.", point.checkpoint);
  if (networks.average) restore_average(networks, point);
  if (!with_optimizers) return;
  restore_optimizer(networks.optimizer_g, point, "optimizer_g.");
  restore_optimizer(networks.optimizer_d, point, "optimizer_d.");
}

}  // namespace dcgan
