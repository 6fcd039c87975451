#include "studies/input_standardisation.h"

#include <fmt/format.h>

#include <cmath>

#include "data/standardization.h"
#include "models/random.h"
#include "studies/digit_parts.h"
#include "studies/record_figures.h"
#include "studies/statistics/estimates.h"
#include "studies/sweep_parts.h"
#include "studies/tuned_sweep.h"

namespace dcgan {
namespace {

using nlohmann::json;
namespace st = statistics;

// The picture of LeCun 1998, figure 3's first steps: a correlated cloud away from the origin.
torch::Tensor cloud() {
  torch::Tensor points = torch::empty({400, 2}, torch::kFloat64);
  RandomStream(0, "cloud").fill_normal(points, 0, 1);
  const torch::Tensor mix = torch::tensor({{2.2, 0.0}, {0.9, 0.7}}, torch::kFloat64).t();
  return points.matmul(mix) + torch::tensor({4.0, 2.5}, torch::kFloat64);
}

Figure cloud_figure() {
  Figure figure;
  figure.kind = Figure::Kind::kPanels;
  figure.title = "Input standardisation on a cloud in two dimensions";
  const torch::Tensor points = cloud();
  for (const auto& [name, kind] : {std::pair{"original", StandardizationKind::kNone},
                                   std::pair{"zero-centred", StandardizationKind::kCentred},
                                   std::pair{"scaled", StandardizationKind::kScaled}}) {
    const torch::Tensor shown = Standardization::fit(kind, points).apply(points);
    Figure::Series panel;
    panel.name = name;
    for (int64_t i = 0; i < shown.size(0); ++i) {
      panel.x.push_back(shown[i][0].item<double>());
      panel.y.push_back(shown[i][1].item<double>());
    }
    figure.series.push_back(std::move(panel));
  }
  return figure;
}

struct Comparison {
  const char* ours;
  const char* theirs;
  const char* claim;
};
// Each step of the standardisation against the one before it, and batch norm against all of them.
constexpr Comparison kComparisons[] = {
    {"centred", "raw", "Mean-subtracted inputs train in fewer steps than raw ones"},
    {"scaled", "centred", "Scaled inputs train in fewer steps than mean-subtracted ones"},
    {"pca", "scaled", "PCA-whitened inputs train in fewer steps than scaled ones"},
    {"zca", "scaled", "ZCA-whitened inputs train in fewer steps than scaled ones"},
    {"raw-batch", "raw", "On raw inputs batch norm trains in fewer steps than no norm"},
    {"raw-batch", "scaled",
     "Raw inputs with batch norm train in fewer steps than scaled ones without"}};

class InputStandardisation : public TunedSweep {
 public:
  std::string name() const override { return "input-standardisation"; }
  int version() const override { return 1; }
  std::string claim() const override {
    return "Networks train faster on inputs that are centred, scaled and decorrelated (LeCun et "
           "al. 1998, section 4.3), and batch norm does the like inside the network.";
  }
  std::string refuted_by() const override {
    return "Raw inputs, at their own learning rate, from which the target is reached in as few "
           "steps.";
  }
  std::string metric() const override {
    return "steps until the accuracy on the 1,000 test digits, looked at every 10 steps, first "
           "reaches 0.9; condition number and mean absolute correlation of the inputs' "
           "covariance, and the condition number of their second moments about 0, on the "
           "training part";
  }
  std::string failure() const override { return TunedSweep::failure() + kCensored; }
  std::string decision_rule() const override {
    return paired_rule() +
           "; two censored runs of a seed are a tie. Rates are chosen by the median steps to the "
           "target on the tuning seeds";
  }
  std::string setup(Budget budget) const override {
    return "3,500 digits at 16x16, pixels in [0, 1], standardised as fitted on them alone "
           "(whitening with a hundredth of the pixels' mean variance added, as digits have "
           "directions without variance), batch 60, SGD, Xavier, 1 and 3 hidden layers of 100 "
           "tanh units without norm (arm raw-batch: raw pixels, batch norm), horizon 800 steps; " +
           describe(plan(budget));
  }

