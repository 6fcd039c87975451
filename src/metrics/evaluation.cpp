#include "metrics/evaluation.h"

#include <fmt/format.h>
#include <torch/types.h>

#include <algorithm>

#include "common/error.h"
#include "metrics/diversity.h"
#include "metrics/fid.h"
#include "metrics/ms_ssim.h"
#include "metrics/swd.h"
#include "models/random.h"

namespace dcgan {
namespace {

constexpr int64_t kPiece = 256;

// Features know colours only; those of pictures with alpha lie on the background already.
at::Tensor without_alpha(const at::Tensor& images) {
  const int64_t channels = images.size(3);
  return channels % 2 == 0 ? images.narrow(3, 0, channels - 1) : images;
}

// Which samples of a set are kept where not all are: evenly spread over it, because sets often are
// ordered by class.
class EvenChoice {
 public:
  EvenChoice(int64_t count, int64_t kept) : count_(count), kept_(std::min(count, kept)) {}

  int64_t size() const { return kept_; }

  // Of samples [first, first + n): the positions of the kept ones, from 0.
  at::Tensor within(int64_t first, int64_t n) const {
    std::vector<int64_t> chosen;
    for (int64_t i = 0; i < n; ++i) {
      if ((first + i) * kept_ / count_ != (first + i + 1) * kept_ / count_) chosen.push_back(i);
    }
    return torch::tensor(chosen, torch::kInt64);
  }

