#include "studies/gan_stability.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>

#include "studies/gan_cell.h"
#include "studies/records.h"
#include "studies/statistics/comparison.h"

namespace dcgan {
namespace {

namespace st = statistics;
using nlohmann::json;

// Declared before any run of the study was looked at. The threshold is about twice what the pilot's
// best runs reached.
constexpr double kFidThreshold = 150;
constexpr int64_t kSteps = 600;
constexpr uint64_t kConfirmSeed = 1000;
constexpr uint64_t kTransferSeed = 2000;

struct ArmNorms {
  const char* name;
  const char* norm_g;
  const char* norm_d;
};
const std::vector<ArmNorms> kArms{
    {"both", "batch", "batch"},    {"none", "none", "none"},
    {"g-only", "batch", "none"},   {"d-only", "none", "batch"},
    {"sn-d", "batch", "spectral"}, {"spectral", "spectral", "spectral"},
    {"layer", "layer", "layer"}};
const std::vector<std::string> kInits{"dcgan", "he"};
const std::vector<double> kRates{2e-4, 1e-3, 5e-3, 1e-2, 2e-2};

struct Plan {
  std::string tuning;  // name of the first stage: quick and standard do not mix
  std::vector<ArmNorms> arms;
  std::vector<double> rates;
  uint64_t first_seed;
  int64_t tuning_seeds;
  int64_t confirm_seeds;
  int64_t transfer_seeds;
};

Plan plan_of(Budget budget, int64_t seeds) {
  Plan plan{"tuning", kArms, kRates, 1, 3, 20, 10};
  if (budget == Budget::kQuick) {
    plan = {"quick", {kArms[0], kArms[1]}, {1e-3, 5e-3, 1e-2}, 0, 3, 0, 0};
    if (seeds > 0) plan.tuning_seeds = seeds;
  } else {
    if (budget == Budget::kFull) plan.tuning_seeds = 5, plan.confirm_seeds = 40;
    if (seeds > 0)
      plan.confirm_seeds = seeds, plan.transfer_seeds = std::min(seeds, plan.transfer_seeds);
  }
  return plan;
}

json settings_of(const ArmNorms& arm, const std::string& init, double lr) {
  return {{"norm_g", arm.norm_g},
          {"norm_d", arm.norm_d},
          {"init", init},
          {"lr", lr},
          {"steps", kSteps}};
}

Cell cell_of(const std::string& stage, const std::string& arm, const json& settings,
             uint64_t seed) {
  return {"gan-stability", stage, arm, settings.dump(), seed};
}

const ArmNorms& arm_named(const std::string& name) {
  return *std::find_if(kArms.begin(), kArms.end(),
                       [&](const ArmNorms& arm) { return name == arm.name; });
}

bool has_setting(const json& record, const std::string& init, double lr) {
  const json& settings = record["settings"];
  return settings["init"] == init && settings["lr"] == lr;
}

struct Setting {
  std::string init;
  double lr;
};

// The tuning runs: of the standard study where it was begun, else of the quick one.
Records tuning_runs(const Records& results, const std::string& arm) {
  const Records standard = select(results, "tuning", arm);
  return standard.empty() ? select(results, "quick", arm) : standard;
}

// The setting whose median score over the tuning seeds is best; failed runs rank last.
Setting best_setting(const Records& results, const std::string& arm,
                     const std::vector<double>& rates) {
  Setting best{kInits.front(), rates.front()};
  double best_score = -std::numeric_limits<double>::infinity();
  for (const std::string& init : kInits) {
    for (const double lr : rates) {
      const Records runs =
          select(results, "tuning", arm, [&](const json& r) { return has_setting(r, init, lr); });
      if (runs.empty()) continue;
      const double score = st::median(values_of(runs, rank_score));
      if (score > best_score) {
        best_score = score;
        best = {init, lr};
      }
    }
  }
  return best;
}

// The best setting under other conditions: one thing changed at a time.
const std::vector<std::pair<std::string, json>> kTransfers{
    {"width 32", {{"nf", 32}}}, {"64 pixels", {{"image_size", 64}, {"features", "digits"}}}};

class GanStability : public Study {
 public:
  std::string name() const override { return "gan-stability"; }
  int version() const override { return 1; }
  std::string claim() const override {
    return "Batch norm makes the training of a DCGAN stable: more settings train, fewer runs fail, "
           "and at its own best it is better.";
  }
  std::string refuted_by() const override {
    return "An ablated network, tuned on the same budget, that is as good or better on fresh "
           "seeds, "
           "fails as seldom, and trains over as wide a range of learning rates.";
  }
  std::string metric() const override {
    return "FID of 2,000 samples (running statistics) against all 5,000 digits on the features "
           "'digits', at the horizon; best, KID, classes, entropy and deviation beside it";
  }
  std::string failure() const override {
    return "a loss or weight that is not finite, or at the horizon samples whose deviation is "
           "below "
           "half of the real images', or fewer than 5 of 10 classes drawn";
  }
  std::string decision_rule() const override {
    return "P(A > B) on fresh seeds, paired: supported if the 95 % interval lies above 0.5, "
           "meaningful if the estimate exceeds 0.75 as well, not supported if the interval lies "
           "below (exact intervals). For differences of failure rates (exact, Newcombe) and of "
           "expected "
           "bests (bootstrap): the interval against 0. Sign tests, Holm over the opponents: a "
           "verdict "
           "that does not survive is inconclusive.";
  }
  std::string setup(Budget budget) const override {
    const Plan plan = plan_of(budget, 0);
    return fmt::format(
        "5,000 digits at 32x32, ngf = ndf = 16, batch 64, Adam beta1 0.5, equal rates, {} steps; "
        "{} arms x {} initialisations x {} learning rates x {} tuning seeds{}",
        kSteps, plan.arms.size(), kInits.size(), plan.rates.size(), plan.tuning_seeds,
        plan.confirm_seeds == 0
            ? ""
            : fmt::format(
                  "; then {} fresh seeds at each arm's best setting and, for both and none, "
                  "along the whole row of rates at their best initialisation; {} fresh "
                  "seeds each at width 32 and at 64 pixels",
                  plan.confirm_seeds, plan.transfer_seeds));
  }

