#include "studies/gan_stability.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "studies/gan_cell.h"
#include "studies/gan_stability_parts.h"

namespace dcgan {
namespace {

using namespace gan_stability_parts;  // NOLINT(google-build-using-namespace)
using nlohmann::json;

constexpr uint64_t kConfirmSeed = 1000;
constexpr uint64_t kTransferSeed = 2000;

struct Plan {
  std::string tuning;  // name of the first stage: quick and standard do not mix
  std::vector<Arm> arms;
  std::vector<double> rates;
  uint64_t first_seed;
  int64_t tuning_seeds;
  int64_t confirm_seeds;
  int64_t transfer_seeds;
};

Plan plan_of(Budget budget, int64_t seeds) {
  Plan plan{"tuning", arms(), rates(), 1, 3, 20, 10};
  if (budget == Budget::kQuick) {
    plan = {"quick", {arms()[0], arms()[1]}, {1e-3, 5e-3, 1e-2}, 0, 3, 0, 0};
    if (seeds > 0) plan.tuning_seeds = seeds;
  } else {
    if (budget == Budget::kFull) plan.tuning_seeds = 5, plan.confirm_seeds = 40;
    if (seeds > 0)
      plan.confirm_seeds = seeds, plan.transfer_seeds = std::min(seeds, plan.transfer_seeds);
  }
  return plan;
}

json settings_of(const Arm& arm, const std::string& init, double lr) {
  return {{"norm_g", arm.norm_g},
          {"norm_d", arm.norm_d},
          {"init", init},
          {"lr", lr},
          {"steps", kSteps}};
}

Cell cell_of(const std::string& stage, const std::string& arm, const json& settings,
             uint64_t seed) {
  return {"gan-stability", stage, arm, settings.dump(), seed};
}

class GanStability : public Study {
 public:
  std::string name() const override { return "gan-stability"; }
  int version() const override { return 1; }
  std::string claim() const override {
    return "Batch norm makes the training of a DCGAN stable: more settings train, fewer runs "
           "fail, and at its own best it is better.";
  }
  std::string refuted_by() const override {
    return "An ablated network, tuned on the same budget, that is as good or better on fresh "
           "seeds, fails as seldom, and trains over as wide a range of learning rates.";
  }
  std::string metric() const override {
    return "FID of 2,000 samples (running statistics) against all 5,000 digits on the features "
           "'digits', at the horizon (features 'random' on emoji and Fashion-MNIST: other "
           "numbers); best, KID, classes, entropy and deviation beside it";
  }
  std::string failure() const override {
    return "a loss or weight that is not finite, or at the horizon samples whose deviation is "
           "below half of the real images', or fewer than 5 of 10 classes drawn. A failed run "
           "ranks last; in means and figures it counts with the FID that it has, or with 10,000 "
           "where it broke off. 'Never started': it looked collapsed at every evaluation";
  }
  std::string decision_rule() const override {
    return "P(A > B) on fresh seeds, paired: supported if the exact 95 % interval lies above "
           "0.5, meaningful if the estimate exceeds 0.75 as well, not supported if it lies "
           "below. (i): difference in the share of rates that train, seeds resampled, and the "
           "exact interval over seeds must agree; (iii): difference of rates by Newcombe's "
           "method; (iv): difference of expected bests (geometric means) of the tuning runs by "
           "bootstrap, at k = 1, 2 and 4: each against 0. An opponent none of whose tuning runs "
           "trained has no best to compare with. Sign tests, Holm over opponents and transfers: "
           "a verdict that does not survive is inconclusive. (The intervals of (i) and (iii), "
           "the arm sn-d and the floor were set after tuning runs had been seen and before any "
           "fresh seed was run.)";
  }
  std::string setup(Budget budget) const override {
    const Plan plan = plan_of(budget, 0);
    return fmt::format(
        "5,000 digits at 32x32, ngf = ndf = 16, batch 64, Adam beta1 0.5, equal rates, {} steps; "
        "{} arms x {} initialisations x {} learning rates x {} tuning seeds{}",
        kSteps, plan.arms.size(), initializations().size(), plan.rates.size(), plan.tuning_seeds,
        plan.confirm_seeds == 0
            ? ""
            : fmt::format(
                  "; then {} fresh seeds at each arm's best setting and, for both and none, "
                  "along the whole row of rates at their best initialisation; {} fresh seeds "
                  "each at width 32, at 64 pixels, on colour emoji and on Fashion-MNIST",
                  plan.confirm_seeds, plan.transfer_seeds));
  }

