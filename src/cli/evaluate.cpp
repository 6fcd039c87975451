#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <memory>

#include "cli/newest_run.h"
#include "cli/values.h"
#include "cli/verbs.h"
#include "common/check_range.h"
#include "common/device.h"
#include "common/error.h"
#include "data/open.h"
#include "evaluation/evaluate_sets.h"
#include "report/image_file.h"
#include "training/digits_features.h"

namespace dcgan {
namespace {

struct EvaluateArguments {
  EvaluateRequest request;
  std::string statistics = "running";
  std::string neighbours;
  std::string train_features;
  int64_t threads = 0;
  bool no_cache = false;
  bool json = false;
};

// Found before the work, not after it.
void check_folder_of(const std::filesystem::path& picture) {
  std::error_code error;
  const auto folder =
      picture.has_parent_path() ? picture.parent_path() : std::filesystem::path(".");
  if (!std::filesystem::is_directory(folder, error)) {
    throw UsageError(
        fmt::format("--neighbours {}: no folder {}", picture.string(), folder.string()));
  }
}

int run_evaluate(const EvaluateArguments& a) {
  check_range("threads", a.threads, 0, 4096);
  set_threads(a.threads);
  if (!a.train_features.empty()) {
    std::printf("held-out accuracy %.4f: %s\n", train_digits_features(a.train_features),
                a.train_features.c_str());
    return static_cast<int>(ExitCode::kDone);
  }
  EvaluateRequest request = a.request;
  constexpr int64_t kMany = 100'000'000;
  check_range("samples", request.samples, 2, kMany);
  check_range("pixel-images", request.pixel_images, 0, kMany);
  if (request.pixel_images == 1) {
    throw UsageError("--pixel-images 1: expected 0, or 2 and more: one image has no deviation");
  }
  check_range("kid-subsets", request.options.kid_subsets, 1, kMany);
  check_range("kid-subset-size", request.options.kid_subset_size, 2, kMany);
  check_range("image-size", request.image_size, request.image_size == 0 ? 0 : 8, 1024);
  check_channels(request.channels);
  request.statistics = parse_sampling_statistics(a.statistics, "--statistics");
  request.neighbours = a.neighbours;
  if (!a.neighbours.empty()) {
    check_image_path(a.neighbours, "--neighbours");
    check_folder_of(a.neighbours);
  }
  request.cache = !a.no_cache;
  if (request.generated.empty()) request.generated = find_checkpoint("").string();
  const EvaluateResult result = evaluate_sets(request);
  if (a.json) {
    std::printf("%s\n", evaluation_to_json(result).c_str());
  } else {
    std::printf("%s against %s\n%s", result.generated.c_str(), result.real.c_str(),
                format_evaluation(result).c_str());
    if (result.neighbour_distance) {
      std::printf("generated images, each above its nearest real one: %s\n", a.neighbours.c_str());
    }
  }
  return static_cast<int>(ExitCode::kDone);
}

}  // namespace

void add_evaluate(CLI::App& app, Verb& chosen) {
  CLI::App* verb = app.add_subcommand(
      "evaluate", "Measure how far a generator's images are from real ones (FID, KID, ...)");
  auto a = std::make_shared<EvaluateArguments>();
  EvaluateRequest& r = a->request;
  verb->add_option("generated", r.generated,
                   "checkpoint, run folder, folder of pictures or data set (default: the newest "
                   "run)");
  add_value(*verb, "--data", r.real,
            "what to compare with: the same kinds (default: the data of the run)");
  add_value(*verb, "--features", r.features,
            "digits, stacked-digits, random, or a TorchScript file .pt from uint8 images "
            "[N, 3, H, W] to [N, D] (default: digits for digits, else random)");
  add_value(*verb, "--samples", r.samples, "images drawn from a checkpoint");
  add_value(*verb, "--statistics", a->statistics,
            "of batch norm while drawing: running, standing or batch");
  add_value(*verb, "--kid-subsets", r.options.kid_subsets, "subsets that KID averages over");
  add_value(*verb, "--kid-subset-size", r.options.kid_subset_size, "images in each of them");
  add_value(*verb, "--image-size", r.image_size,
            "side of pictures from folders, where the other set does not say (default: 64)");
  add_value(*verb, "--channels", r.channels, "of pictures from folders: 1 to 4 (default: 3)");
  verb->add_flag("--fid-only", r.fid_only, "no other distance than FID");
  add_value(*verb, "--pixel-images", r.pixel_images,
            "images of either set for SWD and MS-SSIM; 0 leaves these out");
  add_value(*verb, "--held-out", r.held_out,
            "a set that the discriminator never saw: its loss there shows overfitting");
  add_value(*verb, "--neighbours", a->neighbours,
            "picture of generated images above their nearest real ones, .png or .jpg");
  add_value(*verb, "--device", r.device, "auto, cpu, cuda or cuda:N");
  add_value(*verb, "--threads", a->threads, "threads for the mathematics; 0: one per processor");
  verb->add_flag("--no-cache", a->no_cache, "compute the features of data sets anew");
  verb->add_flag("--json", a->json, "one JSON object");
  verb->add_flag("--quiet", r.quiet, "no progress");
  add_value(*verb, "--train-features", a->train_features,
            "instead: train the classifier behind the features 'digits' and write it to this file");
  verb->footer("Example: dcgan evaluate runs/00000-digits-batch --samples 5000");
  verb->callback([a, &chosen] { chosen = [a] { return run_evaluate(*a); }; });
}

}  // namespace dcgan
