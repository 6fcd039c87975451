#include "studies/gradient_flow.h"

#include "studies/record_figures.h"
#include "studies/sweep_parts.h"
#include "studies/tuned_sweep.h"

namespace dcgan {
namespace {

using nlohmann::json;

struct Opponent {
  const char* arm;
  const char* claim;
};
constexpr Opponent kOpponents[] = {{"detached", "The gradient through mean and variance is needed"},
                                   {"no-centring", "Centring is needed"},
                                   {"no-scaling", "Scaling is needed"},
                                   {"none", "Full batch norm is better than no norm"}};

class GradientFlow : public TunedSweep {
 public:
  std::string name() const override { return "gradient-flow"; }
  int version() const override { return 1; }
  std::string claim() const override {
    return "Batch norm needs the gradient through the batch's statistics (Ioffe & Szegedy 2015, "
           "section 2), its centring and its scaling.";
  }
  std::string refuted_by() const override {
    return "Statistics that count as constants in the backward, no centring or no scaling, each "
           "at its own learning rate, and training is as good.";
  }
  std::string metric() const override {
    return "accuracy on the 1,000 test digits at the horizon; of the DCGAN the FID of 2,000 "
           "samples on the features 'digits'. mean-detached and variance-detached, one of the "
           "two alone, are shown and not judged";
  }
  std::string decision_rule() const override { return paired_rule(); }
  std::string setup(Budget budget) const override {
    return "3,500 digits at 16x16, batch 60, SGD; mlp: 3 x 100 sigmoid units, Xavier, 1,000 "
           "steps; cnn: two 4x4 convolutions of stride 2, 8 and 16 maps, ReLU, He, 600 steps; "
           "DCGAN at 16 pixels, ngf = ndf = 16, N(0, 0.02), batch 64, 300 steps; " +
           describe(plan(budget));
  }

  std::vector<Finding> findings(const Records& results) const override {
    std::vector<PairedQuestion> questions;
    for (const Opponent& opponent : kOpponents) {
      for (const Point& point : plan(Budget::kStandard).points) {
        const Records full = at_best(results, point.name, "full");
        const Records other = at_best(results, point.name, opponent.arm);
        questions.push_back(better(std::string(opponent.claim) + ": " + point.name, "full", full,
                                   opponent.arm, other));
      }
    }
    return decide_together(questions);
  }

  std::vector<Figure> figures(const Records& results) const override {
    std::vector<Figure> figures;
    for (const Point& point : plan(Budget::kStandard).points) {
      const bool gan = is_gan(point.settings);
      std::vector<Group> groups;
      for (const Arm& arm : plan(Budget::kStandard).arms) {
        groups.push_back({arm.name, at_best(results, point.name, arm.name)});
      }
      Figure figure =
          over_steps(std::string(gan ? "FID" : "Accuracy") +
                         " over training, median over seeds, each at its own rate: " + point.name,
                     gan ? "fid" : "accuracies", groups);
      figure.log_y = gan;
      figures.push_back(std::move(figure));
    }
    figures.push_back(settings_table(results));
    return figures;
  }

 protected:
  Plan plan(Budget budget) const override {
    const bool quick = budget == Budget::kQuick;
    Plan plan;
    const auto arm = [&](const char* name, json settings) {
      settings["norm"] = "batch";
      plan.arms.push_back({name, std::move(settings)});
    };
    arm("full", json::object());
    arm("detached", {{"through_mean", false}, {"through_variance", false}});
    arm("mean-detached", {{"through_mean", false}});
    arm("variance-detached", {{"through_variance", false}});
    arm("no-centring", {{"centring", false}});
    arm("no-scaling", {{"scaling", false}});
    plan.arms.push_back({"none", {{"norm", "none"}}});
    const auto rates = [&](double first, double second) {
      return quick ? std::vector<double>{first, 3 * first, second}
                   : std::vector<double>{first / 10, first, 3 * first, second, 3 * second};
    };
    plan.points = {{"mlp", json::object(), rates(0.1, 1), 0.7},
                   {"cnn", small_cnn(), rates(0.03, 0.3), 0.7},
                   dcgan_point("dcgan", json::object(), {1e-3, 5e-3, 1e-2}, 4)};
    plan.tuning_seeds = quick ? 1 : 2;
    plan.seeds = usual_seeds(budget);
    return plan;
  }
};

}  // namespace

const Study& gradient_flow() {
  static const GradientFlow study;
  return study;
}

}  // namespace dcgan
