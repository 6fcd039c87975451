#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "studies/paired_findings.h"
#include "studies/records.h"
#include "studies/study.h"

namespace dcgan {

/// What studies share that compare arms at the points of a sweep, every arm at every point at its
/// own learning rate: first each rate runs on tuning seeds, then the best one on fresh seeds, which
/// all arms and points share. Cells train a small classifier (ClassifierCell), or with the setting
/// "model": "gan" a DCGAN (GanCell).
///
/// The quick budget has stages of its own, so that a standard study never mixes with it.
class TunedSweep : public Study {
 public:
  struct Arm {
    std::string name;
    nlohmann::json settings;
  };
  struct Point {
    std::string name;
    nlohmann::json settings;
    std::vector<double> rates;  // tried, the same for all arms
    double seconds = 1;         // of a cell on one thread
  };
  struct Plan {
    std::vector<Arm> arms;
    std::vector<Point> points;
    int64_t tuning_seeds = 2;
    int64_t seeds = 10;
    /// Whether the fresh seeds run at every rate, where the rate is the subject.
    bool whole_row = false;
  };

  std::vector<Cell> cells(Budget budget, int64_t seeds, const Records& results) const override;
  int64_t expected_cells(Budget budget, int64_t seeds) const override;
  double cell_seconds(const Cell& cell) const override;
  nlohmann::json run(const Cell& cell, const std::string& film) const override;
  /// A loss that is not finite, or chance; of a DCGAN what run_gan_cell() says.
  std::string failure() const override;

 protected:
  virtual Plan plan(Budget budget) const = 0;
  /// What settings are chosen by, one run; larger is better.
  virtual double tuning_score(const nlohmann::json& record) const;

  /// The fresh runs of an arm at a point (empty: all), the standard study's where it was begun.
  static Records judged(const Records& results, const std::string& point, const std::string& arm);
  /// The tuning runs behind those.
  static Records tuning(const Records& results, const std::string& point, const std::string& arm);
  /// The rate whose median tuning score is best; of those where most runs failed the one whose runs
  /// reached most all the same; of equal ones the smallest.
  double best_rate(const Records& tuning_runs) const;
  /// The fresh runs at the best rate: all of them but where the whole row was run.
  Records at_best(const Records& results, const std::string& point, const std::string& arm) const;
  /// The same for several points, one after the other: lines along a sweep.
  Records at_best(const Records& results, const std::vector<std::string>& points,
                  const std::string& arm) const;
  /// The names of the standard study's points that `takes` wants.
  std::vector<std::string> point_names(const std::function<bool(const Point&)>& takes) const;
  /// at_best() of the one among `points` whose tuning runs, at their best rate, have the best
  /// median quality(); of equal ones the first.
  Records at_best_point(const Records& results, const std::vector<std::string>& points,
                        const std::string& arm) const;
  /// "3 points (names) x arms x rates x seeds", for setup().
  std::string describe(const Plan& plan) const;
  /// A row an arm and point: rate chosen, runs, failures, accuracy or FID.
  Figure settings_table(const Records& results) const;

 private:
  std::vector<Cell> tuning_cells(Budget budget, const Plan& plan) const;
};

/// Whether a cell with these settings trains a DCGAN, not a classifier.
bool is_gan(const nlohmann::json& settings);

/// Accuracy, or -log FID of a DCGAN; -infinity for a failed run.
double quality(const nlohmann::json& record);

/// Median of quality() values with its interval: accuracies, or FIDs if `gan`; a failed run
/// as "failed".
std::string quality_text(std::vector<double> values, bool gan);

/// A classifier of the digits counts as trained from this accuracy on.
inline constexpr double kTrains = 0.8;

/// Accuracy with chance (0.1) for a failed run, for means.
double accuracy(const nlohmann::json& record);

}  // namespace dcgan
