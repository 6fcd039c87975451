#include "sampling/statistics.h"

#include <fmt/format.h>

#include "common/error.h"
#include "report/pixels.h"
#include "sampling/latents.h"
#include "sampling/sampler.h"

namespace dcgan {
namespace {

bool keeps_statistics(const Generator& generator) {
  return generator->options.normalization() == Normalization::kBatch;
}

}  // namespace

SamplingStatistics parse_sampling_statistics(const std::string& name, const std::string& option) {
  if (name == "running") return SamplingStatistics::kRunning;
  if (name == "batch") return SamplingStatistics::kBatch;
  if (name == "standing") return SamplingStatistics::kStanding;
  throw UsageError(fmt::format("{} {}: expected running, batch or standing", option, name));
}

void set_standing_statistics(Generator& generator, int64_t batches, int64_t batch_size) {
  generator->eval();
  if (!keeps_statistics(generator)) return;
  const torch::NoGradGuard no_grad;
  const torch::Device device = generator->parameters().front().device();
  std::vector<std::optional<double>> momenta;
  for (const auto& module : generator->modules()) {
    if (auto* norm = module->as<BatchNorm2dImpl>()) {
      momenta.push_back(norm->options.momentum());
      norm->options.momentum(std::nullopt);
      norm->reset_running_stats();
    }
  }
  generator->train();
  for (int64_t batch = 0; batch < batches; ++batch) {
    constexpr uint64_t kSeed = 0x5eed;  // of a stream apart from those that name images
    generator->forward(
        training_latents(kSeed, batch, batch_size, generator->options.nz()).to(device));
  }
  generator->eval();
  size_t next = 0;
  for (const auto& module : generator->modules()) {
    if (auto* norm = module->as<BatchNorm2dImpl>()) norm->options.momentum(momenta[next++]);
  }
}

at::Tensor sample_with_batch_statistics(const Generator& generator, const at::Tensor& latents,
                                        int64_t batch_size) {
  if (!keeps_statistics(generator)) {
    Generator same = generator;
    return sample_images(same, latents);
  }
  const torch::NoGradGuard no_grad;
  const torch::Device device = generator->parameters().front().device();
  // Training mode moves the running statistics: those of a copy.
  const auto copy = std::dynamic_pointer_cast<GeneratorImpl>(generator->clone());
  copy->train();
  std::vector<at::Tensor> pieces;
  for (int64_t begin = 0; begin < latents.size(0); begin += batch_size) {
    const int64_t count = std::min(batch_size, latents.size(0) - begin);
    pieces.push_back(to_pixels(copy->forward(latents.narrow(0, begin, count).to(device))));
  }
  return torch::cat(pieces);
}

}  // namespace dcgan
