#include "studies/covariate_shift_cell.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "studies/classifier_cell.h"
#include "studies/gan_cell.h"
#include "studies/input_drift.h"
#include "studies/loss_landscape.h"
#include "studies/network_measures.h"
#include "studies/statistics/estimates.h"

namespace dcgan {
namespace {

using nlohmann::json;

constexpr int64_t kProbeImages = 500;
// Half to four times the training's own step, as in Santurkar's figure 4.
std::vector<double> steps_around(double lr) { return {lr / 2, lr, 2 * lr, 4 * lr}; }

// The landscapes seen during a training, as logarithms' means.
class Landscapes {
 public:
  void add(const LossLandscape& seen) {
    ++count_;
    loss_range_ += log_of(seen.loss_range);
    gradient_change_ += log_of(seen.gradient_change);
    smoothness_ += log_of(seen.smoothness);
  }
  void write(json& record) const {
    if (count_ == 0) return;
    const auto n = static_cast<double>(count_);
    record["loss_range"] = std::exp(loss_range_ / n);
    record["gradient_change"] = std::exp(gradient_change_ / n);
    record["smoothness"] = std::exp(smoothness_ / n);
  }

 private:
  static double log_of(double value) {
    // A step into what is not finite counts as very rough.
    constexpr double kRoughest = 1e12;
    return std::log(std::isfinite(value) ? std::clamp(value, 1e-12, kRoughest) : kRoughest);
  }
  int64_t count_ = 0;
  double loss_range_ = 0;
  double gradient_change_ = 0;
  double smoothness_ = 0;
};

void write_drift(const InputDrift& drift, json& record) {
  const std::vector<double> layers = drift.by_layer();
  record["drift_by_layer"] = layers;
  if (!layers.empty()) record["drift"] = statistics::mean(layers);
  record["quantiles"] = drift.quantiles();
}

}  // namespace

json run_covariate_shift_classifier(const json& settings, uint64_t seed) {
  const ClassifierCell cell = classifier_cell_from(settings, seed);
  InputDrift drift;
  Landscapes landscapes;
  json record = run_classifier_cell(
      cell, [&](int64_t step, DeepClassifier& network, const DigitParts& parts) {
        const BuffersKept kept(*network);
        const DigitPart probe = first_images(parts.training, kProbeImages);
        LayerTrace trace;
        {
          const torch::NoGradGuard no_grad;
          network->forward(probe.images, 0, &trace);
        }
        drift.observe(step, trace.inputs);
        const DigitPart batch = first_images(parts.training, cell.batch);
        landscapes.add(loss_landscape(
            *network, [&] { return cross_entropy(network->forward(batch.images), batch.labels); },
            steps_around(cell.lr)));
      });
  write_drift(drift, record);
  landscapes.write(record);
  return record;
}

json run_covariate_shift_gan(const json& settings, uint64_t seed) {
  const GanCell cell = gan_cell_from(settings, seed);
  InputDrift drift;
  Landscapes landscapes;
  json record =
      run_gan_cell(cell, /*film=*/"",
                   [&](int64_t step, Networks& networks, const torch::Tensor& real,
                       const torch::Tensor& latents) {
                     const BuffersKept kept_d(*networks.discriminator);
                     const BuffersKept kept_g(*networks.generator);
                     torch::Tensor images;
                     {
                       const torch::NoGradGuard no_grad;
                       images = torch::cat({real, networks.generator->forward(latents)});
                       std::vector<torch::Tensor> layers;
                       Activation activation(images);
                       activation.groups = 2;
                       // What each stage but the last hands on: the inputs of the layers that
                       // follow.
                       const auto& stages = networks.discriminator->main->stages();
                       for (size_t i = 0; i + 1 < stages.size(); ++i) {
                         Stage stage = stages[i];
                         activation = stage.forward(activation);
                         layers.push_back(activation.values);
                       }
                       drift.observe(step, layers);
                     }
                     const int64_t n = real.size(0);
                     const torch::Tensor labels = torch::cat({torch::ones({n}), torch::zeros({n})});
                     landscapes.add(loss_landscape(
                         *networks.discriminator,
                         [&] {
                           // Both halves' mean losses added, as the training step does.
                           return 2 * torch::binary_cross_entropy_with_logits(
                                          networks.discriminator->forward(images, 2), labels);
                         },
                         steps_around(cell.lr)));
                   });
  write_drift(drift, record);
  landscapes.write(record);
  return record;
}

}  // namespace dcgan
