#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "data/open.h"
#include "interchange/safetensors.h"
#include "metrics/evaluation.h"
#include "sampling/statistics.h"
#include "training/options.h"

namespace dcgan {

/// One of the sets that dcgan evaluate compares: a data set, or what a checkpoint's generator
/// draws.
struct ComparedSet {
  ImageSource source;
  std::string default_features = "random";
  std::string data_fingerprint;      // of a data set; empty for a generator
  std::vector<std::string> remarks;  // what was left out of it
  int64_t image_size = 0;
  int64_t channels = 0;
  // Of a checkpoint
  std::shared_ptr<TensorFile> checkpoint;
  std::filesystem::path checkpoint_path;
};

/// The checkpoint that the words mean, if they mean one: a file, or the newest of a run's folder.
/// Throws CheckpointError for a run without any.
std::optional<std::filesystem::path> named_checkpoint(const std::string& what);

/// How images are drawn from a checkpoint.
struct CheckpointSampling {
  int64_t samples;
  SamplingStatistics statistics;
  std::string device;
};

/// Throws CheckpointError; UsageError for a device that is not there.
ComparedSet open_checkpoint(const std::filesystem::path& path, const CheckpointSampling& sampling);

/// `picture`: a file that will be written, which must not lie in the set; empty: none. Throws
/// Error.
ComparedSet open_data(const std::string& name, const DatasetOptions& options,
                      const std::filesystem::path& picture);

/// The options that the checkpoint of `set` was trained with. Throws UsageError where it does not
/// say.
TrainOptions training_options(const ComparedSet& set);

}  // namespace dcgan