  std::vector<Cell> cells(Budget budget, int64_t seeds, const Records& results) const override {
    const Plan plan = plan_of(budget, seeds);
    std::vector<Cell> cells = tuning_cells(plan);
    // Real against real: what no generator can be below.
    cells.push_back(cell_of("floor", "real", json::object(), 0));
    if (plan.confirm_seeds == 0 || !all_done(cells, results)) return cells;
    const auto add = [&](const std::string& stage, const std::string& arm, const json& settings,
                         uint64_t first, int64_t count) {
      for (int64_t i = 0; i < count; ++i) {
        cells.push_back(cell_of(stage, arm, settings, first + static_cast<uint64_t>(i)));
      }
    };
    for (const ArmNorms& arm : plan.arms) {
      const Setting best = best_setting(results, arm.name, plan.rates);
      const std::string name = arm.name;
      const bool whole_row = name == "both" || name == "none";
      for (const double lr : plan.rates) {
        if (whole_row || lr == best.lr) {
          add("confirm", name, settings_of(arm, best.init, lr), kConfirmSeed, plan.confirm_seeds);
        }
      }
    }
    for (const auto& [label, change] : kTransfers) {
      for (const char* name : {"both", "none"}) {
        const Setting best = best_setting(results, name, plan.rates);
        json settings = settings_of(arm_named(name), best.init, best.lr);
        settings.update(change);
        add("transfer", name, settings, kTransferSeed, plan.transfer_seeds);
      }
    }
    return cells;
  }

