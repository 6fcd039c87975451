#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "studies/study.h"

namespace dcgan {

/// What studies share that compare a few arms at given settings on the same seeds; and one cell,
/// stage "floor", of real images against real ones: what no generator can be below.
class PairedStudy : public Study {
 public:
  std::vector<Cell> cells(Budget budget, int64_t seeds,
                          const std::vector<nlohmann::json>& results) const override;
  int64_t expected_cells(Budget budget, int64_t seeds) const override;
  nlohmann::json run(const Cell& cell, const std::string& film) const override;
  /// FID over training, median over seeds, a line an arm.
  std::vector<Figure> figures(const std::vector<nlohmann::json>& results) const override;

 protected:
  /// Arms with their settings (see GanCell), and the number of seeds of a budget.
  virtual std::vector<std::pair<std::string, nlohmann::json>> arms() const = 0;
  virtual int64_t seeds_of(Budget budget) const = 0;
  /// What differs from GanCell where real images are compared with real ones.
  virtual nlohmann::json floor_settings() const { return nlohmann::json::object(); }
  Cell floor_cell() const;
  /// Whether it is run: not where distances are only compared with each other.
  virtual bool has_floor() const { return true; }
};

}  // namespace dcgan
