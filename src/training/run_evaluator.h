#pragma once

#include <functional>
#include <memory>
#include <string>

#include "data/dataset.h"
#include "metrics/evaluation.h"
#include "models/generator.h"

namespace dcgan {

/// Features in which a set is best compared: its own classifier's for the embedded digits, else
/// "random".
std::string default_features(const Dataset& dataset);

/// Measures a generator against the training images now and then during a run: their features are
/// computed once, at the first call.
class RunEvaluator {
 public:
  /// `features` as open_features() takes it; empty: digits for the digits, stacked-digits for
  /// those, else random. `samples` images are drawn each time, from latents that stay the same.
  RunEvaluator(const Dataset& dataset, const std::string& features, int64_t samples, int64_t nz);
  /// With features that are open already. Throws UsageError where they need other channels.
  RunEvaluator(const Dataset& dataset, std::unique_ptr<FeatureExtractor> features, int64_t samples,
               int64_t nz);
  ~RunEvaluator();

  /// FID, KID and, with a classifier, modes; no measures of pixels or neighbourhoods.
  Evaluation evaluate(Generator& generator);

  /// The same with every batch of 64 images normalised by its own statistics.
  Evaluation evaluate_with_batch_statistics(Generator& generator);

  /// `samples` of the real images themselves, at most all, chosen at random, in the generator's
  /// place.
  Evaluation evaluate_real();

  std::string features() const { return features_->name(); }

 private:
  Evaluation compare(const std::function<at::Tensor(const at::Tensor& latents)>& draw);

  const Dataset& dataset_;
  std::unique_ptr<FeatureExtractor> features_;
  EvaluationOptions options_;
  std::unique_ptr<SetSummary> real_;
  int64_t samples_;
  int64_t nz_;
};

}  // namespace dcgan