 private:
  int64_t count_;
  int64_t kept_;
};

// MS-SSIM of the two halves of the images in a random order.
std::optional<double> ms_ssim_of_pairs(const at::Tensor& images, uint64_t seed) {
  constexpr int64_t kSmallest = 16;
  constexpr int64_t kMostPairs = 1024;
  const int64_t pairs = std::min(images.size(0) / 2, kMostPairs);
  if (pairs == 0 || images.size(1) < kSmallest || images.size(2) < kSmallest) return {};
  const at::Tensor order = RandomStream(seed, "ms-ssim pairs").permutation(images.size(0));
  return ms_ssim(images.index_select(0, order.narrow(0, 0, pairs)),
                 images.index_select(0, order.narrow(0, pairs, pairs)));
}

void add_pixel_measures(const SetSummary& generated, const SetSummary& real,
                        const EvaluationOptions& options, Evaluation& result) {
  const at::Tensor& a = generated.images;
  const at::Tensor& b = real.images;
  result.diversity = sample_standard_deviation(a);
  result.real_diversity = sample_standard_deviation(b);
  if (!options.pixels) return;
  result.ms_ssim = ms_ssim_of_pairs(a, options.seed);
  result.real_ms_ssim = ms_ssim_of_pairs(b, options.seed);
  if (a.sizes().slice(1) == b.sizes().slice(1) && a.size(1) >= 16 && a.size(1) == a.size(2)) {
    const int64_t n = std::min(a.size(0), b.size(0));
    result.swd = sliced_wasserstein(a.narrow(0, 0, n), b.narrow(0, 0, n), options.seed);
  }
}

}  // namespace

at::Tensor spread_images(const ImageSource& source, int64_t kept) {
  const EvenChoice choice(source.count, kept);
  std::vector<at::Tensor> images;
  for (int64_t first = 0; first < source.count; first += kPiece) {
    const int64_t n = std::min(kPiece, source.count - first);
    const at::Tensor chosen = choice.within(first, n);
    if (chosen.numel() > 0) images.push_back(source.images(first, n).index_select(0, chosen));
  }
  return torch::cat(images);
}

SetSummary summarize(const ImageSource& source, FeatureExtractor& features,
                     const EvaluationOptions& options) {
  const torch::NoGradGuard no_grad;
  SetSummary summary;
  summary.name = source.name;
  summary.moments = FeatureMoments(features.dimension());
  const EvenChoice kept_features(source.count, options.kept);
  const EvenChoice kept_images(source.count, options.kept_images);
  // All that is kept has its place from the start: small pieces kept between large temporary ones
  // would leave the heap full of holes.
  summary.features = torch::empty({kept_features.size(), features.dimension()});
  if (features.classes() > 0) summary.classes = torch::empty({source.count}, torch::kInt64);
  int64_t features_kept = 0;
  int64_t images_kept = 0;
  const auto keep = [](const at::Tensor& chosen, at::Tensor& into, int64_t& begin) {
    into.narrow(0, begin, chosen.size(0)).copy_(chosen);
    begin += chosen.size(0);
  };
  for (int64_t first = 0; first < source.count; first += kPiece) {
    const at::Tensor piece = source.images(first, std::min(kPiece, source.count - first));
    const int64_t n = piece.size(0);
    const Features found = features.extract(without_alpha(piece));
    if (!found.values.isfinite().all().item<bool>()) {
      throw DataError(fmt::format("{}: features '{}' of images {} to {} are not finite",
                                  source.name, features.name(), first, first + n - 1));
    }
    summary.moments.add(found.values);
    keep(found.values.index_select(0, kept_features.within(first, n)), summary.features,
         features_kept);
    if (!summary.images.defined()) {
      std::vector<int64_t> sizes = piece.sizes().vec();
      sizes[0] = kept_images.size();
      summary.images = torch::empty(sizes, torch::kUInt8);
    }
    keep(piece.index_select(0, kept_images.within(first, n)), summary.images, images_kept);
    if (found.classes.defined()) summary.classes.narrow(0, first, n).copy_(found.classes);
    if (options.progress) options.progress(source.name, first + n, source.count);
  }
  if (summary.classes.defined()) {
    summary.class_counts = class_counts(summary.classes, features.classes());
  }
  return summary;
}

void Evaluation::warn(const std::string& warning) {
  if (std::find(warnings.begin(), warnings.end(), warning) == warnings.end()) {
    warnings.push_back(warning);
  }
}

Evaluation evaluate(const SetSummary& generated, const SetSummary& real,
                    const EvaluationOptions& options) {
  Evaluation result;
  result.generated = generated.moments.count();
  result.real = real.moments.count();
  const int64_t dimension = real.moments.dimension();
  for (const SetSummary* set : {&generated, &real}) {
    const int64_t n = set->moments.count();
    if (n < 2) {
      throw DataError(fmt::format("{}: {} image{}: a distance needs at least 2", set->name, n,
                                  n == 1 ? "" : "s"));
    }
    if (n <= dimension) {
      result.warn(
          fmt::format("{}: {} images are too few for {} feature dimensions: their covariance is "
                      "singular and FID is biased upwards",
                      set->name, n, dimension));
    }
  }
  for (const SetSummary* set : {&generated, &real}) {
    if ((set->images == set->images[0]).all().item<bool>()) {
      result.warn(fmt::format("{}: all images are equal", set->name));
    }
  }
  result.fid = frechet_distance(generated.moments, real.moments);

  const int64_t fewest = std::min(generated.features.size(0), real.features.size(0));
  if (options.kid) result.kid_subset_size = std::min(options.kid_subset_size, fewest);
  if (options.kid && result.kid_subset_size < options.kid_subset_size) {
    result.warn(fmt::format("KID: subsets of {} images instead of {}, because one set has no more",
                            result.kid_subset_size, options.kid_subset_size));
  }
  if (options.kid)
    result.kid = kernel_distance(generated.features, real.features, options.kid_subsets,
                                 result.kid_subset_size, options.seed);
  if (!options.manifold) {
  } else if (fewest > kDensityNeighbours) {
    result.manifold = manifold_metrics(real.features, generated.features);
  } else {
    result.warn(fmt::format(
        "precision, recall, density and coverage need more than {} images a set: left out",
        kDensityNeighbours));
  }
  if (generated.classes.defined() && real.class_counts.defined()) {
    result.modes = mode_metrics(generated.classes, real.class_counts, real.class_counts.size(0));
  }
  add_pixel_measures(generated, real, options, result);
  return result;
}

}  // namespace dcgan
