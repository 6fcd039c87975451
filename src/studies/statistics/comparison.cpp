#include "studies/statistics/comparison.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace dcgan::statistics {
namespace {

double beats(double a, double b) { return a > b ? 1.0 : a == b ? 0.5 : 0.0; }

}  // namespace

Interval paired_improvement(const std::vector<double>& a, const std::vector<double>& b) {
  double wins = 0;
  for (size_t i = 0; i < a.size(); ++i) wins += beats(a[i], b[i]);
  const auto n = static_cast<int64_t>(a.size());
  // Half a win more or less: the wider end each.
  return {wins / static_cast<double>(n),
          rate_interval(static_cast<int64_t>(std::floor(wins)), n).low,
          rate_interval(static_cast<int64_t>(std::ceil(wins)), n).high};
}

double sign_test_p(const std::vector<double>& a, const std::vector<double>& b) {
  int64_t wins = 0;
  int64_t n = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    if (a[i] == b[i]) continue;
    ++n;
    wins += a[i] > b[i] ? 1 : 0;
  }
  const int64_t fewer = std::min(wins, n - wins);
  double tail = 0;
  for (int64_t k = 0; k <= fewer; ++k) {
    const auto x = static_cast<double>(k);
    const auto m = static_cast<double>(n);
    tail += std::exp(std::lgamma(m + 1) - std::lgamma(x + 1) - std::lgamma(m - x + 1) -
                     m * std::log(2.0));
  }
  return std::min(1.0, 2 * tail);
}

std::vector<double> holm(const std::vector<double>& p_values) {
  std::vector<size_t> order(p_values.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t i, size_t j) { return p_values[i] < p_values[j]; });
  std::vector<double> adjusted(p_values.size());
  double running = 0;
  for (size_t rank = 0; rank < order.size(); ++rank) {
    const auto left = static_cast<double>(order.size() - rank);
    running = std::max(running, std::min(1.0, left * p_values[order[rank]]));
    adjusted[order[rank]] = running;
  }
  return adjusted;
}

std::string to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::kSupported:
      return "supported";
    case Verdict::kNotSupported:
      return "not supported";
    case Verdict::kInconclusive:
      break;
  }
  return "inconclusive";
}

Decision decide(const Interval& improvement) {
  constexpr double kEven = 0.5;
  constexpr double kMeaningful = 0.75;
  Decision decision;
  if (improvement.low > kEven) decision.verdict = Verdict::kSupported;
  if (improvement.high < kEven) decision.verdict = Verdict::kNotSupported;
  decision.meaningful =
      decision.verdict == Verdict::kSupported && improvement.estimate > kMeaningful;
  return decision;
}

Verdict decide_difference(const Interval& difference) {
  if (difference.low > 0) return Verdict::kSupported;
  return difference.high < 0 ? Verdict::kNotSupported : Verdict::kInconclusive;
}

double expected_best(std::vector<double> scores, int64_t k) {
  std::sort(scores.begin(), scores.end());
  const auto n = static_cast<double>(scores.size());
  double sum = 0;
  for (size_t i = 0; i < scores.size(); ++i) {
    const double upto = std::pow(static_cast<double>(i + 1) / n, static_cast<double>(k));
    const double below = std::pow(static_cast<double>(i) / n, static_cast<double>(k));
    if (upto > below) sum += scores[i] * (upto - below);
  }
  return sum;
}

double kaplan_meier_median(const std::vector<double>& times, const std::vector<bool>& observed) {
  std::vector<size_t> order(times.size());
  std::iota(order.begin(), order.end(), size_t{0});
  // At equal times events come before censoring.
  std::sort(order.begin(), order.end(), [&](size_t i, size_t j) {
    return times[i] != times[j] ? times[i] < times[j] : observed[i] && !observed[j];
  });
  double surviving = 1;
  auto at_risk = static_cast<double>(times.size());
  for (const size_t i : order) {
    if (observed[i]) surviving *= (at_risk - 1) / at_risk;
    at_risk -= 1;
    if (surviving <= 0.5 + 1e-12) return times[i];
  }
  return std::numeric_limits<double>::infinity();
}

}  // namespace dcgan::statistics