  json run(const Cell& cell, const std::string& film) const override {
    json record = TunedSweep::run(cell, film);
    const json settings = json::parse(cell.settings);
    const DigitParts parts = digit_parts(
        16, cell.seed, 3500, parse_standardization(settings["input"].get<std::string>()));
    const CovarianceSummary summary = summarize_covariance(parts.training.images);
    record["condition"] = summary.condition;
    record["condition_about_zero"] = summary.condition_about_zero;
    record["correlation"] = summary.correlation;
    return record;
  }

  std::vector<Finding> findings(const Records& results) const override {
    std::vector<PairedQuestion> questions;
    for (const Comparison& c : kComparisons) {
      for (const Point& point : plan(Budget::kStandard).points) {
        const Records ours = at_best(results, point.name, c.ours);
        const Records theirs = at_best(results, point.name, c.theirs);
        const auto [a, b] = means_by_seed(ours, theirs, negated("target_step"));
        const double horizon = point.settings["steps"].get<double>();
        questions.push_back({std::string(c.claim) + ": " + point.name, a, b,
                             fmt::format("median steps {} {}, {} {}", c.ours,
                                         time_text(ours, "target_step", horizon), c.theirs,
                                         time_text(theirs, "target_step", horizon))});
      }
    }
    return decide_together(questions);
  }

  std::vector<Figure> figures(const Records& results) const override {
    std::vector<Figure> figures{cloud_figure()};
    for (const Point& point : plan(Budget::kStandard).points) {
      std::vector<Group> groups;
      for (const Arm& arm : plan(Budget::kStandard).arms) {
        groups.push_back({arm.name, at_best(results, point.name, arm.name)});
      }
      figures.push_back(over_steps(
          "Accuracy over training, median over seeds, each at its own rate: " + point.name,
          "accuracies", groups));
    }
    figures.push_back(covariance_table(results));
    figures.push_back(settings_table(results));
    return figures;
  }

 protected:
  double tuning_score(const json& record) const override { return soonest(record); }

  Plan plan(Budget budget) const override {
    const bool quick = budget == Budget::kQuick;
    Plan plan;
    for (const auto& [name, kind] :
         {std::pair{"raw", "none"}, std::pair{"centred", "centred"}, std::pair{"scaled", "scaled"},
          std::pair{"pca", "pca"}, std::pair{"zca", "zca"}}) {
      plan.arms.push_back({name, {{"input", kind}, {"norm", "none"}}});
    }
    plan.arms.push_back({"raw-batch", {{"input", "none"}, {"norm", "batch"}}});
    const std::vector<double> rates = quick
                                          ? std::vector<double>{0.01, 0.03, 0.1, 0.3, 1}
                                          : std::vector<double>{0.003, 0.01, 0.03, 0.1, 0.3, 1, 3};
    for (const int64_t depth : {1, 3}) {
      plan.points.push_back(
          {fmt::format("{} hidden {}", depth, depth == 1 ? "layer" : "layers"),
           {{"depth", depth}, {"activation", "tanh"}, {"steps", 800}, {"eval_every", 10}},
           rates,
           0.6});
    }
    plan.tuning_seeds = quick ? 1 : 3;
    plan.seeds = usual_seeds(budget);
    return plan;
  }

 private:
  Figure covariance_table(const Records& results) const {
    Figure table;
    table.kind = Figure::Kind::kTable;
    table.title = "The inputs' covariance, medians over the training parts";
    table.x_label = "inputs";
    table.x_names = {"condition number", "condition number about 0", "mean absolute correlation"};
    for (const Arm& arm : plan(Budget::kStandard).arms) {
      const Records runs = judged(results, "", arm.name);
      if (runs.empty()) continue;
      Figure::Series row;
      row.name = arm.name;
      for (const char* key : {"condition", "condition_about_zero", "correlation"}) {
        row.notes.push_back(fmt::format("{:.3g}", st::median(values_of(runs, [&](const json& r) {
                                          return number_of(r, key, NAN);
                                        }))));
      }
      table.series.push_back(std::move(row));
    }
    return table;
  }
};

}  // namespace

const Study& input_standardisation() {
  static const InputStandardisation study;
  return study;
}

}  // namespace dcgan
