#include "studies/own_kernels.h"

#include <fmt/format.h>

#include <cmath>

#include "studies/paired_study.h"
#include "studies/records.h"
#include "studies/statistics/comparison.h"

namespace dcgan {
namespace {

constexpr double kMostRatio = 1.1;

class OwnKernels : public PairedStudy {
 public:
  std::string name() const override { return "own-kernels"; }
  int version() const override { return 1; }
  std::string claim() const override {
    return "Networks train as well on this project's convolution kernels (Winograd included) as "
           "on LibTorch's operators.";
  }
  std::string refuted_by() const override {
    return "A FID that is more than a tenth larger with the project's kernels.";
  }
  std::string metric() const override {
    return "ratio of the FIDs at the horizon, own over LibTorch's, geometric mean over seeds";
  }
  std::string failure() const override {
    return "as in gan-stability; counts with its own FID, or with 10,000 where it broke off";
  }
  std::string decision_rule() const override {
    return "supported if the upper end of the ratio's 95 % interval is at most 1.1, not "
           "supported if its lower end is above 1.1";
  }
  std::string setup(Budget budget) const override {
    return fmt::format(
        "5,000 digits at 32x32, ngf = ndf = 16, batch norm, He, learning rate 1e-2, 300 steps; "
        "{} seeds, paired",
        seeds_of(budget));
  }
  double cell_seconds(const Cell& cell) const override { return cell.arm == "own" ? 6 : 16; }

  std::vector<Finding> findings(const std::vector<nlohmann::json>& results) const override {
    const auto [own, libtorch] =
        paired_by_seed(select(results, "", "own"), select(results, "", "libtorch"));
    if (own.empty()) return {{claim(), "no data", false, ""}};
    std::vector<double> logs;
    logs.reserve(own.size());
    for (size_t i = 0; i < own.size(); ++i) {
      logs.push_back(mean_score(libtorch[i]) - mean_score(own[i]));
    }
    const statistics::Interval i = statistics::bootstrap_interval(logs, statistics::mean, 21);
    const double high = std::exp(i.high);
    const std::string verdict = high <= kMostRatio             ? "supported"
                                : std::exp(i.low) > kMostRatio ? "not supported"
                                                               : "inconclusive";
    return {{claim(), verdict, false,
             fmt::format("ratio of FIDs {} over {} seeds",
                         with_interval(std::exp(i.estimate), std::exp(i.low), high), own.size())}};
  }

 protected:
  std::vector<std::pair<std::string, nlohmann::json>> arms() const override {
    nlohmann::json settings{{"init", "he"}, {"lr", 1e-2}, {"steps", 300}, {"eval_every", 100}};
    auto other = settings;
    other["convolutions"] = "libtorch";
    return {{"own", settings}, {"libtorch", other}};
  }
  bool has_floor() const override { return false; }
  int64_t seeds_of(Budget budget) const override { return budget == Budget::kQuick ? 10 : 120; }
};

}  // namespace

const Study& own_kernels() {
  static const OwnKernels study;
  return study;
}

}  // namespace dcgan
