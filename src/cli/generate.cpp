#include <fmt/format.h>

#include <cstdio>
#include <memory>

#include "cli/newest_run.h"
#include "cli/values.h"
#include "cli/verbs.h"
#include "common/check_range.h"
#include "common/device.h"
#include "common/error.h"
#include "data/output_path.h"
#include "models/fold_batch_norm.h"
#include "report/grid.h"
#include "report/image_file.h"
#include "sampling/latents.h"
#include "sampling/sampler.h"
#include "sampling/saved_generator.h"
#include "sampling/seeds.h"
#include "sampling/statistics.h"
#include "training/checkpoint.h"

namespace dcgan {
namespace {

struct GenerateArguments {
  std::string checkpoint;
  int64_t rows = 8;
  int64_t cols = 8;
  int64_t seed = 0;
  std::string seeds;
  std::string out = "generated.png";
  std::string statistics = "running";
  std::string weights;
  int64_t standing_batches = 16;
  int64_t batch_size = 64;
  std::string device = "auto";
  int64_t threads = 0;
};

void check(const GenerateArguments& a) {
  constexpr int64_t kMost = 1000;
  check_range("rows", a.rows, 1, kMost);
  check_range("cols", a.cols, 1, kMost);
  if (a.seed < 0) throw UsageError(fmt::format("--seed {}: expected 0 or above", a.seed));
  check_range("threads", a.threads, 0, 4096);
  constexpr int64_t kLargestBatch = 1 << 20;
  check_range("batch-size", a.batch_size, 1, kLargestBatch);
  check_range("standing-batches", a.standing_batches, 1, kLargestBatch);
  check_image_path(a.out);
}

at::Tensor sample(Generator generator, const at::Tensor& latents, const GenerateArguments& a) {
  const SamplingStatistics statistics = parse_sampling_statistics(a.statistics, "--statistics");
  if (statistics == SamplingStatistics::kBatch) {
    return sample_with_batch_statistics(generator, latents, a.batch_size);
  }
  if (statistics == SamplingStatistics::kStanding) {
    set_standing_statistics(generator, a.standing_batches, a.batch_size);
  }
  if (generator->options.normalization() != Normalization::kBatch) {
    return sample_images(generator, latents);  // nothing to fold
  }
  Generator folded = fold_batch_norm(generator);
  return sample_images(folded, latents);
}

int run_generate(const GenerateArguments& a) {
  check(a);
  const GeneratorWeights weights = parse_generator_weights(a.weights, "--weights");
  const std::vector<uint64_t> seeds =
      a.seeds.empty() ? seed_range(static_cast<uint64_t>(a.seed), a.rows * a.cols)
                      : parse_seeds(a.seeds, "--seeds");
  const torch::Device device = open_device(a.device);
  set_threads(a.threads);
  const std::filesystem::path path = find_checkpoint(a.checkpoint);
  const TensorFile file = read_checkpoint(path);
  check_outside_data(a.out, "--out", data_of(file));
  Generator generator = load_generator(file, path, device, weights);
  const auto count = static_cast<int64_t>(seeds.size());
  const int64_t columns = std::min(a.cols, count);
  const int64_t side = generator->options.image_size();
  const GridSize size = grid_size(count, side, side, columns);
  check_image_size(a.out, size.height, size.width, generator->options.channels());
  const at::Tensor images = sample(generator, latents_of_seeds(seeds, generator->options.nz()), a);
  write_image(a.out, make_grid(images, columns));
  std::printf("%s: %ld image%s of %s\n", a.out.c_str(), count, count == 1 ? "" : "s", path.c_str());
  return static_cast<int>(ExitCode::kDone);
}

}  // namespace

void add_generate(CLI::App& app, Verb& chosen) {
  CLI::App* verb = app.add_subcommand("generate", "Draw a grid of images from a checkpoint");
  auto a = std::make_shared<GenerateArguments>();
  verb->add_option("checkpoint", a->checkpoint,
                   "checkpoint file or run folder (default: the newest)");
  CLI::Option* rows = add_value(*verb, "--rows", a->rows, "rows of the grid");
  add_value(*verb, "--cols", a->cols, "columns of the grid");
  CLI::Option* seed = add_value(*verb, "--seed", a->seed,
                                "seed of the first image; the next image has the next seed");
  verb->add_option("--seeds", a->seeds, "one image for each of these seeds: 5, 5-68 or 0,1,7-9")
      ->excludes(rows, seed);
  verb->add_option("--out", a->out, "picture to write, .png or .jpg")
      ->capture_default_str()
      ->take_last();
  verb->add_option(
          "--statistics", a->statistics,
          "of batch norm: running; standing (averaged anew over --standing-batches); batch "
          "(of the images drawn together, which then depend on each other)")
      ->capture_default_str()
      ->take_last();
  add_value(*verb, "--weights", a->weights,
            "ema (averaged, of a run with --ema) or raw; empty: averaged where there are such");
  add_value(*verb, "--standing-batches", a->standing_batches, "batches for --statistics standing");
  add_value(*verb, "--batch-size", a->batch_size,
            "images a batch for --statistics standing and batch");
  verb->add_option("--device", a->device, "auto, cpu, cuda or cuda:N")
      ->capture_default_str()
      ->take_last();
  add_value(*verb, "--threads", a->threads, "threads for the mathematics; 0: one per processor");
  verb->footer(
      "Example: dcgan generate runs/00000-digits-batch --rows 4 --cols 8 --out digits.png");
  verb->callback([a, &chosen] { chosen = [a] { return run_generate(*a); }; });
}

}  // namespace dcgan
