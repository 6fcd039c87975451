#include "training/run_evaluator.h"

#include <fmt/format.h>
#include <torch/types.h>

#include "common/error.h"
#include "data/digits.h"
#include "data/stacked_digits.h"
#include "models/random.h"
#include "sampling/latents.h"
#include "sampling/sampler.h"
#include "sampling/statistics.h"

namespace dcgan {

std::string default_features(const Dataset& dataset) {
  if (dataset.source().kind == kEmbeddedDigits) return "digits";
  if (dataset.source().kind == kStackedDigits) return "stacked-digits";
  return "random";
}

RunEvaluator::RunEvaluator(const Dataset& dataset, const std::string& features, int64_t samples,
                           int64_t nz)
    : RunEvaluator(
          dataset,
          open_features(features.empty() ? default_features(dataset) : features, "--eval-features"),
          samples, nz) {}

RunEvaluator::RunEvaluator(const Dataset& dataset, std::unique_ptr<FeatureExtractor> features,
                           int64_t samples, int64_t nz)
    : dataset_(dataset), features_(std::move(features)), samples_(samples), nz_(nz) {
  if (features_->name() == "stacked-digits" && dataset.channels() != 3) {
    throw UsageError(
        fmt::format("--eval-features stacked-digits: {} has images of {} channel{}, "
                    "they need 3",
                    dataset.name(), dataset.channels(), dataset.channels() == 1 ? "" : "s"));
  }
  options_.pixels = false;
  options_.manifold = false;
  options_.kept_images = 512;
  options_.kid_subsets = 20;
  options_.kid_subset_size = std::min<int64_t>(samples, 500);
}

RunEvaluator::~RunEvaluator() = default;

Evaluation RunEvaluator::evaluate(Generator& generator) {
  return compare([&](const at::Tensor& latents) { return sample_images(generator, latents); });
}

Evaluation RunEvaluator::evaluate_with_batch_statistics(Generator& generator) {
  constexpr int64_t kBatch = 64;
  return compare([&](const at::Tensor& latents) {
    return sample_with_batch_statistics(generator, latents, kBatch);
  });
}

Evaluation RunEvaluator::evaluate_real() {
  const at::Tensor chosen = RandomStream(0, "real against real").permutation(dataset_.size());
  int64_t first = 0;
  return compare([&](const at::Tensor& latents) {
    const int64_t count = latents.size(0);
    first += count;
    return dataset_.images(chosen.narrow(0, first - count, count));
  });
}

Evaluation RunEvaluator::compare(const std::function<at::Tensor(const at::Tensor& latents)>& draw) {
  if (!real_) {
    real_ = std::make_unique<SetSummary>(summarize({dataset_.name(), dataset_.size(),
                                                    [&](int64_t first, int64_t count) {
                                                      return dataset_.images(
                                                          torch::arange(first, first + count));
                                                    }},
                                                   *features_, options_));
  }
  // Seeds that no other part of the program draws by default.
  constexpr uint64_t kFirstSeed = uint64_t{1} << 32;
  const SetSummary drawn = summarize({"generated", samples_,
                                      [&](int64_t first, int64_t count) {
                                        const uint64_t seed =
                                            kFirstSeed + static_cast<uint64_t>(first);
                                        return draw(latents_of_seeds(seed_range(seed, count), nz_));
                                      }},
                                     *features_, options_);
  return dcgan::evaluate(drawn, *real_, options_);
}

}  // namespace dcgan