  bool complete(Budget budget, int64_t seeds, const Records& results) const override {
    const Plan plan = plan_of(budget, seeds);
    return all_done(tuning_cells(plan), results) &&
           all_done(cells(budget, seeds, results), results);
  }

  int64_t expected_cells(Budget budget, int64_t seeds) const override {
    const Plan plan = plan_of(budget, seeds);
    const auto arms = static_cast<int64_t>(plan.arms.size());
    const auto rates = static_cast<int64_t>(plan.rates.size());
    return static_cast<int64_t>(tuning_cells(plan).size()) + 1 +
           plan.confirm_seeds * (arms - 2 + 2 * rates) +
           plan.transfer_seeds * 2 * static_cast<int64_t>(kTransfers.size());
  }

  double cell_seconds(const Cell& cell) const override {
    if (cell.stage == "floor") return 1;
    const json settings = json::parse(cell.settings);
    const bool graph = settings["norm_d"] == "spectral" || settings["norm_d"] == "layer";
    double seconds = graph ? 16 : 11;
    if (settings.contains("nf")) seconds *= 2.8;
    if (settings.contains("image_size")) seconds *= 5;
    return seconds;
  }

  json run(const Cell& cell, const std::string& film) const override {
    if (cell.stage == "floor") return run_real_floor("digits", 32, 2000);
    return run_gan_cell(gan_cell_from(json::parse(cell.settings), cell.seed), kFidThreshold, film);
  }

  std::vector<Finding> findings(const Records& results) const override;
  std::vector<Figure> figures(const Records& results) const override;

