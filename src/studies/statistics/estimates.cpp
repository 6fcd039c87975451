#include "studies/statistics/estimates.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "studies/statistics/resampling.h"

namespace dcgan::statistics {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kTail = 0.025;

Interval percentiles(double estimate, const std::vector<double>& replicates) {
  return {estimate, quantile(replicates, kTail), quantile(replicates, 1 - kTail)};
}

// P(X <= k) for X ~ Binomial(n, p), by logarithms of its terms.
double binomial_cdf(int64_t k, int64_t n, double p) {
  if (p <= 0) return 1;
  if (p >= 1) return k >= n ? 1 : 0;
  double sum = 0;
  for (int64_t i = 0; i <= k; ++i) {
    const auto x = static_cast<double>(i);
    const auto m = static_cast<double>(n);
    sum += std::exp(std::lgamma(m + 1) - std::lgamma(x + 1) - std::lgamma(m - x + 1) +
                    x * std::log(p) + (m - x) * std::log1p(-p));
  }
  return std::min(sum, 1.0);
}

// The p in [0, 1] where a falling function crosses `level`.
double solve_falling(const std::function<double(double)>& f, double level) {
  double low = 0;
  double high = 1;
  for (int i = 0; i < 100; ++i) {
    const double middle = (low + high) / 2;
    (f(middle) > level ? low : high) = middle;
  }
  return (low + high) / 2;
}

}  // namespace

double quantile(std::vector<double> values, double q) {
  if (values.empty()) return kNaN;
  std::sort(values.begin(), values.end());
  const double place = q * static_cast<double>(values.size() - 1);
  const auto below = static_cast<size_t>(place);
  const double share = place - static_cast<double>(below);
  // Between a failed run and one that is not lies no number: the worse counts.
  if (share == 0 || values[below] == values[below + 1] || std::isinf(values[below])) {
    return values[below];
  }
  return values[below] + share * (values[below + 1] - values[below]);
}

double mean(const std::vector<double>& values) {
  if (values.empty()) return kNaN;
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double median(std::vector<double> values) { return quantile(std::move(values), 0.5); }

double interquartile_mean(std::vector<double> values) {
  if (values.empty()) return kNaN;
  std::sort(values.begin(), values.end());
  const auto cut = static_cast<std::ptrdiff_t>(values.size() / 4);
  const double sum = std::accumulate(values.begin() + cut, values.end() - cut, 0.0);
  return sum / static_cast<double>(values.size() - 2 * static_cast<size_t>(cut));
}

Interval bootstrap_interval(const std::vector<double>& values, const Statistic& statistic,
                            uint64_t seed, int64_t replicates) {
  return stratified_interval({values}, statistic, seed, replicates);
}

Interval stratified_interval(const std::vector<std::vector<double>>& tasks,
                             const Statistic& statistic, uint64_t seed, int64_t replicates) {
  const auto together = [](const std::vector<std::vector<double>>& parts) {
    std::vector<double> all;
    for (const auto& part : parts) all.insert(all.end(), part.begin(), part.end());
    return all;
  };
  const double estimate = statistic(together(tasks));
  Resampler random(seed);
  std::vector<double> estimates;
  for (int64_t i = 0; i < replicates; ++i) {
    std::vector<std::vector<double>> drawn;
    drawn.reserve(tasks.size());
    for (const auto& task : tasks) drawn.push_back(random.resample(task));
    estimates.push_back(statistic(together(drawn)));
  }
  return percentiles(estimate, estimates);
}

Interval rate_interval(int64_t successes, int64_t trials) {
  Interval result;
  result.estimate = static_cast<double>(successes) / static_cast<double>(trials);
  // P(X >= k) = tail gives the lower end, P(X <= k) = tail the upper.
  result.low = successes == 0
                   ? 0
                   : solve_falling([&](double p) { return binomial_cdf(successes - 1, trials, p); },
                                   1 - kTail);
  result.high =
      successes == trials
          ? 1
          : solve_falling([&](double p) { return binomial_cdf(successes, trials, p); }, kTail);
  return result;
}

Interval rate_difference(int64_t successes_a, int64_t trials_a, int64_t successes_b,
                         int64_t trials_b) {
  const Interval a = rate_interval(successes_a, trials_a);
  const Interval b = rate_interval(successes_b, trials_b);
  const double d = a.estimate - b.estimate;
  return {d, d - std::hypot(a.estimate - a.low, b.high - b.estimate),
          d + std::hypot(a.high - a.estimate, b.estimate - b.low)};
}

std::vector<double> performance_profile(const std::vector<double>& scores,
                                        const std::vector<double>& thresholds) {
  std::vector<double> shares;
  for (const double threshold : thresholds) {
    const auto above = std::count_if(scores.begin(), scores.end(),
                                     [&](double score) { return score > threshold; });
    shares.push_back(static_cast<double>(above) / static_cast<double>(scores.size()));
  }
  return shares;
}

}  // namespace dcgan::statistics
