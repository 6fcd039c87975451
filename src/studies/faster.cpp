#include "studies/faster.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "studies/record_figures.h"
#include "studies/statistics/comparison.h"
#include "studies/statistics/resampling.h"
#include "studies/sweep_parts.h"
#include "studies/tuned_sweep.h"

namespace dcgan {
namespace {

using nlohmann::json;
namespace st = statistics;

double number(const json& record, const char* key) { return number_of(record, key, NAN); }

// A search that stops a configuration when it reaches the target: configurations that reach it
// within the horizon, for each hour of training.
double found_an_hour(const Records& runs) {
  double found = 0;
  double seconds = 0;
  for (const json& record : runs) {
    const double reached = number(record, "target_seconds");
    found += std::isfinite(reached) ? 1 : 0;
    seconds += std::isfinite(reached) ? reached : number(record, "trained_seconds");
  }
  constexpr double kHour = 3600;
  return seconds > 0 ? kHour * found / seconds : 0;
}

// Difference of the two arms, every arm's runs resampled within the arm. So wide that all points'
// intervals together hold with 95 % (Bonferroni).
constexpr double kPoints = 4;
st::Interval difference_an_hour(const Records& a, const Records& b) {
  st::Resampler random(51);
  const auto drawn = [&](const Records& runs) {
    Records sample;
    for (size_t i = 0; i < runs.size(); ++i) sample.push_back(runs[random.index(runs.size())]);
    return sample;
  };
  constexpr size_t kDraws = 2000;
  std::vector<double> differences;
  differences.reserve(kDraws);
  for (size_t i = 0; i < kDraws; ++i) {
    differences.push_back(found_an_hour(drawn(a)) - found_an_hour(drawn(b)));
  }
  return {found_an_hour(a) - found_an_hour(b), st::quantile(differences, 0.025 / kPoints),
          st::quantile(differences, 1 - 0.025 / kPoints)};
}

class Faster : public TunedSweep {
 public:
  std::string name() const override { return "faster"; }
  int version() const override { return 1; }
  std::string claim() const override {
    return "Batch norm makes training faster, in steps and in time (Ioffe & Szegedy 2015, "
           "section 4.1: three hidden layers of 100 sigmoid units, batch 60).";
  }
  std::string refuted_by() const override {
    return "A network without norm at its own rate that reaches the target in as few steps; or "
           "in as little time, because a step with batch norm costs more.";
  }
  std::string metric() const override {
    return "steps and seconds until the accuracy on the 1,000 test digits, looked at every 10 "
           "steps, first reaches the target (mlp 0.9, cnn 0.95); seconds are the thread's own "
           "processor time in training, evaluation aside; configurations of the tuning grid that "
           "reach the target, for each hour of training";
  }
  std::string failure() const override { return TunedSweep::failure() + kCensored; }
  std::string decision_rule() const override {
    return paired_rule() +
           "; two censored runs of a seed are a tie. Rates are chosen by the median steps to the "
           "target on the tuning seeds. Configurations an hour: the difference's bootstrap "
           "interval against 0, 95 % for all points together, tuning runs resampled within their "
           "arm; where the grid ends decides such a number as well";
  }
  std::string setup(Budget budget) const override {
    return "3,500 digits, batch 60; mlp: at 32x32, 3 x 100 sigmoid units, Xavier, horizon 1,000 "
           "steps; cnn: at 16x16, two 4x4 convolutions of stride 2, 8 and 16 maps, ReLU, He, "
           "horizon 600 steps; each with SGD and with Adam; " +
           describe(plan(budget));
  }

