#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "studies/records.h"
#include "studies/study.h"

namespace dcgan {

/// A claim that one arm is better than another, by scores of the same seeds; larger is better.
struct PairedQuestion {
  std::string claim;
  std::vector<double> ours;
  std::vector<double> theirs;
  /// Numbers beside the verdict's own.
  std::string evidence;
};

/// The rule of all paired comparisons: supported if the exact 95 % interval of P(ours better) lies
/// above 0.5, meaningful if the estimate exceeds 0.75 as well, not supported if it lies below; a
/// verdict that does not survive Holm's adjustment of the sign tests over all questions is
/// inconclusive.
std::vector<Finding> decide_together(const std::vector<PairedQuestion>& questions);

/// The same in words, for decision_rule().
std::string paired_rule();

using Value = std::function<double(const nlohmann::json&)>;

/// One number a seed: the mean of `value` over the seed's runs. Only seeds that both have with as
/// many runs, on one kind of processor.
std::pair<std::vector<double>, std::vector<double>> means_by_seed(const Records& a,
                                                                  const Records& b,
                                                                  const Value& value);

/// Median of a measure with its bootstrap interval; `infinite`: the word for an infinite one.
std::string median_text(const std::vector<double>& values, const std::string& infinite = "never");

/// Median time to the event `key` (null: not within the horizon) with the share of runs that had
/// it: "340 (10 of 10)", or "never (3 of 10)" where fewer than half had it (Kaplan & Meier).
std::string time_text(const Records& runs, const std::string& key, double horizon);

/// -`key`, the number of a record, and -infinity where it has none: so larger is better of a time,
/// an error or a distance, and best is never what was not reached.
Value negated(const std::string& key);

}  // namespace dcgan
