#include "studies/learning_rate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "common/parse_number.h"
#include "studies/record_figures.h"
#include "studies/statistics/estimates.h"
#include "studies/sweep_parts.h"
#include "studies/tuned_sweep.h"

namespace dcgan {
namespace {

using nlohmann::json;
namespace st = statistics;

constexpr double kNone = -std::numeric_limits<double>::infinity();

bool trains(const json& record) { return accuracy(record) >= kTrains; }

// Eleven rates, two a decade.
std::vector<double> five_decades(double first) {
  std::vector<double> rates;
  for (int i = 0; i <= 10; ++i) {
    // 1 and 3 a decade: short names, the same text on every machine.
    const double decade = std::pow(10.0, i / 2);
    rates.push_back(
        parse_number<double>(fmt::format("{:.6g}", first * decade * (i % 2 == 0 ? 1 : 3))).value());
  }
  return rates;
}

// Records of one seed each: log10 of the largest rate that trains, -infinity for none.
Records largest_rates(const Records& runs) {
  std::map<uint64_t, json> by_seed;
  for (const json& record : runs) {
    json& entry = by_seed[record["seed"].get<uint64_t>()];
    if (entry.is_null()) {
      entry = {{"seed", record["seed"]}, {"processor", record.value("processor", "")}};
    }
    if (!trains(record)) continue;
    const double place = std::log10(record["settings"]["lr"].get<double>());
    entry["largest"] = std::max(entry.value("largest", kNone), place);
  }
  Records found;
  for (auto& [seed, entry] : by_seed) found.push_back(std::move(entry));
  return found;
}

class LearningRate : public TunedSweep {
 public:
  std::string name() const override { return "learning-rate"; }
  int version() const override { return 1; }
  std::string claim() const override {
    return "Batch norm allows higher learning rates (Ioffe & Szegedy 2015, section 3.3).";
  }
  std::string refuted_by() const override {
    return "A network without norm that trains up to as high a rate, at as many rates.";
  }
  std::string metric() const override {
    return "largest of eleven rates over five decades at which a run trains: accuracy of at "
           "least 0.8 on the 1,000 test digits at the horizon; share of the rates that train; "
           "accuracy at each arm's own best rate";
  }
  std::string decision_rule() const override { return paired_rule(); }
  std::string setup(Budget budget) const override {
    return "3,500 digits at 16x16, batch 60, 1,000 steps (cnn: 600); mlp: 3 x 100 sigmoid units, "
           "Xavier; cnn: two 4x4 convolutions of stride 2, 8 and 16 maps, ReLU, He; " +
           describe(plan(budget));
  }

  std::vector<Finding> findings(const Records& results) const override {
    std::vector<PairedQuestion> questions;
    for (const Point& point : plan(Budget::kStandard).points) {
      const Records batch = largest_rates(judged(results, point.name, "batch"));
      const Records none = largest_rates(judged(results, point.name, "none"));
      const auto largest = [](const json& r) { return r.value("largest", kNone); };
      const auto [ours, theirs] = means_by_seed(batch, none, largest);
      const auto text = [](const std::vector<double>& logs) {
        const double middle = st::median(logs);
        return std::isfinite(middle) ? fmt::format("{:.2g}", std::pow(10.0, middle)) : "none";
      };
      questions.push_back({"A higher learning rate still trains with batch norm: " + point.name,
                           ours, theirs,
                           fmt::format("largest rate that trains, median: {} with, {} without",
                                       text(ours), text(theirs))});
    }
    const Value indicator = [](const json& r) { return trains(r) ? 1.0 : 0.0; };
    const auto [ours, theirs] =
        means_by_seed(judged(results, "", "batch"), judged(results, "", "none"), indicator);
    questions.push_back({"More of the rates of five decades train with batch norm", ours, theirs,
                         fmt::format("share of rates, median over seeds: {} with, {} without",
                                     median_text(ours), median_text(theirs))});
    for (const Point& point : plan(Budget::kStandard).points) {
      const auto [a, b] = means_by_seed(at_best(results, point.name, "batch"),
                                        at_best(results, point.name, "none"), quality);
      questions.push_back(
          {"Each at its own best rate, accuracy is higher with batch norm: " + point.name, a, b,
           fmt::format("median accuracy {} at {:g} with, {} at {:g} without", median_text(a),
                       best_rate(tuning(results, point.name, "batch")), median_text(b),
                       best_rate(tuning(results, point.name, "none")))});
    }
    return decide_together(questions);
  }

  std::vector<Figure> figures(const Records& results) const override {
    std::vector<Figure> figures;
    for (const Point& point : plan(Budget::kStandard).points) {
      Figure figure = lines_along(
          "Accuracy along the learning rates, interquartile mean and 95 % interval: " + point.name,
          "learning rate", setting("lr"), "accuracy", accuracy,
          {{"batch norm", judged(results, point.name, "batch")},
           {"no norm", judged(results, point.name, "none")}});
      figure.log_x = true;
      figures.push_back(std::move(figure));
    }
    figures.push_back(settings_table(results));
    return figures;
  }

 protected:
  Plan plan(Budget budget) const override {
    Plan plan;
    plan.arms = with_and_without();
    const json cnn = small_cnn();
    json adam = cnn;
    adam["optimizer"] = "adam";
    plan.points = {{"mlp, sgd", json::object(), five_decades(1e-3), 0.7},
                   {"cnn, sgd", cnn, five_decades(1e-4), 0.7},
                   {"cnn, adam", adam, five_decades(1e-5), 0.7}};
    plan.whole_row = true;
    plan.tuning_seeds = budget == Budget::kQuick ? 1 : 3;
    plan.seeds = usual_seeds(budget);
    return plan;
  }
};

}  // namespace

const Study& learning_rate() {
  static const LearningRate study;
  return study;
}

}  // namespace dcgan
