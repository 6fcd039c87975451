#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "interchange/safetensors.h"
#include "models/generator.h"

namespace dcgan {

/// What a checkpoint's metadata says about its networks and its run.
struct CheckpointSummary {
  int64_t step = 0;
  int64_t image_size = 0;
  int64_t channels = 0;
  int64_t nz = 0;
  int64_t ngf = 0;
  int64_t ndf = 0;
  std::string norm_g;
  std::string norm_d;
};

/// Reads the summary from a file's metadata. Throws CheckpointError naming `path` and the entry
/// that is missing or makes no sense: the file is no checkpoint of this program.
CheckpointSummary summarize_checkpoint(const TensorFile& file, const std::filesystem::path& path);

/// The file's metadata entries that `summarize_checkpoint` reads.
std::map<std::string, std::string> describe_checkpoint(const CheckpointSummary& summary);

/// Which of a checkpoint's generators.
enum class GeneratorWeights {
  kBest,     // the averaged one where there is one
  kAverage,  // of a run with --ema
  kRaw,      // the one that was trained
};

/// "ema" or "raw"; empty: kBest. Throws UsageError naming `option`.
GeneratorWeights parse_generator_weights(const std::string& name, const std::string& option);

/// The generator of a checkpoint, ready to sample on `device`. Throws CheckpointError where the
/// file holds no such one.
Generator load_generator(const TensorFile& file, const std::filesystem::path& path,
                         const torch::Device& device,
                         GeneratorWeights weights = GeneratorWeights::kBest);

}  // namespace dcgan
