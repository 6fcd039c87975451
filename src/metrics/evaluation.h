#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "metrics/features.h"
#include "metrics/kid.h"
#include "metrics/manifold.h"
#include "metrics/modes.h"
#include "metrics/moments.h"

namespace dcgan {

/// Images that are read or drawn piece by piece.
struct ImageSource {
  std::string name;
  int64_t count = 0;
  /// Images [first, first + count) as uint8 [count, H, W, C].
  std::function<at::Tensor(int64_t first, int64_t count)> images;
};

/// What evaluation keeps of a set: sums over all of it, and a bounded part of it.
struct SetSummary {
  std::string name;
  FeatureMoments moments{1};
  /// Of at most EvaluationOptions::kept images, evenly spread over the set: float [n, D].
  at::Tensor features;
  /// Images in each predicted class, double [classes]; undefined without classes.
  at::Tensor class_counts;
  /// Predicted classes of all, int64 [N]; undefined without classes or from a cache.
  at::Tensor classes;
  /// At most EvaluationOptions::kept_images, likewise, for measures of pixels: uint8 [n, H, W, C].
  at::Tensor images;
};

struct EvaluationOptions {
  /// Samples of a set on which KID, precision and recall, density and coverage are computed: their
  /// cost grows with the square.
  int64_t kept = 10'000;
  /// Images of a set on which SWD, MS-SSIM and the deviation are computed.
  int64_t kept_images = 1024;
  int64_t kid_subsets = 100;
  int64_t kid_subset_size = 1000;
  uint64_t seed = 0;
  bool pixels = true;    // SWD and MS-SSIM are wanted
  bool manifold = true;  // precision, recall, density and coverage
  bool kid = true;
  /// Called by summarize() after every piece, if given: images of the set `done`, out of `of`.
  std::function<void(const std::string& set, int64_t done, int64_t of)> progress;
};

/// `kept` images of the source, as summarize() chooses them.
at::Tensor spread_images(const ImageSource& source, int64_t kept);

/// Reads the whole source, in pieces. Throws DataError where features are not finite.
SetSummary summarize(const ImageSource& source, FeatureExtractor& features,
                     const EvaluationOptions& options);

/// The measures of a generated set against a real one.
struct Evaluation {
  int64_t generated = 0;
  int64_t real = 0;
  double fid = 0;
  std::optional<KernelDistance> kid;
  int64_t kid_subset_size = 0;
  std::optional<ManifoldMetrics> manifold;
  std::optional<ModeMetrics> modes;
  /// Mean over pixels of the deviation over images, on [-1, 1]; of both sets.
  double diversity = 0;
  double real_diversity = 0;
  /// A value a level, the finest first; empty where not wanted, and where the sets' images are not
  /// of one size, square and at least 16 pixels.
  std::vector<double> swd;
  std::optional<double> ms_ssim;
  std::optional<double> real_ms_ssim;
  /// One line each, for the user.
  std::vector<std::string> warnings;

  /// Adds a warning that is not there yet.
  void warn(const std::string& warning);
};

/// Throws DataError where a set has too few samples for any distance.
Evaluation evaluate(const SetSummary& generated, const SetSummary& real,
                    const EvaluationOptions& options);

}  // namespace dcgan