  std::vector<Finding> findings(const Records& results) const override {
    std::vector<PairedQuestion> questions;
    std::vector<Finding> searches;
    for (const Point& point : plan(Budget::kStandard).points) {
      const Records batch = at_best(results, point.name, "batch");
      const Records none = at_best(results, point.name, "none");
      const double horizon = point.settings["steps"].get<double>();
      for (const bool seconds : {false, true}) {
        const std::string key = seconds ? "target_seconds" : "target_step";
        const auto [ours, theirs] = means_by_seed(batch, none, negated(key));
        std::string text =
            fmt::format("median {}: {} with, {} without", seconds ? "seconds" : "steps",
                        time_text(batch, key, seconds ? INFINITY : horizon),
                        time_text(none, key, seconds ? INFINITY : horizon));
        if (seconds) {
          const auto cost = [](const json& r) { return number(r, "step_ms"); };
          text +=
              fmt::format("; a step takes {:.2f} ms with, {:.2f} without",
                          st::median(values_of(batch, cost)), st::median(values_of(none, cost)));
        }
        questions.push_back({fmt::format("The target is reached in {} with batch norm: {}",
                                         seconds ? "less time" : "fewer steps", point.name),
                             ours, theirs, text});
      }
      searches.push_back(search(results, point.name));
    }
    std::vector<Finding> found = decide_together(questions);
    found.insert(found.end(), searches.begin(), searches.end());
    return found;
  }

  std::vector<Figure> figures(const Records& results) const override {
    std::vector<Figure> figures;
    for (const Point& point : plan(Budget::kStandard).points) {
      figures.push_back(over_steps(
          "Accuracy over training, median over seeds, each at its own rate: " + point.name,
          "accuracies",
          {{"batch norm", at_best(results, point.name, "batch")},
           {"no norm", at_best(results, point.name, "none")}}));
    }
    figures.push_back(settings_table(results));
    return figures;
  }

 protected:
  double tuning_score(const json& record) const override { return soonest(record); }

  Plan plan(Budget budget) const override {
    const bool quick = budget == Budget::kQuick;
    Plan plan;
    plan.arms = with_and_without();
    const json mlp{{"image_size", 32}, {"steps", 1000}, {"eval_every", 10}, {"target", 0.9}};
    json cnn = small_cnn();
    cnn.update({{"target", 0.95}, {"eval_every", 10}});
    const auto with = [](json settings, const char* optimizer) {
      settings["optimizer"] = optimizer;
      return settings;
    };
    const std::vector<double> adam{3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1};
    plan.points = {{"mlp, sgd", with(mlp, "sgd"), {0.03, 0.1, 0.3, 1, 3, 10}, 1.5},
                   {"mlp, adam", with(mlp, "adam"), adam, 1.5},
                   {"cnn, sgd", with(cnn, "sgd"), {0.01, 0.03, 0.1, 0.3, 1, 3}, 0.8},
                   {"cnn, adam", with(cnn, "adam"), adam, 0.8}};
    plan.tuning_seeds = quick ? 1 : 3;
    plan.seeds = usual_seeds(budget);
    return plan;
  }

 private:
  static Finding search(const Records& results, const std::string& point) {
    const std::string claim =
        "More configurations an hour reach the target with batch norm: " + point;
    const Records batch = tuning(results, point, "batch");
    const Records none = tuning(results, point, "none");
    if (batch.empty() || none.empty()) return {claim, "no data", false, ""};
    const st::Interval d = difference_an_hour(batch, none);
    const auto reached = [](const Records& runs) {
      return std::count_if(runs.begin(), runs.end(), [](const json& r) {
        return std::isfinite(number(r, "target_seconds"));
      });
    };
    return {claim, st::to_string(st::decide_difference(d)), false,
            fmt::format("{:.0f} an hour with ({} of {} tuning runs, rate x seed), {:.0f} without "
                        "({} of {}); difference {}",
                        found_an_hour(batch), reached(batch), batch.size(), found_an_hour(none),
                        reached(none), none.size(), with_interval(d.estimate, d.low, d.high))};
  }
};

}  // namespace

const Study& faster() {
  static const Faster study;
  return study;
}

}  // namespace dcgan
