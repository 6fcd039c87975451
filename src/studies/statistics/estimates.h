// Point estimates with intervals. Larger scores are better; a failed run has the score -infinity,
// so that it ranks last and never vanishes.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

namespace dcgan::statistics {

struct Interval {
  double estimate = 0;
  double low = 0;
  double high = 0;
};

/// Mean of the middle half: the values without the lowest and highest floor(n / 4) (the 25 %
/// trimmed mean; Agarwal et al. 2021). Infinite if a failed run lies in the middle half. NaN for
/// none.
double interquartile_mean(std::vector<double> values);

/// Arithmetic mean, summed in the order given. NaN for none.
double mean(const std::vector<double>& values);

/// NaN for none.
double median(std::vector<double> values);

/// The q-quantile, 0 <= q <= 1, linear between order statistics (numpy's default); between
/// -infinity and another value -infinity. NaN for none.
double quantile(std::vector<double> values, double q);

using Statistic = std::function<double(const std::vector<double>&)>;

/// Percentile bootstrap interval of `statistic` at 95 %: `replicates` resamples of the runs with
/// replacement (Efron & Tibshirani 1993, chapter 13). Fit from about ten runs on (Agarwal et al.
/// 2021). A function of `seed`; at least one replicate, and a statistic that is defined for
/// `values`.
Interval bootstrap_interval(const std::vector<double>& values, const Statistic& statistic,
                            uint64_t seed, int64_t replicates = 2000);

/// The same over several tasks (settings): runs are resampled within each, and the statistic sees
/// all runs of all tasks together (stratified bootstrap).
Interval stratified_interval(const std::vector<std::vector<double>>& tasks,
                             const Statistic& statistic, uint64_t seed, int64_t replicates = 2000);

/// Exact 95 % interval of a rate of `successes` in `trials` (Clopper & Pearson 1934); 0 <=
/// successes
/// <= trials, trials >= 1.
Interval rate_interval(int64_t successes, int64_t trials);

/// 95 % interval of the difference of two rates, a minus b, from their exact intervals (Newcombe
/// 1998, method 10, with Clopper and Pearson's limits): wide where few runs or no failures say
/// little, where a bootstrap would say nothing. At least one trial each.
Interval rate_difference(int64_t successes_a, int64_t trials_a, int64_t successes_b,
                         int64_t trials_b);

/// Share of runs with a score above each threshold (performance profile; Dolan & More 2002). At
/// least one score.
std::vector<double> performance_profile(const std::vector<double>& scores,
                                        const std::vector<double>& thresholds);

}  // namespace dcgan::statistics
