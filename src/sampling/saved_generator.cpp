#include "sampling/saved_generator.h"

#include <fmt/format.h>

#include "common/error.h"
#include "common/parse_number.h"
#include "common/text.h"
#include "interchange/load_module.h"

namespace dcgan {
namespace {

// 1: without what 2 brought. 2: a run may have changed its batch size on the way, so that
// images-seen is no longer step times batch-size; data-images; generator_ema.
constexpr int64_t kNewestFormat = 2;

const std::string& entry(const TensorFile& file, const std::filesystem::path& path,
                         const std::string& key) {
  const auto found = file.metadata.find(key);
  if (found == file.metadata.end()) {
    throw CheckpointError(
        fmt::format("{} is no checkpoint of dcgan: its metadata has no '{}'", path.string(), key));
  }
  return found->second;
}

int64_t number(const TensorFile& file, const std::filesystem::path& path, const std::string& key) {
  const std::string& text = entry(file, path, key);
  const int64_t value = parse_number<int64_t>(text).value_or(-1);
  if (value < 0) {
    throw CheckpointError(
        fmt::format("{}: metadata '{}' is '{}', expected a number", path.string(), key, text));
  }
  return value;
}

void check_first_weight(const TensorFile& file, const std::filesystem::path& path,
                        const CheckpointSummary& summary) {
  constexpr const char* kName = "generator.main.0.weight";
  const auto found = file.tensors.find(kName);
  if (found == file.tensors.end()) {
    throw CheckpointError(
        fmt::format("{} holds no generator ({} is missing)", path.string(), kName));
  }
  constexpr int64_t kLargest = 1 << 20;  // keeps the product below from overflowing
  const bool plausible = summary.image_size <= kLargest && summary.ngf <= kLargest;
  const std::vector<int64_t> expected{summary.nz,
                                      plausible ? summary.ngf * summary.image_size / 8 : -1, 4, 4};
  if (found->second.sizes() != expected) {
    throw CheckpointError(fmt::format(
        "{}: {} has shape {}, which does not fit image-size {}, nz {} and ngf {} of its metadata",
        path.string(), kName, c10::str(found->second.sizes()), summary.image_size, summary.nz,
        summary.ngf));
  }
}

std::string prefix_of(GeneratorWeights weights, const TensorFile& file,
                      const std::filesystem::path& path) {
  constexpr const char* kAverage = "generator_ema.";
  const auto next = file.tensors.lower_bound(kAverage);
  const bool averaged = next != file.tensors.end() && next->first.starts_with(kAverage);
  if (weights == GeneratorWeights::kAverage && !averaged) {
    throw CheckpointError(
        fmt::format("{} has no averaged weights: its run was trained without --ema; take raw ones",
                    path.string()));
  }
  return averaged && weights != GeneratorWeights::kRaw ? kAverage : "generator.";
}

}  // namespace

GeneratorWeights parse_generator_weights(const std::string& name, const std::string& option) {
  if (name.empty()) return GeneratorWeights::kBest;
  if (name == "ema") return GeneratorWeights::kAverage;
  if (name == "raw") return GeneratorWeights::kRaw;
  throw UsageError(fmt::format("{} {}: expected ema or raw", option, name));
}

CheckpointSummary summarize_checkpoint(const TensorFile& file, const std::filesystem::path& path) {
  const int64_t format = number(file, path, "dcgan.format");
  if (format > kNewestFormat) {
    throw UnreadableCheckpoint(fmt::format(
        "{} has checkpoint format {}, this program reads up to {}: a newer version wrote it",
        path.string(), format, kNewestFormat));
  }
  CheckpointSummary summary;
  summary.step = number(file, path, "step");
  summary.image_size = number(file, path, "image-size");
  summary.channels = number(file, path, "channels");
  summary.nz = number(file, path, "nz");
  summary.ngf = number(file, path, "ngf");
  summary.ndf = number(file, path, "ndf");
  summary.norm_g = entry(file, path, "norm-g");
  summary.norm_d = entry(file, path, "norm-d");
  // The networks are built from these numbers: a damaged one must not ask for the memory's worth of
  // a network that the file does not hold.
  check_first_weight(file, path, summary);
  return summary;
}

std::map<std::string, std::string> describe_checkpoint(const CheckpointSummary& summary) {
  return {{"dcgan.format", std::to_string(kNewestFormat)},
          {"step", std::to_string(summary.step)},
          {"image-size", std::to_string(summary.image_size)},
          {"channels", std::to_string(summary.channels)},
          {"nz", std::to_string(summary.nz)},
          {"ngf", std::to_string(summary.ngf)},
          {"ndf", std::to_string(summary.ndf)},
          {"norm-g", summary.norm_g},
          {"norm-d", summary.norm_d}};
}

Generator load_generator(const TensorFile& file, const std::filesystem::path& path,
                         const torch::Device& device, GeneratorWeights weights) {
  const CheckpointSummary summary = summarize_checkpoint(file, path);
  try {
    Generator generator(GeneratorOptions()
                            .image_size(summary.image_size)
                            .channels(summary.channels)
                            .nz(summary.nz)
                            .ngf(summary.ngf)
                            .normalization(parse_normalization(summary.norm_g)));
    load_module(*generator, file, prefix_of(weights, file, path), path);
    generator->to(device);
    generator->eval();
    return generator;
  } catch (const c10::ValueError& error) {
    throw CheckpointError(
        fmt::format("{}: {}", path.string(), first_line(error.what_without_backtrace())));
  }
}

}  // namespace dcgan
