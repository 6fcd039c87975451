#include "studies/regularisation.h"

#include <fmt/format.h>

#include <string>
#include <vector>

#include "studies/record_figures.h"
#include "studies/sweep_parts.h"
#include "studies/tuned_sweep.h"

namespace dcgan {
namespace {

using nlohmann::json;

constexpr int64_t kSizes[] = {250, 1000, 3500};
constexpr double kDropouts[] = {0, 0.2, 0.5};

std::string name_of(int64_t size, double dropout) {
  return fmt::format("{} images, dropout {:g}", size, dropout);
}

// Accuracy on training images minus that on the judging ones; a failed run has learnt neither.
double gap(const json& record) {
  return failed(record) ? 0 : record["train_accuracy"].get<double>() - accuracy(record);
}

// The one that all of the runs share.
double dropout_of(const Records& runs) {
  return runs.empty() ? 0 : runs.front()["settings"]["dropout"].get<double>();
}

class Regularisation : public TunedSweep {
 public:
  std::string name() const override { return "regularisation"; }
  int version() const override { return 1; }
  std::string claim() const override {
    return "Batch norm regularises: the gap between training and test is smaller, and dropout "
           "can be reduced or left out (Ioffe & Szegedy 2015, section 3.4).";
  }
  std::string refuted_by() const override {
    return "Without norm a gap as small, or dropout that helps a network with batch norm as much "
           "as one without.";
  }
  std::string metric() const override {
    return "accuracy on training images minus accuracy on the 1,000 test digits at the horizon; "
           "the test accuracy; and what dropout adds to it, at the dropout (0, 0.2 or 0.5) and "
           "rate chosen on validation digits";
  }
  std::string decision_rule() const override {
    return paired_rule() +
           ". 'Dropout adds less with batch norm' compares the gains of the two arms over their "
           "own runs without dropout, seed by seed";
  }
  std::string setup(Budget budget) const override {
    return "digits at 16x16, batch 60, SGD, 3 x 100 ReLUs, He, 1,000 steps, dropout after every "
           "hidden layer; " +
           describe(plan(budget));
  }

  std::vector<Finding> findings(const Records& results) const override {
    std::vector<PairedQuestion> questions;
    for (const int64_t size : kSizes) {
      const std::string bare = name_of(size, 0);
      const Records batch = at_best(results, bare, "batch");
      const Records none = at_best(results, bare, "none");
      if (batch.empty() && size == kSizes[1]) continue;  // not in the quick budget
      const std::string where = fmt::format(": {} images", size);
      const auto ask = [&](const std::string& claim, const Records& ours, const Records& theirs,
                           const Value& value, const std::string& what, double sign) {
        auto [a, b] = means_by_seed(ours, theirs, value);
        const std::string text =
            fmt::format("{}, median: {} against {}", what, median_text(a), median_text(b));
        for (double& x : a) x *= sign;
        for (double& x : b) x *= sign;
        questions.push_back({claim + where, a, b, text});
      };
      ask("Without dropout the gap is smaller with batch norm", batch, none, gap, "gap", -1);
      ask("Without dropout the test accuracy is higher with batch norm", batch, none, quality,
          "accuracy", 1);
      std::vector<std::string> dropped;
      for (const double dropout : kDropouts) {
        if (dropout > 0) dropped.push_back(name_of(size, dropout));
      }
      const Records batch_best = at_best_point(results, dropped, "batch");
      const Records none_best = at_best_point(results, dropped, "none");
      ask(
          "Dropout adds less accuracy with batch norm", with_advantage(batch_best, batch),
          with_advantage(none_best, none),
          [](const json& r) { return r["advantage"].get<double>(); },
          fmt::format("gain by dropout {:g} with and {:g} without", dropout_of(batch_best),
                      dropout_of(none_best)),
          -1);
      ask("Batch norm without dropout is better than no norm with its best dropout", batch,
          none_best, quality,
          fmt::format("accuracy, dropout {:g} without norm", dropout_of(none_best)), 1);
    }
    return decide_together(questions);
  }

  std::vector<Figure> figures(const Records& results) const override {
    std::vector<Figure> figures;
    for (const bool gaps : {true, false}) {
      std::vector<Group> groups;
      for (const double dropout : kDropouts) {
        for (const char* arm : {"batch", "none"}) {
          std::vector<std::string> points;
          for (const int64_t size : kSizes) points.push_back(name_of(size, dropout));
          const Records runs = at_best(results, points, arm);
          if (runs.empty()) continue;
          groups.push_back({fmt::format("{}, {:g}", arm, dropout), runs});
        }
      }
      Figure figure =
          lines_along(gaps ? "Gap between training and test accuracy, by norm and dropout"
                           : "Test accuracy, by norm and dropout",
                      "training images", setting("training_images"), gaps ? "gap" : "accuracy",
                      gaps ? Value(gap) : Value(accuracy), groups);
      figure.log_x = true;
      figures.push_back(std::move(figure));
    }
    figures.push_back(settings_table(results));
    return figures;
  }

 protected:
  Plan plan(Budget budget) const override {
    const bool quick = budget == Budget::kQuick;
    Plan plan;
    plan.arms = with_and_without();
    for (const int64_t size : kSizes) {
      for (const double dropout : kDropouts) {
        if (quick && (size == kSizes[1] || dropout == kDropouts[1])) continue;
        plan.points.push_back({name_of(size, dropout),
                               {{"training_images", size},
                                {"dropout", dropout},
                                {"activation", "relu"},
                                {"init", "he"},
                                {"eval_every", 100}},
                               quick ? std::vector<double>{0.03, 0.1, 0.3}
                                     : std::vector<double>{0.01, 0.03, 0.1, 0.3, 1},
                               dropout > 0 ? 1.5 : 0.7});
      }
    }
    plan.tuning_seeds = quick ? 1 : 3;
    plan.seeds = usual_seeds(budget);
    return plan;
  }
};

}  // namespace

const Study& regularisation() {
  static const Regularisation study;
  return study;
}

}  // namespace dcgan
