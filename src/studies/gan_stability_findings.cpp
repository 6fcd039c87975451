#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <optional>
#include <utility>

#include "studies/gan_stability_parts.h"
#include "studies/paired_findings.h"
#include "studies/statistics/comparison.h"

namespace dcgan::gan_stability_parts {
namespace {

namespace st = statistics;
using nlohmann::json;

// Share of runs that train, the difference of two arms.
st::Interval difference_of_shares(const Records& a, const Records& b) {
  const auto trained = [](const Records& runs) {
    return static_cast<int64_t>(runs.size()) - count_failed(runs);
  };
  return st::rate_difference(trained(a), static_cast<int64_t>(a.size()), trained(b),
                             static_cast<int64_t>(b.size()));
}

// Whether a failed run looked collapsed at every evaluation: it never started, rather than broke.
bool never_started(const json& record) {
  return failed(record) && record.contains("collapse_step") &&
         record["collapse_step"].is_number() && record["collapse_step"] == record["steps"][0];
}

std::string percent(const Records& runs) {
  const st::Interval rate =
      st::rate_interval(count_failed(runs), static_cast<int64_t>(runs.size()));
  const auto idle = std::count_if(runs.begin(), runs.end(), never_started);
  return fmt::format("{} of {} ({:.0f} to {:.0f} %{})", count_failed(runs), runs.size(),
                     100 * rate.low, 100 * rate.high,
                     count_failed(runs) == 0 ? "" : fmt::format("; {} never started", idle));
}

Finding no_data(const std::string& claim) { return {claim, "no data", false, ""}; }

// Mean over seeds of the difference in the share of rates that train. The same seed runs at every
// rate, so seeds are what is resampled; where they all agree a bootstrap has no width, and the
// exact interval over seeds decides.
st::Interval difference_over_seeds(const Records& a, const Records& b) {
  std::map<uint64_t, std::array<double, 2>> trained;
  std::map<uint64_t, std::array<double, 2>> runs;
  for (const auto& [records, side] : {std::pair{&a, size_t{0}}, std::pair{&b, size_t{1}}}) {
    for (const json& record : *records) {
      const auto seed = record["seed"].get<uint64_t>();
      trained[seed][side] += failed(record) ? 0 : 1;
      runs[seed][side] += 1;
    }
  }
  std::vector<double> differences;
  std::vector<double> first;
  std::vector<double> second;
  for (const auto& [seed, counts] : runs) {
    if (counts[0] == 0 || counts[1] == 0) continue;
    first.push_back(trained[seed][0] / counts[0]);
    second.push_back(trained[seed][1] / counts[1]);
    differences.push_back(first.back() - second.back());
  }
  if (differences.empty()) return {0, -1, 1};
  st::Interval interval = st::bootstrap_interval(differences, st::mean, 11);
  const st::Interval seeds = st::paired_improvement(first, second);
  if (seeds.low <= 0.5 && interval.low > 0) interval.low = 0;
  if (seeds.high >= 0.5 && interval.high < 0) interval.high = 0;
  return interval;
}

Finding wider_region(const Records& results) {
  const std::string claim = "(i) With batch norm more settings train";
  const Records both = row_of(results, "both");
  const Records none = row_of(results, "none");
  if (both.empty() || none.empty()) return no_data(claim);
  const st::Interval d = difference_over_seeds(both, none);
  return {
      claim, st::to_string(st::decide_difference(d)), false,
      fmt::format("over {} learning rates failed {} of the runs with and {} without; share that "
                  "trains, difference {}",
                  rates_in(both).size(), percent(both), percent(none),
                  with_interval(d.estimate, d.low, d.high))};
}

std::string in_words(const std::string& arm) {
  static const std::map<std::string, std::string> words{
      {"none", "no norm"},
      {"g-only", "batch norm in G alone"},
      {"d-only", "batch norm in D alone"},
      {"sn-d", "spectral norm in D, batch norm in G"},
      {"spectral", "spectral norm in both"},
      {"layer", "layer norm in both"}};
  return words.at(arm);
}

// Whether an arm trained at any setting that was tried.
bool ever_trained(const Records& tuning) {
  return count_failed(tuning) < static_cast<int64_t>(tuning.size());
}

// Nothing for an arm that was not run; of the opponent that the study is about, "none", that is
// said.
std::optional<PairedQuestion> better_at_best(const Records& results, const std::string& opponent) {
  const auto [both, other] =
      paired_by_seed(best_runs(results, "both"), best_runs(results, opponent));
  const Records tuning = tuning_runs(results, opponent);
  if (!tuning.empty() && !ever_trained(tuning)) {
    return PairedQuestion{
        "At its own best batch norm in both networks is better than " + in_words(opponent),
        {},
        {},
        fmt::format("no comparison: all {} tuning runs of the opponent failed", tuning.size())};
  }
  if (both.empty() && opponent != "none") return {};
  return PairedQuestion{
      (opponent == "none" ? "(ii) " : "") +
          std::string("At its own best batch norm in both networks is better than ") +
          in_words(opponent),
      values_of(both, rank_score), values_of(other, rank_score),
      fmt::format("median FID {} against {}", median_fid(both), median_fid(other))};
}

Finding fewer_failures(const Records& results) {
  const std::string claim = "(iii) At its own best fewer runs fail with batch norm";
  const Records both = best_runs(results, "both");
  const Records none = best_runs(results, "none");
  if (both.empty() || none.empty()) return no_data(claim);
  const st::Interval d = difference_of_shares(both, none);
  return {claim, st::to_string(st::decide_difference(d)), false,
          fmt::format("failed {} with, {} without", percent(both), percent(none))};
}

Finding cheaper_search(const Records& results) {
  const std::string claim = "(iv) With few settings tried the best found is better with batch norm";
  const Records both = tuning_runs(results, "both");
  const Records none = tuning_runs(results, "none");
  if (both.empty() || none.empty()) return no_data(claim);
  const auto a = values_of(both, mean_score);
  const auto b = values_of(none, mean_score);
  std::string text;
  bool all_above = true;
  bool all_below = true;
  for (const int64_t k : {1, 2, 4}) {
    // One interval for the difference: the runs of both arms are resampled each within its own.
    std::vector<std::vector<double>> tasks{a, b};
    const size_t cut = a.size();
    const st::Interval d = st::stratified_interval(
        tasks,
        [&](const std::vector<double>& all) {
          const std::vector<double> first(all.begin(),
                                          all.begin() + static_cast<std::ptrdiff_t>(cut));
          const std::vector<double> second(all.begin() + static_cast<std::ptrdiff_t>(cut),
                                           all.end());
          return st::expected_best(first, k) - st::expected_best(second, k);
        },
        14);
    all_above &= d.low > 0;
    all_below &= d.high < 0;
    text += fmt::format("{}k = {}: FID {:.0f} against {:.0f}", text.empty() ? "" : "; ", k,
                        std::exp(-st::expected_best(a, k)), std::exp(-st::expected_best(b, k)));
  }
  return {claim,
          all_above   ? "supported"
          : all_below ? "not supported"
                      : "inconclusive",
          false, "expected best of k tuning runs drawn at random, " + text};
}

// The two main arms under other conditions, at the settings that were best before; nothing for
// conditions that were not run.
std::optional<PairedQuestion> transferred(const Records& results, const std::string& label,
                                          const json& change) {
  const auto fits = [&](const json& r) { return transfer_label(r["settings"]) == label; };
  const auto [both, none] = paired_by_seed(select(results, "transfer", "both", fits),
                                           select(results, "transfer", "none", fits));
  if (both.empty()) return {};
  const Records floor = select(results, "floor", "real",
                               [&](const json& r) { return r["settings"] == floor_of(change); });
  std::string text = fmt::format("median FID {} against {}", median_fid(both), median_fid(none));
  if (!floor.empty()) {
    text += fmt::format(", real images {:.2g}", floor.front()["last_fid"].get<double>());
  }
  text += fmt::format("; failed {} with, {} without", percent(both), percent(none));
  if (both.front().value("features", "digits") != "digits") {
    text += fmt::format("; features '{}'", both.front().value("features", ""));
  }
  return PairedQuestion{"The same settings " + label + ": batch norm is better than no norm",
                        values_of(both, rank_score), values_of(none, rank_score), text};
}

}  // namespace

std::vector<Finding> findings(const Records& results) {
  // All paired comparisons are adjusted together.
  std::vector<PairedQuestion> questions;
  const auto ask = [&](std::optional<PairedQuestion> question) {
    if (question) questions.push_back(*std::move(question));
  };
  for (const char* opponent : {"none", "g-only", "d-only", "sn-d", "spectral", "layer"}) {
    ask(better_at_best(results, opponent));
  }
  for (const auto& [label, change] : transfers()) {
    ask(transferred(results, label, change));
  }
  std::vector<Finding> found = decide_together(questions);
  found.insert(found.begin(), wider_region(results));
  found.insert(found.begin() + 2, {fewer_failures(results), cheaper_search(results)});
  return found;
}

}  // namespace dcgan::gan_stability_parts
