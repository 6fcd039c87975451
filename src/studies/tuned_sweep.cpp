#include "studies/tuned_sweep.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "studies/classifier_cell.h"
#include "studies/gan_cell.h"
#include "studies/statistics/estimates.h"

namespace dcgan {
namespace {

using nlohmann::json;
namespace st = statistics;

// The seeds of a quick study are not those of a standard one: who has seen the one's results has
// seen nothing of the other's.
uint64_t first_tuning_seed(Budget budget) { return budget == Budget::kQuick ? 1 : 101; }
uint64_t first_fresh_seed(Budget budget) { return budget == Budget::kQuick ? 1000 : 2000; }

const char* judged_stage(Budget budget) { return budget == Budget::kQuick ? "quick" : "judged"; }
const char* tuning_stage(Budget budget) {
  return budget == Budget::kQuick ? "quick-tuning" : "tuning";
}

json settings_of(const TunedSweep::Point& point, const TunedSweep::Arm& arm, double lr,
                 bool tuning) {
  json settings = point.settings;
  settings.update(arm.settings);
  settings["point"] = point.name;
  settings["lr"] = lr;
  if (is_gan(settings)) {
    // The classifier's word for the arm, in the DCGAN's words.
    if (settings.contains("norm")) {
      settings["norm_g"] = settings["norm_d"] = settings["norm"];
      settings.erase("norm");
    }
  } else if (tuning) {
    settings["part"] = "validation";
  }
  return settings;
}

Records of_point(const Records& results, const std::string& stage, const std::string& point,
                 const std::string& arm) {
  return select(results, stage, arm, [&](const json& record) {
    return point.empty() || record["settings"].value("point", "") == point;
  });
}

bool standard_begun(const Records& results) {
  return std::any_of(results.begin(), results.end(),
                     [](const json& record) { return record["stage"] == "judged"; });
}

// What a run reached, failed or not; larger is better.
double reached(const json& record) {
  if (is_gan(record["settings"])) return mean_score(record);
  return number_of(record, "accuracy", 0);
}

}  // namespace

bool is_gan(const json& settings) { return settings.value("model", "") == "gan"; }

double quality(const json& record) {
  if (record.contains("last_fid") || is_gan(record["settings"])) return rank_score(record);
  if (failed(record)) return -std::numeric_limits<double>::infinity();
  return record["accuracy"].get<double>();
}

double accuracy(const json& record) {
  constexpr double kChance = 0.1;
  return failed(record) ? kChance : record["accuracy"].get<double>();
}

std::string quality_text(std::vector<double> values, bool gan) {
  if (gan) {
    for (double& value : values) value = std::exp(-value);
  }
  return median_text(values, "failed");
}

double TunedSweep::tuning_score(const json& record) const { return quality(record); }

Records TunedSweep::judged(const Records& results, const std::string& point,
                           const std::string& arm) {
  return of_point(results, standard_begun(results) ? "judged" : "quick", point, arm);
}

Records TunedSweep::tuning(const Records& results, const std::string& point,
                           const std::string& arm) {
  return of_point(results, standard_begun(results) ? "tuning" : "quick-tuning", point, arm);
}

double TunedSweep::best_rate(const Records& tuning_runs) const {
  std::map<double, Records> by_rate;
  for (const json& record : tuning_runs) {
    by_rate[record["settings"]["lr"].get<double>()].push_back(record);
  }
  double best = NAN;
  std::pair<double, double> best_score;
  for (const auto& [lr, runs] : by_rate) {
    const auto score = [this](const json& record) { return tuning_score(record); };
    const double middle = st::median(values_of(runs, score));
    // Where failures decide at several rates, what the runs reached all the same.
    const std::pair found{middle, std::isinf(middle) ? st::median(values_of(runs, reached)) : 0.0};
    if (std::isnan(best) || found > best_score) {
      best = lr;
      best_score = found;
    }
  }
  return best;
}

Records TunedSweep::at_best(const Records& results, const std::string& point,
                            const std::string& arm) const {
  return at_rate(judged(results, point, arm), best_rate(tuning(results, point, arm)));
}

Records TunedSweep::at_best(const Records& results, const std::vector<std::string>& points,
                            const std::string& arm) const {
  Records runs;
  for (const std::string& point : points) {
    for (const json& record : at_best(results, point, arm)) runs.push_back(record);
  }
  return runs;
}

std::vector<std::string> TunedSweep::point_names(
    const std::function<bool(const Point&)>& takes) const {
  std::vector<std::string> names;
  for (const Point& point : plan(Budget::kStandard).points) {
    if (takes(point)) names.push_back(point.name);
  }
  return names;
}

Records TunedSweep::at_best_point(const Records& results, const std::vector<std::string>& points,
                                  const std::string& arm) const {
  Records best;
  std::optional<double> best_score;
  for (const std::string& point : points) {
    const Records runs = tuning(results, point, arm);
    if (runs.empty()) continue;
    const double score = st::median(values_of(at_rate(runs, best_rate(runs)), quality));
    if (!best_score || score > *best_score) {
      best = at_best(results, point, arm);
      best_score = score;
    }
  }
  return best;
}

std::vector<Cell> TunedSweep::tuning_cells(Budget budget, const Plan& plan) const {
  std::vector<Cell> cells;
  // Seeds outermost: an interrupted study has few seeds everywhere instead of many somewhere.
  for (int64_t i = 0; i < plan.tuning_seeds; ++i) {
    for (const Point& point : plan.points) {
      for (const Arm& arm : plan.arms) {
        for (const double lr : point.rates) {
          cells.push_back({name(), tuning_stage(budget), arm.name,
                           settings_of(point, arm, lr, /*tuning=*/true).dump(),
                           first_tuning_seed(budget) + static_cast<uint64_t>(i)});
        }
      }
    }
  }
  return cells;
}

std::vector<Cell> TunedSweep::cells(Budget budget, int64_t seeds, const Records& results) const {
  Plan plan = this->plan(budget);
  if (seeds > 0) plan.seeds = seeds;
  std::vector<Cell> cells = tuning_cells(budget, plan);
  if (!all_done(cells, results)) return cells;
  for (int64_t i = 0; i < plan.seeds; ++i) {
    for (const Point& point : plan.points) {
      for (const Arm& arm : plan.arms) {
        const double best =
            best_rate(of_point(results, tuning_stage(budget), point.name, arm.name));
        for (const double lr : point.rates) {
          if (lr != best && !plan.whole_row) continue;
          cells.push_back({name(), judged_stage(budget), arm.name,
                           settings_of(point, arm, lr, /*tuning=*/false).dump(),
                           first_fresh_seed(budget) + static_cast<uint64_t>(i)});
        }
      }
    }
  }
  return cells;
}

int64_t TunedSweep::expected_cells(Budget budget, int64_t seeds) const {
  const Plan plan = this->plan(budget);
  const int64_t fresh = seeds > 0 ? seeds : plan.seeds;
  int64_t count = 0;
  for (const Point& point : plan.points) {
    const auto rates = static_cast<int64_t>(point.rates.size());
    count += plan.tuning_seeds * rates + fresh * (plan.whole_row ? rates : 1);
  }
  return count * static_cast<int64_t>(plan.arms.size());
}

double TunedSweep::cell_seconds(const Cell& cell) const {
  const std::string point = json::parse(cell.settings).value("point", "");
  for (const Budget budget : {Budget::kQuick, Budget::kStandard}) {
    for (const Point& known : plan(budget).points) {
      if (known.name == point) return known.seconds;
    }
  }
  return 1;
}

std::string TunedSweep::failure() const {
  std::string text = "a loss that is not finite, or at the horizon an accuracy below 0.2";
  for (const Point& point : plan(Budget::kStandard).points) {
    if (is_gan(point.settings)) return text + "; for the DCGAN as in gan-stability";
  }
  return text;
}

json TunedSweep::run(const Cell& cell, const std::string& film) const {
  json settings = json::parse(cell.settings);
  if (!is_gan(settings)) return run_classifier_cell(classifier_cell_from(settings, cell.seed));
  settings.erase("model");
  settings.erase("point");
  return run_gan_cell(gan_cell_from(settings, cell.seed), film);
}

std::string TunedSweep::describe(const Plan& plan) const {
  std::string points;
  for (const Point& point : plan.points) {
    points += fmt::format("{}{}", points.empty() ? "" : "; ", point.name);
  }
  std::string arms;
  for (const Arm& arm : plan.arms) arms += (arms.empty() ? "" : ", ") + arm.name;
  const size_t first = plan.points.front().rates.size();
  const size_t last = plan.points.back().rates.size();
  return fmt::format(
      "{} points ({}) x arms {}, each at its best of {} learning rates by {} tuning seeds of its "
      "own and 500 validation digits; then {} fresh seeds{}",
      plan.points.size(), points, arms,
      first == last ? std::to_string(first) : fmt::format("{} or {}", first, last),
      plan.tuning_seeds, plan.seeds, plan.whole_row ? " at every rate" : "");
}

Figure TunedSweep::settings_table(const Records& results) const {
  Figure table;
  table.kind = Figure::Kind::kTable;
  table.title = "Every arm at its own learning rate, fresh seeds";
  table.x_label = "point, arm";
  table.x_names = {"learning rate", "runs", "failed", "accuracy, or FID (median)"};
  const Plan all = plan(standard_begun(results) ? Budget::kStandard : Budget::kQuick);
  for (const Point& point : all.points) {
    for (const Arm& arm : all.arms) {
      const Records runs = at_best(results, point.name, arm.name);
      if (runs.empty()) continue;
      const double score = st::median(values_of(runs, quality));
      const bool gan = is_gan(runs.front()["settings"]);
      const std::string shown =
          std::isinf(score) ? "failed" : fmt::format("{:.3g}", gan ? std::exp(-score) : score);
      Figure::Series row;
      row.name = point.name + ", " + arm.name;
      row.notes = {fmt::format("{:g}", runs.front()["settings"]["lr"].get<double>()),
                   std::to_string(runs.size()), std::to_string(count_failed(runs)), shown};
      table.series.push_back(std::move(row));
    }
  }
  return table;
}

}  // namespace dcgan