  std::vector<Cell> cells(Budget budget, int64_t seeds, const Records& results) const override {
    const Plan plan = plan_of(budget, seeds);
    std::vector<Cell> cells = tuning_cells(plan);
    // Real against real: what no generator can be below.
    cells.push_back(cell_of("floor", "real", json::object(), 0));
    if (plan.confirm_seeds == 0 || !all_done(cells, results)) return cells;
    const auto add = [&](const std::string& stage, const std::string& arm, const json& settings,
                         uint64_t first, int64_t count) {
      for (int64_t i = 0; i < count; ++i) {
        cells.push_back(cell_of(stage, arm, settings, first + static_cast<uint64_t>(i)));
      }
    };
    for (const Arm& arm : plan.arms) {
      const Setting best = best_setting(results, arm.name);
      const std::string name = arm.name;
      const bool whole_row = name == "both" || name == "none";
      for (const double lr : plan.rates) {
        if (whole_row || lr == best.lr) {
          add("confirm", name, settings_of(arm, best.init, lr), kConfirmSeed, plan.confirm_seeds);
        }
      }
    }
    for (const auto& [label, change] : transfers()) {
      const json floor = floor_of(change);
      if (!floor.empty()) cells.push_back(cell_of("floor", "real", floor, 0));
      for (const char* name : {"both", "none"}) {
        const Setting best = best_setting(results, name);
        json settings = settings_of(arm_named(name), best.init, best.lr);
        settings.update(change);
        add("transfer", name, settings, kTransferSeed, plan.transfer_seeds);
      }
    }
    return cells;
  }

  int64_t expected_cells(Budget budget, int64_t seeds) const override {
    const Plan plan = plan_of(budget, seeds);
    const auto arms = static_cast<int64_t>(plan.arms.size());
    const auto rates = static_cast<int64_t>(plan.rates.size());
    const int64_t floors = std::count_if(transfers().begin(), transfers().end(),
                                         [](const auto& t) { return !floor_of(t.second).empty(); });
    return static_cast<int64_t>(tuning_cells(plan).size()) + 1 +
           plan.confirm_seeds * (arms - 2 + 2 * rates) +
           plan.transfer_seeds * 2 * static_cast<int64_t>(transfers().size()) +
           (plan.transfer_seeds > 0 ? floors : 0);
  }

  double cell_seconds(const Cell& cell) const override {
    if (cell.stage == "floor") return 1;
    const json settings = json::parse(cell.settings);
    const bool graph = settings["norm_d"] == "spectral" || settings["norm_d"] == "layer";
    double seconds = graph ? 16 : 11;
    if (settings.contains("nf")) seconds *= 2.8;
    if (settings.contains("image_size")) seconds *= 5;
    return seconds;
  }

  json run(const Cell& cell, const std::string& film) const override {
    if (cell.stage == "floor") return run_real_floor(gan_cell_from(json::parse(cell.settings), 0));
    return run_gan_cell(gan_cell_from(json::parse(cell.settings), cell.seed), film);
  }

  std::vector<Finding> findings(const Records& results) const override {
    return gan_stability_parts::findings(results);
  }
  std::vector<Figure> figures(const Records& results) const override {
    return gan_stability_parts::figures(results);
  }

 private:
  static std::vector<Cell> tuning_cells(const Plan& plan) {
    std::vector<Cell> cells;
    // Seeds outermost: an interrupted study has few seeds everywhere instead of many somewhere.
    for (int64_t i = 0; i < plan.tuning_seeds; ++i) {
      for (const Arm& arm : plan.arms) {
        for (const std::string& init : initializations()) {
          for (const double lr : plan.rates) {
            cells.push_back(cell_of(plan.tuning, arm.name, settings_of(arm, init, lr),
                                    plan.first_seed + static_cast<uint64_t>(i)));
          }
        }
      }
    }
    return cells;
  }
};

}  // namespace

const Study& gan_stability() {
  static const GanStability study;
  return study;
}

}  // namespace dcgan
