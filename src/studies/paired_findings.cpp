#include "studies/paired_findings.h"

#include <fmt/format.h>

#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "studies/statistics/comparison.h"

namespace dcgan {
namespace {

namespace st = statistics;
using nlohmann::json;

struct SeedMean {
  double sum = 0;
  int64_t count = 0;
};

std::map<std::pair<uint64_t, std::string>, SeedMean> sums_of(const Records& records,
                                                             const Value& value) {
  std::map<std::pair<uint64_t, std::string>, SeedMean> sums;
  for (const json& record : records) {
    SeedMean& mean =
        sums[{record["seed"].get<uint64_t>(), record.value("processor", std::string())}];
    mean.sum += value(record);
    ++mean.count;
  }
  return sums;
}

std::string short_number(double value, const std::string& infinite = "never") {
  if (!std::isfinite(value)) return infinite;
  return std::abs(value) >= 100 ? fmt::format("{:.0f}", value) : fmt::format("{:.3g}", value);
}

}  // namespace

std::string paired_rule() {
  return "P(A > B) over fresh seeds, paired: supported if the exact 95 % interval lies above "
         "0.5, meaningful if the estimate exceeds 0.75 as well, not supported if it lies below; "
         "sign tests, Holm over the study's comparisons: a verdict that does not survive is "
         "inconclusive";
}

namespace {

// " (9 better, 11 equal, 0 worse)" where there are ties.
std::string ties_text(const PairedQuestion& q) {
  int better = 0;
  int equal = 0;
  for (size_t i = 0; i < q.ours.size(); ++i) {
    better += q.ours[i] > q.theirs[i] ? 1 : 0;
    equal += q.ours[i] == q.theirs[i] ? 1 : 0;
  }
  if (equal == 0) return "";
  return fmt::format(" ({} better, {} equal, {} worse)", better, equal,
                     q.ours.size() - static_cast<size_t>(better + equal));
}

}  // namespace

std::vector<Finding> decide_together(const std::vector<PairedQuestion>& questions) {
  std::vector<double> p_values;
  for (const PairedQuestion& q : questions) {
    if (!q.ours.empty()) p_values.push_back(st::sign_test_p(q.ours, q.theirs));
  }
  const std::vector<double> adjusted = st::holm(p_values);
  std::vector<Finding> findings;
  size_t next = 0;
  for (const PairedQuestion& q : questions) {
    if (q.ours.empty()) {
      findings.push_back({q.claim, "no data", false, q.evidence});
      continue;
    }
    const double holm_p = adjusted[next++];
    const st::Interval p = st::paired_improvement(q.ours, q.theirs);
    const st::Decision decision = st::decide(p);
    const bool survives = holm_p < 0.05;
    findings.push_back(
        {q.claim,
         survives ? st::to_string(decision.verdict) : st::to_string(st::Verdict::kInconclusive),
         decision.meaningful && survives,
         fmt::format("P(better) {} over {} seeds{}, Holm-adjusted p {:.2g}{}{}",
                     with_interval(p.estimate, p.low, p.high), q.ours.size(), ties_text(q), holm_p,
                     q.evidence.empty() ? "" : "; ", q.evidence)});
  }
  return findings;
}

std::pair<std::vector<double>, std::vector<double>> means_by_seed(const Records& a,
                                                                  const Records& b,
                                                                  const Value& value) {
  const auto first = sums_of(a, value);
  const auto second = sums_of(b, value);
  std::pair<std::vector<double>, std::vector<double>> pairs;
  for (const auto& [seed, mean] : first) {
    const auto other = second.find(seed);
    if (other == second.end() || other->second.count != mean.count) continue;
    const auto n = static_cast<double>(mean.count);
    pairs.first.push_back(mean.sum / n);
    pairs.second.push_back(other->second.sum / n);
  }
  return pairs;
}

std::string median_text(const std::vector<double>& values, const std::string& infinite) {
  if (values.empty()) return "-";
  const st::Interval i = st::bootstrap_interval(values, st::median, 31);
  return fmt::format("{} ({} to {})", short_number(i.estimate, infinite),
                     short_number(i.low, infinite), short_number(i.high, infinite));
}

std::string time_text(const Records& runs, const std::string& key, double horizon) {
  std::vector<double> times;
  std::vector<bool> observed;
  int64_t reached = 0;
  for (const json& record : runs) {
    const double time = number_of(record, key, NAN);
    const bool seen = !std::isnan(time);
    times.push_back(seen ? time : horizon);
    observed.push_back(seen);
    reached += seen ? 1 : 0;
  }
  if (times.empty()) return "-";
  return fmt::format("{} ({} of {} runs)", short_number(st::kaplan_meier_median(times, observed)),
                     reached, times.size());
}

Value negated(const std::string& key) {
  return [key](const json& record) { return -number_of(record, key, INFINITY); };
}

}  // namespace dcgan
