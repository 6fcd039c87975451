#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "studies/gan_stability_parts.h"
#include "studies/record_figures.h"
#include "studies/statistics/comparison.h"

namespace dcgan::gan_stability_parts {
namespace {

namespace st = statistics;
using nlohmann::json;

std::string rate_name(double lr) { return fmt::format("{:g}", lr); }

Figure heatmap(const Records& results) {
  Figure figure;
  figure.kind = Figure::Kind::kHeatmap;
  figure.title =
      "Median FID at the horizon of the tuning runs (lower is better); x: runs that failed";
  const Records tuning = tuning_runs(results, "");
  for (const double lr : rates_in(tuning)) figure.x_names.push_back(rate_name(lr));
  for (const Arm& arm : arms()) {
    for (const std::string& init : initializations()) {
      Figure::Series row;
      row.name = std::string(arm.name) + ", " + init;
      for (const double lr : rates_in(tuning)) {
        const Records runs =
            select(tuning, "", arm.name, [&](const json& r) { return has_setting(r, init, lr); });
        // Where most runs failed there is no FID to speak of.
        const double score = st::median(values_of(runs, rank_score));
        row.y.push_back(runs.empty() || std::isinf(score) ? NAN : std::exp(-score));
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
  std::vector<Group> groups;
  for (const Arm& arm : arms()) groups.push_back({arm.name, best_runs(results, arm.name)});
  Figure figure = over_steps("FID over training at each arm's own best setting, median over seeds",
                             "fid", groups);
  figure.y_label = "FID";
  figure.log_y = true;
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
  for (const Arm& arm : arms()) {
    const Records tuning = tuning_runs(results, arm.name);
    if (tuning.empty()) continue;
    figure.x_names.push_back(arm.name);
    for (const auto& [series, runs] :
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

std::function<double(const json&)> value_of(const char* key) {
  return [key](const json& r) { return number_of(r, key, NAN); };
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
    const double step = number_of(record, key, NAN);
    observed.push_back(!std::isnan(step));
    times.push_back(observed.back() ? step : static_cast<double>(kSteps));
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
  for (const Arm& arm : arms()) {
    const Records runs = best_runs(results, arm.name);
    if (runs.empty()) continue;
    Figure::Series row;
    row.name = arm.name;
    const json& settings = runs.front()["settings"];
    row.notes = {
        fmt::format("{}, {:g}", settings["init"].get<std::string>(), settings["lr"].get<double>()),
        std::to_string(runs.size()),
        std::to_string(count_failed(runs)),
        middle(runs, value_of("last_fid")),
        middle(runs, value_of("best_fid")),
        middle(runs, value_of("fid_batch")),
        middle(runs, last_of("kid")),
        middle(runs, last_of("modes")),
        middle(runs, last_of("entropy")),
        middle(runs, last_of("diversity")),
        median_step(runs, "threshold_step"),
        median_step(runs, "collapse_step"),
        middle(runs, value_of("late_variation"))};
    figure.series.push_back(std::move(row));
  }
  const Records floor =
      select(results, "floor", "real", [](const json& r) { return r["settings"].empty(); });
  if (!floor.empty()) {
    Figure::Series row;
    row.name = "real against real";
    row.notes = {"2,000 of the digits", "1", "0", middle(floor, value_of("last_fid"))};
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
  for (const Arm& arm : arms()) {
    const Records runs = tuning_runs(results, arm.name);
    if (runs.empty()) continue;
    Figure::Series line;
    line.name = arm.name;
    std::vector<double> thresholds;
    double fid = 30;
    while (fid < 2000) {
      line.x.push_back(std::round(fid));
      thresholds.push_back(-std::log(fid));
      fid *= 1.25;
    }
    line.y = st::performance_profile(values_of(runs, rank_score), thresholds);
    figure.series.push_back(std::move(line));
  }
  return figure;
}

}  // namespace

std::vector<Figure> figures(const Records& results) {
  return {heatmap(results),      numbers(results),  along_rates(results),
          trajectories(results), failures(results), profile(results)};
}

}  // namespace dcgan::gan_stability_parts
