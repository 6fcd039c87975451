#include "evaluation/compared_set.h"

#include <fmt/format.h>
#include <torch/types.h>

#include "common/device.h"
#include "common/error.h"
#include "common/file.h"
#include "data/output_path.h"
#include "sampling/latents.h"
#include "sampling/sampler.h"
#include "sampling/saved_generator.h"
#include "training/checkpoint.h"
#include "training/run_directory.h"
#include "training/run_evaluator.h"

namespace dcgan {

namespace fs = std::filesystem;

std::optional<fs::path> named_checkpoint(const std::string& what) {
  std::error_code error;
  if (lower_extension(what) == ".safetensors") return what;
  if (!fs::is_directory(fs::path(what) / "checkpoints", error)) return {};
  return RunDirectory::open(what).newest_checkpoint();
}

ComparedSet open_checkpoint(const fs::path& path, const CheckpointSampling& sampling) {
  ComparedSet set;
  set.checkpoint = std::make_shared<TensorFile>(read_checkpoint(path));
  set.checkpoint_path = path;
  const CheckpointSummary summary = summarize_checkpoint(*set.checkpoint, path);
  set.image_size = summary.image_size;
  set.channels = summary.channels;
  auto generator = std::make_shared<Generator>(
      load_generator(*set.checkpoint, path, open_device(sampling.device)));
  if (sampling.statistics == SamplingStatistics::kStanding) {
    set_standing_statistics(*generator, /*batches=*/100, /*batch_size=*/64);
  }
  const bool of_batch = sampling.statistics == SamplingStatistics::kBatch;
  set.source = {path.string(), sampling.samples,
                [generator, of_batch, nz = summary.nz](int64_t first, int64_t count) {
                  const at::Tensor latents =
                      latents_of_seeds(seed_range(static_cast<uint64_t>(first), count), nz);
                  return of_batch ? sample_with_batch_statistics(*generator, latents, 64)
                                  : sample_images(*generator, latents);
                }};
  return set;
}

ComparedSet open_data(const std::string& name, const DatasetOptions& options,
                      const fs::path& picture) {
  if (!picture.empty()) check_output_path(picture, "--neighbours", name);
  std::shared_ptr<Dataset> dataset = open_dataset(name, options);
  ComparedSet set;
  set.default_features = default_features(*dataset);
  set.image_size = dataset->image_size();
  set.channels = dataset->channels();
  set.data_fingerprint = dataset->fingerprint();
  for (const std::string& remark : dataset->remarks()) {
    set.remarks.push_back(fmt::format("{}: {}", name, remark));
  }
  set.source = {name, dataset->size(), [dataset](int64_t first, int64_t count) {
                  return dataset->images(torch::arange(first, first + count));
                }};
  return set;
}

TrainOptions training_options(const ComparedSet& set) {
  const auto found = set.checkpoint->metadata.find("config");
  if (found == set.checkpoint->metadata.end()) {
    throw UsageError("--data: name the set to compare with");
  }
  TrainOptions options;
  options_from_toml(found->second, set.checkpoint_path.string(), options);
  return options;
}

}  // namespace dcgan
