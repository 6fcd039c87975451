#include "metrics/torchscript_features.h"

#include <fmt/format.h>
#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/serialization/import.h>
#include <torch/types.h>
#include <xxhash.h>

#include <unordered_map>

#include "common/error.h"
#include "common/file.h"
#include "metrics/torchscript_probe.h"

namespace dcgan {
namespace {

constexpr int64_t kTrialSize = 64;

class TorchscriptFeatures : public FeatureExtractor {
 public:
  explicit TorchscriptFeatures(const std::filesystem::path& path)
      : path_(path), module_(torch::jit::load(path.string(), torch::kCPU)) {
    module_.eval();
    for (const c10::Argument& argument :
         module_.get_method("forward").function().getSchema().arguments()) {
      returns_features_ |= argument.name() == "return_features";
    }
    const std::string bytes = read_text(path, uint64_t{4} << 30);
    fingerprint_ = fmt::format("{:016x}", XXH3_64bits(bytes.data(), bytes.size()));
    dimension_ = run(torch::zeros({2, kTrialSize, kTrialSize, 3}, torch::kUInt8)).size(1);
  }

  std::string name() const override { return path_.filename().string(); }
  std::string fingerprint() const override { return fingerprint_; }
  int64_t dimension() const override { return dimension_; }

  Features extract(const at::Tensor& images) override {
    const at::Tensor values = run(images);
    if (values.size(1) != dimension_ || values.size(0) != images.size(0)) {
      throw CheckpointError(fmt::format("{}: gave features {} for {} images of {}x{}",
                                        path_.string(), c10::str(values.sizes()), images.size(0),
                                        images.size(1), images.size(2)));
    }
    return {values, {}};
  }

 private:
  at::Tensor run(const at::Tensor& images) {
    const torch::NoGradGuard no_grad;
    const at::Tensor input = images.expand({-1, -1, -1, 3}).permute({0, 3, 1, 2}).contiguous();
    std::unordered_map<std::string, c10::IValue> options;
    if (returns_features_) options.emplace("return_features", true);
    const c10::IValue result = module_.forward({input}, options);
    if (!result.isTensor() || result.toTensor().dim() != 2) {
      throw CheckpointError(fmt::format(
          "{}: must map uint8 images [N, 3, H, W] to a matrix [N, D], gave {}", path_.string(),
          result.isTensor() ? c10::str(result.toTensor().sizes()) : result.tagKind()));
    }
    return result.toTensor().to(torch::kFloat32);
  }

  std::filesystem::path path_;
  torch::jit::Module module_;
  bool returns_features_ = false;
  std::string fingerprint_;
  int64_t dimension_ = 0;
};

}  // namespace

std::unique_ptr<FeatureExtractor> load_torchscript_features(const std::filesystem::path& path) {
  return std::make_unique<TorchscriptFeatures>(path);
}

std::unique_ptr<FeatureExtractor> open_torchscript_features(const std::filesystem::path& path,
                                                            const char* option) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) {
    throw UsageError(fmt::format("{} {}: no such file", option, path.string()));
  }
  const std::string problem = problem_of_torchscript(path);
  if (!problem.empty()) {
    throw CheckpointError(fmt::format("{} {}: {}", option, path.string(), problem));
  }
  return load_torchscript_features(path);
}

}  // namespace dcgan
