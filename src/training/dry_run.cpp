#include "training/dry_run.h"

#include <fmt/format.h>

#include <chrono>
#include <cstdio>

#include "common/device.h"
#include "common/memory.h"
#include "common/text.h"
#include "data/open.h"
#include "report/table.h"
#include "training/run_setup.h"
#include "training/step.h"
#include "training/training_cost.h"

namespace dcgan {
namespace {

// Seconds of a step, from the first ones on noise. A large batch is measured on a part of it.
double measure_step(const TrainOptions& options, const torch::Device& device) {
  constexpr int64_t kMostImages = 64;
  constexpr int kSteps = 4;
  const int64_t images = std::min(options.batch_size, kMostImages);
  Networks networks = networks_of(options, device);
  const bool bfloat16 = precision_of(options, device) == Precision::kBFloat16;
  networks.pass_g.set_autocast(bfloat16);
  networks.pass_d.set_autocast(bfloat16);
  const torch::Tensor real =
      torch::rand({images, options.channels, options.image_size, options.image_size})
          .mul_(2)
          .sub_(1)
          .to(device);
  const torch::Tensor latents = torch::randn({images, options.nz}).to(device);
  double fastest = 0;
  for (int i = 0; i < kSteps; ++i) {
    const auto start = std::chrono::steady_clock::now();
    train_step(networks, real, latents, false).loss_g.item<double>();  // waits for a GPU
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    if (i == 1 || (i > 1 && seconds.count() < fastest)) fastest = seconds.count();
  }
  return fastest * static_cast<double>(options.batch_size) / static_cast<double>(images);
}

void print_layers(const TrainingCost& cost) {
  std::vector<std::vector<std::string>> rows{{"layer", "output", "parameters", "MFLOP an image"}};
  for (const LayerCost& layer : cost.layers) {
    rows.push_back({fmt::format("{:<13}  {:<7}  {}", layer.network, layer.name, layer.description),
                    fmt::format("{}x{}x{}", layer.channels, layer.size, layer.size),
                    with_thousands(layer.parameters), fmt::format("{:.2f}", layer.flops / 1e6)});
  }
  std::printf("%s", format_table(rows).c_str());
}

}  // namespace

void dry_run(TrainRequest request) {
  TrainOptions& options = request.options;
  validate(options);
  const torch::Device device = prepare_device(options);
  const bool goes_on = request.resume && !request.rules.finetune;
  const Progressed progressed = goes_on ? request.resume->progressed : Progressed();
  const std::unique_ptr<Dataset> opened = prepare_data(options, device, request.style, progressed);
  const Dataset& dataset = *opened;
  if (goes_on && !request.rules.allow_change) {
    Progressed now;
    now.data_fingerprint = dataset.fingerprint();
    now.data_images = dataset.size();
    check_same_data(progressed, now, options, request.resume->checkpoint);
  }
  std::printf("data: %s, %s: %s images of %ldx%ld, %ld channel%s\n", options.data.c_str(),
              dataset.source().kind.c_str(), with_thousands(dataset.size()).c_str(),
              options.image_size, options.image_size, options.channels,
              options.channels == 1 ? "" : "s");
  for (const std::string& remark : dataset.remarks()) std::printf("  %s\n", remark.c_str());
  std::printf("\n");
  const TrainingCost cost = training_cost(options);
  print_layers(cost);
  std::printf("\nparameters: generator %s, discriminator %s\n",
              with_thousands(cost.parameters_g).c_str(), with_thousands(cost.parameters_d).c_str());
  std::printf("memory: about %s beside libraries and images; %s are free\n",
              format_bytes(cost.bytes(options.batch_size)).c_str(),
              format_bytes(available_memory()).c_str());
  const double seconds = measure_step(options, device);
  std::printf("a step of %ld images: %.2f GFLOP, %.1f ms on %s with %ld thread%s\n",
              options.batch_size, cost.step_flops / 1e9, 1e3 * seconds,
              describe_device(device).c_str(), options.threads, options.threads == 1 ? "" : "s");
  const int64_t left = std::max<int64_t>(options.steps - progressed.step, 0);
  std::printf(
      "%s steps%s (%.1f epochs): %s, without samples, checkpoints and evaluations\n",
      with_thousands(left).c_str(),
      goes_on ? fmt::format(" after the {} done", with_thousands(progressed.step)).c_str() : "",
      static_cast<double>(left) * static_cast<double>(options.batch_size) /
          static_cast<double>(dataset.size()),
      format_duration(seconds * static_cast<double>(left)).c_str());
  std::printf(
      "faster: a smaller --image-size, --ngf and --ndf (quality), --batch-size (more steps needed)\n"
      "--dry-run: nothing was trained and nothing written\n");
}

}  // namespace dcgan
