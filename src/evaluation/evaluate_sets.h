#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "metrics/evaluation.h"
#include "sampling/statistics.h"

namespace dcgan {

/// One call of `dcgan evaluate`.
struct EvaluateRequest {
  /// A checkpoint, a run's folder, or any data set.
  std::string generated;
  /// The set it is compared with: the same kinds. Empty: the data that the run of `generated` was
  /// trained on.
  std::string real;
  /// As open_features() takes it; empty: digits or stacked-digits for these sets, else random.
  std::string features;
  /// Images drawn from a checkpoint.
  int64_t samples = 10'000;
  SamplingStatistics statistics = SamplingStatistics::kRunning;
  std::string device = "auto";
  /// A set that the discriminator has not seen: its loss there against that on `real`.
  std::string held_out;
  /// Where to draw generated images beside their nearest real ones; empty: nowhere.
  std::filesystem::path neighbours;
  /// Images of either set for SWD and MS-SSIM; 0 leaves them out.
  int64_t pixel_images = 1024;
  /// Side of pictures from folders, where the other set says nothing; 0: the set's own choice.
  int64_t image_size = 0;
  /// 1 to 4 (2 and 4: with alpha), likewise; 0: the set's own choice.
  int64_t channels = 0;
  /// No other distance than FID.
  bool fid_only = false;
  bool cache = true;
  bool quiet = false;
  EvaluationOptions options;
};

struct EvaluateResult {
  std::string generated;
  std::string real;
  std::string features;
  Evaluation evaluation;
  /// Mean root mean square distance of generated images to their nearest real one, on [0, 1].
  std::optional<double> neighbour_distance;
  /// Mean D loss on real images that the discriminator was trained on, and on held-out ones.
  std::optional<double> d_loss_real;
  std::optional<double> d_loss_held_out;
};

/// Throws Error.
EvaluateResult evaluate_sets(const EvaluateRequest& request);

/// The result as aligned text for people and as one JSON object.
std::string format_evaluation(const EvaluateResult& result);
std::string evaluation_to_json(const EvaluateResult& result);

}  // namespace dcgan
