#include "evaluation/summary_cache.h"

#include <fmt/format.h>
#include <torch/types.h>
#include <xxhash.h>

#include <cstdlib>
#include <filesystem>

#include "common/error.h"
#include "interchange/safetensors.h"

namespace dcgan {
namespace {

namespace fs = std::filesystem;

fs::path cache_folder() {
  if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache != nullptr && cache[0] == '/') {
    return fs::path(cache) / "dcgan";
  }
  const char* home = std::getenv("HOME");
  return home != nullptr && home[0] == '/' ? fs::path(home) / ".cache" / "dcgan" : fs::path();
}

fs::path file_of(const std::string& data_fingerprint, const FeatureExtractor& features,
                 const EvaluationOptions& options) {
  const fs::path folder = cache_folder();
  if (folder.empty()) return {};
  const std::string key =
      fmt::format("1|{}|{}|{}", data_fingerprint, features.fingerprint(), options.kept);
  const XXH128_hash_t hash = XXH3_128bits(key.data(), key.size());
  return folder / fmt::format("{:016x}{:016x}.safetensors", hash.high64, hash.low64);
}

}  // namespace

std::optional<SetSummary> SummaryCache::find(const std::string& data_fingerprint,
                                             const FeatureExtractor& features,
                                             const EvaluationOptions& options) const {
  const fs::path path = enabled_ ? file_of(data_fingerprint, features, options) : fs::path();
  std::error_code error;
  if (path.empty() || !fs::is_regular_file(path, error)) return {};
  try {
    const TensorFile file = read_safetensors(path);
    const int64_t d = features.dimension();
    SetSummary summary;
    const at::Tensor& mean = file.tensors.at("mean");
    const at::Tensor& scatter = file.tensors.at("scatter");
    summary.features = file.tensors.at("features");
    if (mean.sizes() != at::IntArrayRef{d} || scatter.sizes() != at::IntArrayRef{d, d} ||
        summary.features.dim() != 2 || summary.features.size(1) != d ||
        mean.scalar_type() != torch::kFloat64 || scatter.scalar_type() != torch::kFloat64) {
      return {};
    }
    summary.moments = FeatureMoments(mean, scatter, file.tensors.at("count").item<int64_t>());
    if (features.classes() > 0) summary.class_counts = file.tensors.at("class_counts");
    return summary;
  } catch (const std::exception&) {
    return {};  // a damaged file counts as none
  }
}

void SummaryCache::store(const std::string& data_fingerprint, const FeatureExtractor& features,
                         const EvaluationOptions& options, const SetSummary& summary) const {
  const fs::path path = enabled_ ? file_of(data_fingerprint, features, options) : fs::path();
  if (path.empty()) return;
  TensorFile file;
  file.tensors["mean"] = summary.moments.mean();
  file.tensors["scatter"] = summary.moments.scatter();
  file.tensors["count"] = torch::tensor(summary.moments.count(), torch::kInt64);
  file.tensors["features"] = summary.features;
  if (summary.class_counts.defined()) file.tensors["class_counts"] = summary.class_counts;
  file.metadata = {{"set", summary.name}, {"extractor", features.name()}};
  try {
    fs::create_directories(path.parent_path());
    write_safetensors(path, file);
  } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch)
    // A cache that cannot be written costs time, nothing else.
  }
}

}  // namespace dcgan
