#pragma once

#include <torch/types.h>

#include "models/classifier.h"

namespace dcgan {

struct ClassifierTraining {
  int64_t epochs = 30;
  int64_t batch_size = 64;
  double lr = 2e-3;
  uint64_t seed = 0;
  /// Images are shifted by up to this many pixels each way at every pass.
  int64_t shift = 2;
};

/// Trains on `images` float [N, C, H, W] and `labels` int64 [N] with Adam and cross entropy, the
/// rate falling as a cosine to 0. Everything random comes from the seed.
void train_classifier(Classifier& classifier, const torch::Tensor& images,
                      const torch::Tensor& labels, const ClassifierTraining& options);

/// Share of images that it names rightly, in evaluation mode.
double classifier_accuracy(Classifier& classifier, const torch::Tensor& images,
                           const torch::Tensor& labels);

}  // namespace dcgan
