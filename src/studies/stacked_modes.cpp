#include "studies/stacked_modes.h"

#include <fmt/format.h>

#include "studies/paired_study.h"
#include "studies/records.h"
#include "studies/statistics/comparison.h"

namespace dcgan {
namespace {

double modes(const nlohmann::json& record) {
  return record.contains("modes") && !record["modes"].empty() ? record["modes"].back().get<double>()
                                                              : 0.0;
}

class StackedModes : public PairedStudy {
 public:
  std::string name() const override { return "stacked-modes"; }
  int version() const override { return 1; }
  std::string claim() const override {
    return "With batch norm the generator draws more of the 1,000 modes of stacked digits.";
  }
  std::string refuted_by() const override {
    return "As many or more modes without norm, at its own better initialisation and rate.";
  }
  std::string metric() const override {
    return "classes out of 1,000 in 26,000 samples at the horizon, by the classifier "
           "'stacked-digits'. Published for context, on other settings: DCGAN 99 modes (VEEGAN's "
           "paper), 78.9 +- 6.5 (PacGAN's rerun), PacDCGAN2 1000";
  }
  std::string failure() const override {
    return "a loss or weight that is not finite, or samples whose deviation is below half of the "
           "real images'";
  }
  std::string decision_rule() const override {
    return "P(more modes with norm than without), the better of two settings of each arm by its "
           "median: the 95 % interval against 0.5";
  }
  std::string setup(Budget budget) const override {
    return fmt::format(
        "128,000 triples of digits at 32x32x3, ngf = ndf = 16, batch 64, {} steps, each "
        "arm at learning rates 1e-3 and 5e-3 with its better initialisation of "
        "gan-stability; {} seeds",
        kSteps, seeds_of(budget));
  }
  double cell_seconds(const Cell& /*cell*/) const override { return 75; }

  std::vector<Finding> findings(const std::vector<nlohmann::json>& results) const override {
    const Records both = better(results, "both");
    const Records none = better(results, "none");
    if (both.empty() || none.empty()) return {{claim(), "no data", false, ""}};
    const auto a = values_of(both, modes);
    const auto b = values_of(none, modes);
    const statistics::Interval p = statistics::probability_of_improvement(a, b, 41);
    const statistics::Decision decision = statistics::decide(p);
    const auto iqm = [](const std::vector<double>& x) {
      const auto i = statistics::bootstrap_interval(x, statistics::interquartile_mean, 42);
      return with_interval(i.estimate, i.low, i.high);
    };
    return {{claim(), statistics::to_string(decision.verdict), decision.meaningful,
             fmt::format("modes {} with ({}), {} without ({}); P(more) {} over {} and {} runs",
                         iqm(a), both.front()["arm"].get<std::string>(), iqm(b),
                         none.front()["arm"].get<std::string>(),
                         with_interval(p.estimate, p.low, p.high), a.size(), b.size())}};
  }

 protected:
  std::vector<std::pair<std::string, nlohmann::json>> arms() const override {
    std::vector<std::pair<std::string, nlohmann::json>> arms;
    for (const auto& [label, lr] : {std::pair{"1e-3", 1e-3}, std::pair{"5e-3", 5e-3}}) {
      arms.emplace_back(std::string("both, rate ") + label, settings("batch", "he", lr));
      arms.emplace_back(std::string("none, rate ") + label, settings("none", "dcgan", lr));
    }
    return arms;
  }
  int64_t seeds_of(Budget budget) const override {
    return budget == Budget::kQuick ? 2 : budget == Budget::kStandard ? 10 : 20;
  }

 private:
  static constexpr int64_t kSteps = 1500;

  static nlohmann::json settings(const char* norm, const char* init, double lr) {
    return {{"data", "stacked-digits"},
            {"norm_g", norm},
            {"norm_d", norm},
            {"init", init},
            {"lr", lr},
            {"steps", kSteps},
            {"eval_every", kSteps / 5},
            {"eval_samples", 26'000}};
  }

  // The runs of the rate at which the arm's median is higher.
  static Records better(const std::vector<nlohmann::json>& results, const std::string& arm) {
    const Records slow = select(results, "", arm + ", rate 1e-3");
    const Records fast = select(results, "", arm + ", rate 5e-3");
    return statistics::median(values_of(fast, modes)) > statistics::median(values_of(slow, modes))
               ? fast
               : slow;
  }
};

}  // namespace

const Study& stacked_modes() {
  static const StackedModes study;
  return study;
}

}  // namespace dcgan
