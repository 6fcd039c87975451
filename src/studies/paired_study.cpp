#include "studies/paired_study.h"

#include <map>

#include "studies/gan_cell.h"
#include "studies/records.h"
#include "studies/statistics/estimates.h"

namespace dcgan {

std::vector<Cell> PairedStudy::cells(Budget budget, int64_t seeds,
                                     const std::vector<nlohmann::json>& /*results*/) const {
  std::vector<Cell> cells;
  if (has_floor()) cells.push_back(floor_cell());
  const int64_t count = seeds > 0 ? seeds : seeds_of(budget);
  // Seeds outermost: an interrupted study has every arm of the seeds it got to.
  for (int64_t seed = 0; seed < count; ++seed) {
    for (const auto& [arm, settings] : arms()) {
      cells.push_back({name(), "main", arm, settings.dump(), static_cast<uint64_t>(seed)});
    }
  }
  return cells;
}

Cell PairedStudy::floor_cell() const {
  return {name(), "floor", "real", floor_settings().dump(), 0};
}

bool PairedStudy::complete(Budget budget, int64_t seeds,
                           const std::vector<nlohmann::json>& results) const {
  return all_done(cells(budget, seeds, results), results);
}

int64_t PairedStudy::expected_cells(Budget budget, int64_t seeds) const {
  return (has_floor() ? 1 : 0) +
         static_cast<int64_t>(arms().size()) * (seeds > 0 ? seeds : seeds_of(budget));
}

nlohmann::json PairedStudy::run(const Cell& cell, const std::string& film) const {
  const GanCell gan = gan_cell_from(nlohmann::json::parse(cell.settings), cell.seed);
  return cell.stage == "floor" ? run_real_floor(gan) : run_gan_cell(gan, fid_threshold(), film);
}

std::vector<Figure> PairedStudy::figures(const std::vector<nlohmann::json>& results) const {
  Figure figure;
  figure.title = "FID over training, median over seeds";
  figure.x_label = "step";
  figure.y_label = "FID";
  figure.log_y = true;
  for (const auto& [arm, settings] : arms()) {
    std::map<double, std::vector<double>> at;
    for (const nlohmann::json& record : select(results, "", arm)) {
      if (!record.contains("steps")) continue;
      for (size_t i = 0; i < record["steps"].size(); ++i) {
        at[record["steps"][i].get<double>()].push_back(record["fid"][i].get<double>());
      }
    }
    Figure::Series line;
    line.name = arm;
    for (const auto& [step, values] : at) {
      line.x.push_back(step);
      line.y.push_back(statistics::median(values));
    }
    figure.series.push_back(std::move(line));
  }
  return {figure};
}

}  // namespace dcgan
