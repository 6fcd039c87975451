#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "studies/deep_classifier.h"
#include "studies/digit_parts.h"

namespace dcgan {

/// One training of a small classifier of digits, from the first step to the horizon.
struct ClassifierCell {
  DeepClassifierOptions network;
  /// What the linear maps start from, see Initialization.
  std::string init = "xavier";
  /// sgd, without momentum; or adam (beta1 0.9).
  std::string optimizer = "sgd";
  double lr = 0.1;
  int64_t batch = 60;
  int64_t steps = 1000;
  int64_t eval_every = 25;
  int64_t training_images = 3500;
  /// How the inputs are standardised, see StandardizationKind.
  std::string input = "global";
  /// Accuracy whose first reaching is timed.
  double target = 0.9;
  /// Which images judge: "validation" while settings are chosen, "test" after.
  std::string part = "test";
  /// Whether gradients by layer and dead units are kept.
  bool probe = false;
  uint64_t seed = 0;
};

/// Reads the settings of a cell over the defaults; an unknown key is a programming error. "point",
/// the label of a place in a sweep, is passed over.
ClassifierCell classifier_cell_from(const nlohmann::json& settings, uint64_t seed);

/// The network of a cell as training begins with it.
DeepClassifier make_classifier(const ClassifierCell& cell);

/// Trains and measures. The record holds
///   steps, accuracies    of the judging part at every evaluation (running statistics)
///   accuracy, best_accuracy   at the horizon, and the highest
///   target_step, target_seconds   first evaluation that reached the target, and the training until
///                        then in seconds of the thread's own processor time; null: not within the
///                        horizon
///   step_ms              a training step, evaluation aside, median of the evaluations' intervals
///   train_accuracy, train_loss   on (at most 1,000 of) the training images at the horizon,
///                        evaluation mode
///   gradient_norms       with `probe`: of every linear map's weight, in the first batch and at the
///                        horizon; dead: share of units that no training image activates, ReLUs
///                        only
///   failed, failure      a loss that is not finite, or at the horizon fewer than one in five right
///                        (chance is one in ten)
/// `observe`, if given, sees the network before the first step (step 0) and at every evaluation,
/// and leaves it as it found it.
using ClassifierObserver =
    std::function<void(int64_t step, DeepClassifier& network, const DigitParts& parts)>;
nlohmann::json run_classifier_cell(const ClassifierCell& cell,
                                   const ClassifierObserver& observe = {});

}  // namespace dcgan
