#include "metrics/torchscript_features.h"

#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/serialization/import.h>
#include <torch/types.h>
#include <unistd.h>
#include <xxhash.h>

#include <cstdio>
#include <unordered_map>

#include "common/error.h"
#include "common/file.h"
#include "common/text.h"
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

// Runs this program on the file and returns what is wrong with it, or nothing.
std::string problem_in_child(const std::filesystem::path& path) {
  int ends[2];
  if (::pipe(ends) != 0) return "no pipe could be made";
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
  ::posix_spawn_file_actions_addclose(&actions, ends[0]);
  const std::string program = executable_path().string();
  const std::string file = path.string();
  std::vector<char*> arguments{const_cast<char*>(program.c_str()),         // NOLINT
                               const_cast<char*>(kProbeTorchscript),       // NOLINT
                               const_cast<char*>(file.c_str()), nullptr};  // NOLINT
  pid_t child = 0;
  const int failed =
      ::posix_spawn(&child, program.c_str(), &actions, nullptr, arguments.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  std::string text;
  char buffer[4096];
  for (ssize_t n = 0; failed == 0 && (n = ::read(ends[0], buffer, sizeof(buffer))) > 0;) {
    if (text.size() < 100'000) text.append(buffer, static_cast<size_t>(n));
  }
  ::close(ends[0]);
  if (failed != 0) return "no child process could be started";
  int status = 0;
  ::waitpid(child, &status, 0);
  if (WIFSIGNALED(status)) return fmt::format("loading it crashes (signal {})", WTERMSIG(status));
  if (WEXITSTATUS(status) == 0) return "";
  const std::string reason = printable(first_line(text));
  return reason.empty() ? "it cannot be loaded" : reason;
}

}  // namespace

std::unique_ptr<FeatureExtractor> open_torchscript_features(const std::filesystem::path& path,
                                                            const char* option) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) {
    throw UsageError(fmt::format("{} {}: no such file", option, path.string()));
  }
  const std::string problem = problem_in_child(path);
  if (!problem.empty()) {
    throw CheckpointError(fmt::format("{} {}: {}", option, path.string(), problem));
  }
  return std::make_unique<TorchscriptFeatures>(path);
}

int probe_torchscript(const std::filesystem::path& path) {
  try {
    TorchscriptFeatures features(path);
    return 0;
  } catch (const c10::Error& error) {
    std::fprintf(stderr, "no TorchScript module that can be loaded (%s)\n",
                 first_line(error.what_without_backtrace()).substr(0, 200).c_str());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", first_line(error.what()).substr(0, 300).c_str());
  }
  return 1;
}

}  // namespace dcgan
