#include "studies/initialisation.h"

#include <fmt/format.h>

#include <string>
#include <vector>

#include "common/parse_number.h"
#include "studies/record_figures.h"
#include "studies/sweep_parts.h"
#include "studies/tuned_sweep.h"

namespace dcgan {
namespace {

using nlohmann::json;

struct Network {
  const char* name;
  json settings;
};

const std::vector<Network>& networks() {
  static const std::vector<Network> networks{
      {"mlp", json::object()},
      {"cnn",
       {{"network", "cnn"}, {"depth", 2}, {"width", 8}, {"steps", 600}, {"activation", "relu"}}}};
  return networks;
}

// The deviation in "normal:0.03".
double deviation_of(const json& record) {
  const auto init = record["settings"]["init"].get<std::string>();
  return parse_number<double>(init.substr(init.find(':') + 1)).value();
}

// The one that all of the runs share.
std::string point_of(const Records& runs) {
  return runs.empty() ? "" : runs.front()["settings"]["point"].get<std::string>();
}

class Initialisation : public TunedSweep {
 public:
  std::string name() const override { return "initialisation"; }
  int version() const override { return 1; }
  std::string claim() const override {
    return "Batch norm makes training less sensitive to the initial weights (Ioffe & Szegedy "
           "2015, abstract).";
  }
  std::string refuted_by() const override {
    return "A network without norm, its learning rate tuned for each initial deviation, that "
           "trains from as many of them and as well.";
  }
  std::string metric() const override {
    return "accuracy on the 1,000 test digits at the horizon from initial weights N(0, std^2) in "
           "every layer, std over three decades: share of the stds that train (accuracy of at "
           "least 0.8), mean over the stds (a failed run counts as chance, 0.1), and at each "
           "arm's own best std";
  }
  std::string decision_rule() const override { return paired_rule(); }
  std::string setup(Budget budget) const override {
    return "3,500 digits at 16x16, batch 60, SGD; mlp: 3 x 100 sigmoid units, 1,000 steps; cnn: "
           "two 4x4 convolutions of stride 2, 8 and 16 maps, ReLU, 600 steps; " +
           describe(plan(budget));
  }

  std::vector<Finding> findings(const Records& results) const override {
    std::vector<PairedQuestion> questions;
    const auto ask = [&](const std::string& claim, const Records& ours, const Records& theirs,
                         const Value& value, const std::string& what) {
      const auto [a, b] = means_by_seed(ours, theirs, value);
      questions.push_back({claim, a, b,
                           fmt::format("{}, median over seeds: {} with, {} without", what,
                                       median_text(a), median_text(b))});
    };
    for (const Network& network : networks()) {
      // Each at its own rate alone: results may hold runs at a rate that more tuning took back.
      const std::vector<std::string> points = points_of(network.name);
      const Records batch = at_best(results, points, "batch");
      const Records none = at_best(results, points, "none");
      const Records batch_best = at_best_point(results, points, "batch");
      const Records none_best = at_best_point(results, points, "none");
      const std::string where = std::string(": ") + network.name;
      ask(
          "More initial deviations train with batch norm" + where, batch, none,
          [](const json& r) { return accuracy(r) >= kTrains ? 1.0 : 0.0; }, "share that trains");
      ask("Over all initial deviations accuracy is higher with batch norm" + where, batch, none,
          accuracy, "mean accuracy");
      ask("Each from its own best deviation, accuracy is higher with batch norm" + where,
          batch_best, none_best, quality,
          fmt::format("accuracy from {} with and {} without", point_of(batch_best),
                      point_of(none_best)));
    }
    return decide_together(questions);
  }

  std::vector<Figure> figures(const Records& results) const override {
    std::vector<Figure> figures;
    for (const Network& network : networks()) {
      Figure figure = lines_along(
          std::string("Accuracy along the initial deviation, each at its own rate: ") +
              network.name,
          "standard deviation of the initial weights", deviation_of, "accuracy", accuracy,
          {{"batch norm", at_best(results, points_of(network.name), "batch")},
           {"no norm", at_best(results, points_of(network.name), "none")}});
      figure.log_x = true;
      figures.push_back(std::move(figure));
    }
    figures.push_back(settings_table(results));
    return figures;
  }

 protected:
  Plan plan(Budget budget) const override {
    const bool quick = budget == Budget::kQuick;
    const std::vector<const char*> deviations =
        quick ? std::vector<const char*>{"0.001", "0.01", "0.1", "1"}
              : std::vector<const char*>{"0.001", "0.003", "0.01", "0.03", "0.1", "0.3", "1"};
    const std::vector<double> rates =
        quick ? std::vector<double>{1e-3, 1e-2, 1e-1, 1}
              : std::vector<double>{1e-4, 1e-3, 1e-2, 3e-2, 1e-1, 3e-1, 1, 3};
    Plan plan;
    plan.arms = with_and_without();
    for (const Network& network : networks()) {
      for (const char* deviation : deviations) {
        json settings = network.settings;
        settings["init"] = std::string("normal:") + deviation;
        plan.points.push_back(
            {std::string(network.name) + ", std " + deviation, settings, rates, 0.6});
      }
    }
    plan.tuning_seeds = quick ? 1 : 2;
    plan.seeds = usual_seeds(budget);
    return plan;
  }

 private:
  // The deviations that a network starts from.
  std::vector<std::string> points_of(const std::string& network) const {
    return point_names([&](const Point& point) { return point.name.starts_with(network + ","); });
  }
};

}  // namespace

const Study& initialisation() {
  static const Initialisation study;
  return study;
}

}  // namespace dcgan
