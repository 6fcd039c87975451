#include "studies/covariate_shift.h"

#include <fmt/format.h>

#include <cmath>

#include "studies/covariate_shift_cell.h"
#include "studies/record_figures.h"
#include "studies/sweep_parts.h"
#include "studies/tuned_sweep.h"

namespace dcgan {
namespace {

using nlohmann::json;

constexpr double kNoise = 0.5;

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
           "Szegedy 2015); or, against that, because the loss is smoother along the step, and "
           "drift does not matter (Santurkar et al. 2018).";
  }
  std::string refuted_by() const override {
    return "Of the first: noisy batch norm, whose inputs drift more than those of no norm, and "
           "that trains better all the same. Of the second: a loss range, gradient change and "
           "smoothness that are no smaller with batch norm.";
  }
  std::string metric() const override {
    return "drift: by how many of its standard deviations a channel's mean moves between two "
           "looks at the same inputs, mean over channels, layers and looks (classifier: 500 "
           "training images, inputs of the nonlinearities; discriminator: a batch of real and "
           "generated images, outputs of the stages). Along the gradient at half to four times "
           "the training's own rate: loss range, largest gradient change, largest gradient "
           "change over the step's length (effective beta-smoothness), geometric means over the "
           "looks. Accuracy, or FID";
  }
  std::string decision_rule() const override {
    return paired_rule() +
           "; smaller is better. Every arm at its own rate: a higher one by itself moves inputs "
           "and loss further, which speaks against the arm that trains with it";
  }
  std::string setup(Budget budget) const override {
    return fmt::format(
        "3,500 digits at 16x16, batch 60, SGD; mlp: 3 x 100 sigmoid units, Xavier, 600 steps; "
        "cnn: two 4x4 convolutions of stride 2, 8 and 16 maps, ReLU, He, 400 steps; DCGAN at 16 "
        "pixels, ngf = ndf = 16, N(0, 0.02), Adam, 300 steps; noisy: fresh noise of {} standard "
        "deviations in every batch norm's scale and offset at every batch; {}",
        kNoise, describe(plan(budget)));
  }

  json run(const Cell& cell, const std::string& film) const override {
    if (cell.stage.ends_with("tuning")) return TunedSweep::run(cell, film);
    json settings = json::parse(cell.settings);
    if (!is_gan(settings)) return run_covariate_shift_classifier(settings, cell.seed);
    settings.erase("model");
    settings.erase("point");
    return run_covariate_shift_gan(settings, cell.seed);
  }

  std::vector<Finding> findings(const Records& results) const override {
    std::vector<PairedQuestion> questions;
    for (const Point& point : plan(Budget::kStandard).points) {
      const Records batch = at_best(results, point.name, "batch");
      const Records none = at_best(results, point.name, "none");
      const Records noisy = at_best(results, point.name, "noisy");
      const bool gan = is_gan(point.settings);
      const auto less = [&](const std::string& claim, const Records& ours, const Records& theirs,
                            const char* key, const char* names) {
        const auto [a, b] = means_by_seed(ours, theirs, negated(key));
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
    plan.seeds = usual_seeds(budget);
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
          row.notes.push_back(shown(values_of(runs, negated(key))));
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
