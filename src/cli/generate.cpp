#include <fmt/format.h>

#include <cstdio>
#include <memory>

#include "cli/newest_run.h"
#include "cli/verbs.h"
#include "common/device.h"
#include "common/error.h"
#include "report/grid.h"
#include "report/image_file.h"
#include "sampling/latents.h"
#include "sampling/sampler.h"
#include "sampling/saved_generator.h"

namespace dcgan {
namespace {

struct Arguments {
  std::string checkpoint;
  int64_t rows = 8;
  int64_t cols = 8;
  int64_t seed = 0;
  std::string seeds;
  std::string out = "generated.png";
  std::string device = "auto";
  int64_t threads = 0;
};

void check(const Arguments& a) {
  constexpr int64_t kMost = 1000;
  for (const auto& [name, value] : {std::pair{"rows", a.rows}, std::pair{"cols", a.cols}}) {
    if (value < 1 || value > kMost) {
      throw UsageError(fmt::format("--{} {}: expected 1 to {}", name, value, kMost));
    }
  }
  if (a.seed < 0) throw UsageError(fmt::format("--seed {}: expected 0 or above", a.seed));
  if (a.threads < 0) throw UsageError(fmt::format("--threads {}: expected 0 or above", a.threads));
  check_image_path(a.out);
}

int run_generate(const Arguments& a) {
  check(a);
  const std::vector<uint64_t> seeds =
      a.seeds.empty() ? seed_range(static_cast<uint64_t>(a.seed), a.rows * a.cols)
                      : parse_seeds(a.seeds, "--seeds");
  const torch::Device device = open_device(a.device);
  set_threads(a.threads);
  const std::filesystem::path path = find_checkpoint(a.checkpoint);
  Generator generator = load_generator(read_safetensors(path), path, device);
  const at::Tensor images =
      sample_images(generator, latents_of_seeds(seeds, generator->options.nz()));
  const auto count = static_cast<int64_t>(seeds.size());
  write_image(a.out, make_grid(images, std::min(a.cols, count)));
  std::printf("%s: %ld image%s of %s\n", a.out.c_str(), count, count == 1 ? "" : "s", path.c_str());
  return static_cast<int>(ExitCode::kDone);
}

}  // namespace

void add_generate(CLI::App& app, Verb& chosen) {
  CLI::App* verb = app.add_subcommand("generate", "Draw a grid of images from a checkpoint");
  auto a = std::make_shared<Arguments>();
  verb->add_option("checkpoint", a->checkpoint,
                   "checkpoint file or run folder (default: the newest)");
  verb->add_option("--rows", a->rows, "rows of the grid")->capture_default_str()->take_last();
  verb->add_option("--cols", a->cols, "columns of the grid")->capture_default_str()->take_last();
  verb->add_option("--seed", a->seed, "seed of the first image; the next image has the next seed")
      ->capture_default_str()
      ->take_last();
  verb->add_option("--seeds", a->seeds, "one image for each of these seeds: 5, 5-68 or 0,1,7-9");
  verb->add_option("--out", a->out, "picture to write, .png or .jpg")
      ->capture_default_str()
      ->take_last();
  verb->add_option("--device", a->device, "auto, cpu, cuda or cuda:N")
      ->capture_default_str()
      ->take_last();
  verb->add_option("--threads", a->threads, "threads for the mathematics; 0: one per processor")
      ->capture_default_str()
      ->take_last();
  verb->footer(
      "Example: dcgan generate runs/00000-digits-batch --rows 4 --cols 8 --out digits.png");
  verb->callback([a, &chosen] { chosen = [a] { return run_generate(*a); }; });
}

}  // namespace dcgan