 private:
  static std::vector<Cell> tuning_cells(const Plan& plan) {
    std::vector<Cell> cells;
    // Seeds outermost: an interrupted study has few seeds everywhere instead of many somewhere.
    for (int64_t i = 0; i < plan.tuning_seeds; ++i) {
      for (const ArmNorms& arm : plan.arms) {
        for (const std::string& init : kInits) {
          for (const double lr : plan.rates) {
            cells.push_back(cell_of(plan.tuning, arm.name, settings_of(arm, init, lr),
                                    plan.first_seed + static_cast<uint64_t>(i)));
          }
        }
      }
    }
    return cells;
  }
};

std::vector<double> rates_in(const Records& records) {
  std::vector<double> rates;
  for (const json& record : records) rates.push_back(record["settings"]["lr"].get<double>());
  std::sort(rates.begin(), rates.end());
  rates.erase(std::unique(rates.begin(), rates.end()), rates.end());
  return rates;
}

Records at_rate(const Records& records, double lr) {
  return select(records, "", "", [lr](const json& r) { return r["settings"]["lr"] == lr; });
}

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

// The row of rates: fresh seeds if there are any, else the tuning runs (quick).
Records row_of(const Records& results, const std::string& arm) {
  const Records fresh = select(results, "confirm", arm);
  return fresh.empty() ? tuning_runs(results, arm) : fresh;
}

// An arm's runs at its own best setting, on fresh seeds where there are any.
Records best_runs(const Records& results, const std::string& arm) {
  const Setting best = best_setting(results, arm, kRates);
  const auto at_best = [&](const json& r) { return has_setting(r, best.init, best.lr); };
  const Records fresh = select(results, "confirm", arm, at_best);
  return fresh.empty() ? select(tuning_runs(results, arm), "", "", at_best) : fresh;
}

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
  const auto mean = [](const std::vector<double>& x) {
    double sum = 0;
    for (const double value : x) sum += value;
    return sum / static_cast<double>(x.size());
  };
  st::Interval interval = st::bootstrap_interval(differences, mean, 11);
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

Finding better_at_best(const Records& results, const std::string& opponent, double holm_p) {
  const std::string claim = opponent == "none"
                                ? "(ii) At its own best batch norm is better than no norm"
                                : "At its own best batch norm is better than " + opponent + " norm";
  const auto [both, other] =
      paired_by_seed(best_runs(results, "both"), best_runs(results, opponent));
  if (both.empty()) return no_data(claim);
  const auto a = values_of(both, rank_score);
  const auto b = values_of(other, rank_score);
  const st::Interval p = st::paired_improvement(a, b);
  const st::Decision decision = st::decide(p);
  const bool survives = holm_p < 0.05;
  const auto fid = [](const Records& runs) {
    return std::exp(-st::median(values_of(runs, mean_score)));
  };
  std::string verdict = st::to_string(decision.verdict);
  if (decision.verdict != st::Verdict::kInconclusive && !survives) verdict = "inconclusive";
  return {
      claim, verdict, decision.meaningful && survives,
      fmt::format("P(better) {} over {} seeds, Holm-adjusted p {:.2g}; median FID {:.0f} against "
                  "{:.0f}",
                  with_interval(p.estimate, p.low, p.high), both.size(), holm_p, fid(both),
                  fid(other))};
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
          all_above, "expected best of k settings tried at random, " + text};
}

std::string transfer_label(const json& settings) {
  for (const auto& [label, change] : kTransfers) {
    bool fits = true;
    for (const auto& [key, value] : change.items()) {
      fits &= settings.contains(key) && settings[key] == value;
    }
    if (fits) return label;
  }
  return "";
}

std::vector<Finding> GanStability::findings(const Records& results) const {
  std::vector<Finding> found{wider_region(results)};
  // All comparisons at the arms' own best, adjusted together.
  const std::vector<std::string> opponents{"none", "g-only", "d-only", "sn-d", "spectral", "layer"};
  std::vector<std::string> present;
  std::vector<double> p_values;
  for (const std::string& opponent : opponents) {
    const auto [both, other] =
        paired_by_seed(best_runs(results, "both"), best_runs(results, opponent));
    if (both.empty()) continue;
    present.push_back(opponent);
    p_values.push_back(st::sign_test_p(values_of(both, rank_score), values_of(other, rank_score)));
  }
  const std::vector<double> adjusted = st::holm(p_values);
  if (present.empty() || present.front() != "none")
    found.push_back(better_at_best(results, "none", 1));
  for (size_t i = 0; i < present.size(); ++i) {
    found.push_back(better_at_best(results, present[i], adjusted[i]));
    if (i == 0) {
      found.push_back(fewer_failures(results));
      found.push_back(cheaper_search(results));
    }
  }
  for (const auto& [label, change] : kTransfers) {
    const auto fits = [&, name = label](const json& r) {
      return transfer_label(r["settings"]) == name;
    };
    const auto [both, none] = paired_by_seed(select(results, "transfer", "both", fits),
                                             select(results, "transfer", "none", fits));
    if (both.empty()) continue;
    const st::Interval p =
        st::paired_improvement(values_of(both, rank_score), values_of(none, rank_score));
    found.push_back({"The same settings at " + label + ": batch norm is better than no norm",
                     st::to_string(st::decide(p).verdict), st::decide(p).meaningful,
                     fmt::format("P(better) {} over {} seeds; failed {} with, {} without",
                                 with_interval(p.estimate, p.low, p.high), both.size(),
                                 percent(both), percent(none))});
  }
  return found;
}

std::string rate_name(double lr) { return fmt::format("{:g}", lr); }

Figure heatmap(const Records& results) {
  Figure figure;
  figure.kind = Figure::Kind::kHeatmap;
  figure.title =
      "Median FID at the horizon of the tuning runs (lower is better); x: runs that failed";
  const Records tuning = tuning_runs(results, "");
  for (const double lr : rates_in(tuning)) figure.x_names.push_back(rate_name(lr));
  for (const ArmNorms& arm : kArms) {
    for (const std::string& init : kInits) {
      Figure::Series row;
      row.name = std::string(arm.name) + ", " + init;
      for (const double lr : rates_in(tuning)) {
        const Records runs =
            select(tuning, "", arm.name, [&](const json& r) { return has_setting(r, init, lr); });
        row.y.push_back(runs.empty() ? NAN : std::exp(-st::median(values_of(runs, mean_score))));
        row.notes.push_back(
            runs.empty() ? "" : fmt::format("{} of {} failed", count_failed(runs), runs.size()));
      }
      if (!select(tuning, "", arm.name).empty()) figure.series.push_back(std::move(row));
    }
  }
  figure.x_label = "learning rate";
  return figure;
}

Figure along_rates(const Records& results) {
  Figure figure;
  figure.title = "FID along the learning rates, interquartile mean and 95 % interval";
  figure.x_label = "learning rate";
  figure.y_label = "FID";
  figure.log_x = figure.log_y = true;
  for (const char* arm : {"both", "none"}) {
    Figure::Series line;
    line.name = std::string(arm) == "both" ? "batch norm" : "no norm";
    const Records runs = row_of(results, arm);
    for (const double lr : rates_in(runs)) {
      const Records here = at_rate(runs, lr);
      const st::Interval i =
          st::bootstrap_interval(values_of(here, mean_score), st::interquartile_mean, 16);
      line.x.push_back(lr);
      line.y.push_back(std::exp(-i.estimate));
      line.low.push_back(std::exp(-i.high));
      line.high.push_back(std::exp(-i.low));
      line.notes.push_back(fmt::format("{} of {} failed", count_failed(here), here.size()));
    }
    figure.series.push_back(std::move(line));
  }
  return figure;
}

Figure trajectories(const Records& results) {
  Figure figure;
  figure.title = "FID over training at each arm's own best setting, median over seeds";
  figure.x_label = "step";
  figure.y_label = "FID";
  figure.log_y = true;
  for (const ArmNorms& arm : kArms) {
    const Records runs = best_runs(results, arm.name);
    std::map<double, std::vector<double>> at;
    for (const json& record : runs) {
      if (!record.contains("steps")) continue;
      for (size_t i = 0; i < record["steps"].size(); ++i) {
        at[record["steps"][i].get<double>()].push_back(record["fid"][i].get<double>());
      }
    }
    if (at.empty()) continue;
    Figure::Series line;
    line.name = arm.name;
    for (const auto& [step, values] : at) {
      line.x.push_back(step);
      line.y.push_back(st::median(values));
    }
    figure.series.push_back(std::move(line));
  }
  return figure;
}

Figure failures(const Records& results) {
  Figure figure;
  figure.kind = Figure::Kind::kBars;
  figure.title = "Share of runs that failed, with exact 95 % intervals";
  figure.y_label = "share";
  Figure::Series best;
  best.name = "at the arm's own best";
  Figure::Series all;
  all.name = "over all tuning settings";
  for (const ArmNorms& arm : kArms) {
    const Records tuning = tuning_runs(results, arm.name);
    if (tuning.empty()) continue;
    figure.x_names.push_back(arm.name);
    for (auto [series, runs] :
         {std::pair{&best, best_runs(results, arm.name)}, std::pair{&all, tuning}}) {
      const st::Interval rate =
          st::rate_interval(count_failed(runs), static_cast<int64_t>(runs.size()));
      series->y.push_back(rate.estimate);
      series->low.push_back(rate.low);
      series->high.push_back(rate.high);
      series->notes.push_back(fmt::format("{} of {}", count_failed(runs), runs.size()));
    }
  }
  figure.series = {best, all};
  return figure;
}

std::string middle(const Records& runs, const std::function<double(const json&)>& value) {
  std::vector<double> values;
  for (const json& record : runs) {
    const double v = value(record);
    if (std::isfinite(v)) values.push_back(v);
  }
  const double m = st::median(values);
  return std::isnan(m) ? "-" : fmt::format("{:.3g}", m);
}

std::function<double(const json&)> number_of(const char* key) {
  return [key](const json& r) {
    return r.contains(key) && r[key].is_number() ? r[key].get<double>() : NAN;
  };
}

std::function<double(const json&)> last_of(const char* key) {
  return [key](const json& r) {
    return r.contains(key) && !r[key].empty() ? r[key].back().get<double>() : NAN;
  };
}

// Median step of the event, censored at the horizon.
std::string median_step(const Records& runs, const char* key) {
  std::vector<double> times;
  std::vector<bool> observed;
  for (const json& record : runs) {
    const bool seen = record.contains(key) && record[key].is_number();
    observed.push_back(seen);
    times.push_back(seen ? record[key].get<double>() : static_cast<double>(kSteps));
  }
  const double step = st::kaplan_meier_median(times, observed);
  const auto count = std::count(observed.begin(), observed.end(), true);
  return fmt::format("{} ({} of {})", std::isfinite(step) ? fmt::format("{:.0f}", step) : "never",
                     count, observed.size());
}

Figure numbers(const Records& results) {
  Figure figure;
  figure.kind = Figure::Kind::kTable;
  figure.title = "At each arm's own best setting: medians over its runs";
  figure.x_label = "arm";
  figure.x_names = {"setting",
                    "runs",
                    "failed",
                    "FID, last",
                    "FID, best",
                    "FID, batch statistics",
                    "KID",
                    "classes",
                    "class entropy",
                    "deviation / real",
                    "step of FID <= 150",
                    "step of collapse",
                    "late variation of log FID"};
  for (const ArmNorms& arm : kArms) {
    const Records runs = best_runs(results, arm.name);
    if (runs.empty()) continue;
    Figure::Series row;
    row.name = arm.name;
    const json& settings = runs.front()["settings"];
    row.notes = {
        fmt::format("{}, {:g}", settings["init"].get<std::string>(), settings["lr"].get<double>()),
        std::to_string(runs.size()),
        std::to_string(count_failed(runs)),
        middle(runs, number_of("last_fid")),
        middle(runs, number_of("best_fid")),
        middle(runs, number_of("fid_batch")),
        middle(runs, last_of("kid")),
        middle(runs, last_of("modes")),
        middle(runs, last_of("entropy")),
        middle(runs, last_of("diversity")),
        median_step(runs, "threshold_step"),
        median_step(runs, "collapse_step"),
        middle(runs, number_of("late_variation"))};
    figure.series.push_back(std::move(row));
  }
  const Records floor = select(results, "floor", "");
  if (!floor.empty()) {
    Figure::Series row;
    row.name = "real against real";
    row.notes = {"2,000 of the digits", "1", "0", middle(floor, number_of("last_fid"))};
    row.notes.resize(figure.x_names.size(), "-");
    figure.series.push_back(std::move(row));
  }
  return figure;
}

Figure profile(const Records& results) {
  Figure figure;
  figure.title = "Performance profile over all tuning runs: share of runs with a FID below x";
  figure.x_label = "FID";
  figure.y_label = "share of runs";
  figure.log_x = true;
  for (const ArmNorms& arm : kArms) {
    const Records runs = tuning_runs(results, arm.name);
    if (runs.empty()) continue;
    Figure::Series line;
    line.name = arm.name;
    std::vector<double> thresholds;
    for (double fid = 30; fid < 2000; fid *= 1.25) {
      line.x.push_back(std::round(fid));
      thresholds.push_back(-std::log(fid));
    }
    line.y = st::performance_profile(values_of(runs, rank_score), thresholds);
    figure.series.push_back(std::move(line));
  }
  return figure;
}

std::vector<Figure> GanStability::figures(const Records& results) const {
  return {heatmap(results),      numbers(results),  along_rates(results),
          trajectories(results), failures(results), profile(results)};
}

}  // namespace

const Study& gan_stability() {
  static const GanStability study;
  return study;
}

}  // namespace dcgan
