// Computes the studies' statistics on given scores, for comparison with other implementations:
// reads a JSON object {"a": [...], "b": [...], "k": n, "n": n, "p": [...], "times": [...],
// "observed": [...]} from standard input and prints one.
#include <iostream>
#include <nlohmann/json.hpp>

#include "studies/statistics/comparison.h"

using nlohmann::json;
namespace st = dcgan::statistics;

namespace {

json of(const st::Interval& i) { return {i.estimate, i.low, i.high}; }

}  // namespace

int main() {
  const json in = json::parse(std::cin);
  const auto a = in.value("a", std::vector<double>{0});
  const auto b = in.value("b", std::vector<double>{0});
  json out;
  out["iqm"] = of(st::bootstrap_interval(a, st::interquartile_mean, 1));
  out["stratified"] = of(st::stratified_interval({a, b}, st::interquartile_mean, 1));
  out["median"] = st::median(a);
  if (a.size() == b.size()) {
    out["paired"] = of(st::paired_improvement(a, b));
    out["sign_p"] = st::sign_test_p(a, b);
  }
  out["profile"] = st::performance_profile(a, in.value("thresholds", std::vector<double>{}));
  if (in.contains("k")) {
    const auto k = in["k"].get<int64_t>();
    const auto n = in["n"].get<int64_t>();
    out["rate"] = of(st::rate_interval(k, n));
    out["difference"] =
        of(st::rate_difference(k, n, in.value("k2", int64_t{0}), in.value("n2", n)));
  }
  if (in.contains("p")) out["holm"] = st::holm(in["p"].get<std::vector<double>>());
  for (const int64_t k : {1, 2, 5}) out["best_of_" + std::to_string(k)] = st::expected_best(a, k);
  if (in.contains("times")) {
    out["km_median"] = st::kaplan_meier_median(in["times"].get<std::vector<double>>(),
                                               in["observed"].get<std::vector<bool>>());
  }
  std::cout << out.dump() << "\n";
  return 0;
}
