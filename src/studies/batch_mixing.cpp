#include "studies/batch_mixing.h"

#include <fmt/format.h>

#include "studies/paired_study.h"
#include "studies/records.h"
#include "studies/statistics/comparison.h"

namespace dcgan {
namespace {

class BatchMixingStudy : public PairedStudy {
 public:
  std::string name() const override { return "batch-mixing"; }
  int version() const override { return 1; }
  std::string claim() const override {
    return "Real and generated images must go through the discriminator in separate batches: "
           "with common statistics the training is worse.";
  }
  std::string refuted_by() const override {
    return "Mixed batches that reach as low a FID and fail as seldom.";
  }
  std::string metric() const override { return "FID at the horizon, features 'digits'"; }
  std::string failure() const override { return "as in gan-stability"; }
  std::string decision_rule() const override {
    return "P(grouped better than mixed) at each learning rate, paired by seed: the 95 % "
           "interval against 0.5, meaningful above 0.75; both rates must agree";
  }
  std::string setup(Budget budget) const override {
    return fmt::format(
        "5,000 digits at 32x32, ngf = ndf = 16, batch norm in both networks, He, 600 steps, "
        "learning rates 1e-3 and 1e-2; in two passes (separate), in one with statistics of each "
        "half (grouped: the same to rounding), in one with common statistics (mixed); {} seeds",
        seeds_of(budget));
  }
  double cell_seconds(const Cell& /*cell*/) const override { return 11; }

  std::vector<Finding> findings(const std::vector<nlohmann::json>& results) const override {
    std::vector<statistics::Verdict> verdicts;
    std::string evidence;
    bool meaningful = true;
    for (const char* rate : {"1e-3", "1e-2"}) {
      for (const char* other : {"mixed", "separate"}) {
        const std::string suffix = std::string(", rate ") + rate;
        const auto [grouped, rest] = paired_by_seed(select(results, "", "grouped" + suffix),
                                                    select(results, "", other + suffix));
        if (grouped.empty()) continue;
        const statistics::Interval p = statistics::paired_improvement(
            values_of(grouped, rank_score), values_of(rest, rank_score));
        evidence += fmt::format(
            "{}at {}: P(grouped better than {}) {} over {} seeds, median FID {} against {}, "
            "failed {} against {}",
            evidence.empty() ? "" : "; ", rate, other, with_interval(p.estimate, p.low, p.high),
            grouped.size(), median_fid(grouped), median_fid(rest), count_failed(grouped),
            count_failed(rest));
        // In two passes the same to rounding: shown, and no part of the verdict.
        if (std::string(other) == "separate") continue;
        const statistics::Decision decision = statistics::decide(p);
        verdicts.push_back(decision.verdict);
        meaningful &= decision.meaningful;
      }
    }
    if (verdicts.empty()) return {{claim(), "no data", false, ""}};
    const Records floor = select(results, "floor", "");
    if (!floor.empty())
      evidence += fmt::format("; real images {:.2g}", floor.front()["last_fid"].get<double>());
    const bool agree = verdicts.size() == 2 && verdicts[0] == verdicts[1];
    return {{claim(),
             statistics::to_string(agree ? verdicts[0] : statistics::Verdict::kInconclusive),
             agree && meaningful, evidence}};
  }

 protected:
  std::vector<std::pair<std::string, nlohmann::json>> arms() const override {
    std::vector<std::pair<std::string, nlohmann::json>> arms;
    for (const auto& [label, lr] : {std::pair{"1e-3", 1e-3}, std::pair{"1e-2", 1e-2}}) {
      for (const char* mixing : {"grouped", "mixed", "separate"}) {
        arms.emplace_back(std::string(mixing) + ", rate " + label,
                          nlohmann::json{{"init", "he"}, {"lr", lr}, {"mixing", mixing}});
      }
    }
    return arms;
  }
  int64_t seeds_of(Budget budget) const override {
    return budget == Budget::kQuick ? 3 : budget == Budget::kStandard ? 20 : 40;
  }
};

}  // namespace

const Study& batch_mixing() {
  static const BatchMixingStudy study;
  return study;
}

}  // namespace dcgan
