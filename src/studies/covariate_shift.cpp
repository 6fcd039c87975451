#include "studies/covariate_shift.h"

#include <fmt/format.h>
#include <torch/types.h>

#include <algorithm>
#include <cmath>

#include "studies/classifier_cell.h"
#include "studies/gan_cell.h"
#include "studies/input_drift.h"
#include "studies/loss_landscape.h"
#include "studies/network_measures.h"
#include "studies/statistics/estimates.h"
#include "studies/sweep_figures.h"
#include "studies/tuned_sweep.h"

namespace dcgan {
namespace {

using nlohmann::json;
namespace st = statistics;

constexpr int64_t kProbeImages = 500;
constexpr double kNoise = 0.5;

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
  double sum = 0;
  for (const double layer : layers) sum += layer;
  record["drift_by_layer"] = layers;
  if (!layers.empty()) record["drift"] = sum / static_cast<double>(layers.size());
  record["quantiles"] = drift.quantiles();
}

json run_classifier(const json& settings, uint64_t seed) {
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

// Of the discriminator, whose loss is the simpler one: real images against generated ones.
json run_gan(const json& settings, uint64_t seed) {
  const GanCell cell = gan_cell_from(settings, seed);
  InputDrift drift;
  Landscapes landscapes;
  json record =
      run_gan_cell(cell, /*fid_threshold=*/150, /*film=*/"",
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
                         layers.push_back(activation.materialize());
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

Value smaller(const char* key) {
  return [key](const json& r) {
    return r.contains(key) && r[key].is_number() ? -r[key].get<double>() : -INFINITY;
  };
}

std::string shown(std::vector<double> scores) {
  for (double& score : scores) score = -score;
  return median_text(scores, "not finite");
}

class CovariateShift : public TunedSweep {
 public:
  std::string name() const override { return "covariate-shift"; }
  int version() const override { return 1; }
  std::string claim() const override {
    return "Batch norm works because the distributions of layers' inputs drift less (Ioffe & "
           "Szegedy "
           "2015); or, against that, because the loss is smoother along the step, and drift does "
           "not "
           "matter (Santurkar et al. 2018).";
  }
  std::string refuted_by() const override {
    return "Of the first: noisy batch norm, whose inputs drift more than those of no norm, and "
           "that "
           "trains better all the same. Of the second: a loss range, gradient change and "
           "smoothness "
           "that are no smaller with batch norm.";
  }
  std::string metric() const override {
    return "drift: by how many of its standard deviations a channel's mean moves between two looks "
           "at "
           "the same inputs, mean over channels, layers and looks (classifier: 500 training "
           "images, "
           "inputs of the nonlinearities; discriminator: a batch of real and generated images, "
           "outputs of the stages). Along the gradient at half to four times the training's own "
           "rate: loss range, largest gradient change, largest gradient change over the step's "
           "length (effective beta-smoothness), geometric means over the looks. Accuracy, or FID";
  }
  std::string failure() const override {
    return "a loss that is not finite, or at the horizon an accuracy below 0.2; for the DCGAN as "
           "in "
           "gan-stability";
  }
  std::string decision_rule() const override { return paired_rule() + "; smaller is better"; }
  std::string setup(Budget budget) const override {
    return fmt::format(
        "3,500 digits at 16x16, batch 60, SGD; mlp: 3 x 100 sigmoid units, Xavier, 600 steps; cnn: "
        "two 4x4 convolutions of stride 2, 8 and 16 maps, ReLU, He, 400 steps; DCGAN at 16 pixels, "
        "ngf = ndf = 16, N(0, 0.02), Adam, 300 steps; noisy: fresh noise of {} standard deviations "
        "in every batch norm's scale and offset at every batch; {}",
        kNoise, describe(plan(budget)));
  }

  json run(const Cell& cell, const std::string& film) const override {
    if (cell.stage.ends_with("tuning")) return TunedSweep::run(cell, film);
    json settings = json::parse(cell.settings);
    if (settings.value("model", "") != "gan") return run_classifier(settings, cell.seed);
    settings.erase("model");
    settings.erase("point");
    return run_gan(settings, cell.seed);
  }

  std::vector<Finding> findings(const Records& results) const override {
    std::vector<PairedQuestion> questions;
    for (const Point& point : plan(Budget::kStandard).points) {
      const Records batch = at_best(results, point.name, "batch");
      const Records none = at_best(results, point.name, "none");
      const Records noisy = at_best(results, point.name, "noisy");
      const bool gan = point.settings.contains("model");
      const auto less = [&](const std::string& claim, const Records& ours, const Records& theirs,
                            const char* key, const char* names) {
        const auto [a, b] = means_by_seed(ours, theirs, smaller(key));
        questions.push_back({claim + ": " + point.name, a, b,
                             fmt::format("median, {}: {} and {}", names, shown(a), shown(b))});
      };
      less("Layers' inputs drift less with batch norm", batch, none, "drift", "with and without");
      less("Loss predictiveness: the loss changes less along the step with batch norm", batch, none,
           "loss_range", "with and without");
      less("Gradient predictiveness: the gradient changes less along the step with batch norm",
           batch, none, "gradient_change", "with and without");
      less("Effective smoothness: the loss is smoother along the step with batch norm", batch, none,
           "smoothness", "with and without");
      less("Control: inputs drift more with noisy batch norm than without norm", none, noisy,
           "drift", "without and noisy");
      const auto [a, b] = means_by_seed(noisy, none, quality);
      questions.push_back(
          {"Control: noisy batch norm trains better than no norm all the same: " + point.name, a, b,
           fmt::format("median {}: noisy {}, none {}", gan ? "FID" : "accuracy",
                       quality_text(a, gan), quality_text(b, gan))});
    }
    return decide_together(questions);
  }

  std::vector<Figure> figures(const Records& results) const override {
    std::vector<Figure> figures;
    for (const Point& point : plan(Budget::kStandard).points) {
      for (const Arm& arm : plan(Budget::kStandard).arms) {
        Figure figure = quantiles_of(at_best(results, point.name, arm.name));
        figure.title = fmt::format(
            "15, 50 and 85 % quantiles of an input of the last hidden layer, one seed: {}, {}",
            point.name, arm.name);
        if (!figure.series.empty()) figures.push_back(std::move(figure));
      }
    }
    figures.push_back(measures(results));
    figures.push_back(settings_table(results));
    return figures;
  }

 protected:
  Plan plan(Budget budget) const override {
    const bool quick = budget == Budget::kQuick;
    Plan plan;
    plan.arms = {{"batch", {{"norm", "batch"}}},
                 {"none", {{"norm", "none"}}},
                 {"noisy", {{"norm", "batch"}, {"noise", kNoise}}}};
    plan.points = {
        {"mlp",
         {{"steps", 600}, {"eval_every", 30}},
         quick ? std::vector<double>{0.1, 0.3, 1, 3}
               : std::vector<double>{0.03, 0.1, 0.3, 1, 3, 10},
         0.8},
        {"cnn",
         {{"network", "cnn"},
          {"depth", 2},
          {"width", 8},
          {"init", "he"},
          {"steps", 400},
          {"eval_every", 20},
          {"activation", "relu"}},
         quick ? std::vector<double>{0.03, 0.1, 0.3} : std::vector<double>{0.01, 0.03, 0.1, 0.3, 1},
         0.8},
        {"dcgan",
         {{"model", "gan"},
          {"image_size", 16},
          {"steps", 300},
          {"eval_every", 50},
          {"features", "digits"}},
         quick ? std::vector<double>{1e-3, 1e-2} : std::vector<double>{1e-3, 5e-3, 1e-2},
         5}};
    plan.tuning_seeds = quick ? 1 : 2;
    plan.seeds = quick ? 10 : budget == Budget::kStandard ? 20 : 40;
    return plan;
  }

 private:
  static Figure quantiles_of(const Records& runs) {
    Figure figure;
    figure.x_label = "step";
    if (runs.empty() || !runs.front().contains("quantiles")) return figure;
    const json& seen = runs.front()["quantiles"];
    for (const auto& [name, key] :
         {std::pair{"85 %", "high"}, std::pair{"50 %", "middle"}, std::pair{"15 %", "low"}}) {
      Figure::Series line;
      line.name = name;
      line.x = seen["steps"].get<std::vector<double>>();
      for (const json& value : seen[key]) {
        line.y.push_back(value.is_number() ? value.get<double>() : NAN);
      }
      figure.series.push_back(std::move(line));
    }
    return figure;
  }

  Figure measures(const Records& results) const {
    Figure table;
    table.kind = Figure::Kind::kTable;
    table.title = "Drift and landscape, medians over seeds";
    table.x_label = "point, arm";
    table.x_names = {"drift", "loss range", "gradient change", "smoothness"};
    for (const Point& point : plan(Budget::kStandard).points) {
      for (const Arm& arm : plan(Budget::kStandard).arms) {
        const Records runs = at_best(results, point.name, arm.name);
        if (runs.empty()) continue;
        Figure::Series row;
        row.name = point.name + ", " + arm.name;
        for (const char* key : {"drift", "loss_range", "gradient_change", "smoothness"}) {
          row.notes.push_back(shown(values_of(runs, smaller(key))));
        }
        table.series.push_back(std::move(row));
      }
    }
    return table;
  }
};

}  // namespace

const Study& covariate_shift() {
  static const CovariateShift study;
  return study;
}

}  // namespace dcgan
