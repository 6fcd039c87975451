// Is A better than B? Larger scores are better, a failed run's is -infinity.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "studies/statistics/estimates.h"

namespace dcgan::statistics {

/// Share of seeds with which A beats B (ties count half), a[i] and b[i] of one seed each, with the
/// exact interval of a rate: a bootstrap of few seeds that all agree would have no width. At least
/// one seed, as many of B as of A.
Interval paired_improvement(const std::vector<double>& a, const std::vector<double>& b);

/// Two-sided p-value of the exact sign test on pairs, as many of `b` as of `a`; ties are left out,
/// 1 for nothing but ties.
double sign_test_p(const std::vector<double>& a, const std::vector<double>& b);

/// Adjusted p-values (Holm 1979) of values in [0, 1], in the order given.
std::vector<double> holm(const std::vector<double>& p_values);

enum class Verdict { kSupported, kNotSupported, kInconclusive };

/// "supported", "not supported", "inconclusive"
std::string to_string(Verdict verdict);

/// The rule of Bouthillier et al. 2021: supported if the interval of P(A > B) lies above 0.5, not
/// supported if it lies below, else inconclusive. `meaningful` if the estimate is above 0.75 as
/// well.
struct Decision {
  Verdict verdict = Verdict::kInconclusive;
  bool meaningful = false;
};
Decision decide(const Interval& improvement);

/// The same for a difference against 0.
Verdict decide_difference(const Interval& difference);

/// Expected best score of k settings tried at random out of the observed ones, with replacement
/// (Dodge et al. 2019, equation 7; the budget curves of Lucic et al. 2018). k >= 1; 0 for no
/// scores.
double expected_best(std::vector<double> scores, int64_t k);

/// Median time to an event by the product-limit estimate (Kaplan & Meier 1958); `observed[i]`
/// false: not yet at times[i], one entry a time. Infinity if less than half have had it, and for no
/// times.
double kaplan_meier_median(const std::vector<double>& times, const std::vector<bool>& observed);

}  // namespace dcgan::statistics
