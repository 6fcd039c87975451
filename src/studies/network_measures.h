#pragma once

#include <torch/types.h>

#include <vector>

#include "studies/deep_classifier.h"
#include "studies/digit_parts.h"

namespace dcgan {

/// Mean over the images of -log of the probability that the softmax of `logits` [N, K] gives the
/// right label.
torch::Tensor cross_entropy(const torch::Tensor& logits, const torch::Tensor& labels);

/// Euclidean norms of the training loss's gradient by the weight of each linear map, in the order
/// of DeepClassifierImpl::weights(), with the statistics of `batch` itself. Leaves parameters and
/// running statistics as they were.
std::vector<double> weight_gradient_norms(DeepClassifier& network, const DigitPart& batch);

/// Share of units, of all hidden layers together, whose activation is above 0 for none of the
/// images, in evaluation mode.
double dead_units(DeepClassifier& network, const DigitPart& part);

}  // namespace dcgan
