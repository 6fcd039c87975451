#include "studies/paired_study.h"

#include "studies/gan_cell.h"
#include "studies/record_figures.h"
#include "studies/records.h"

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

int64_t PairedStudy::expected_cells(Budget budget, int64_t seeds) const {
  return (has_floor() ? 1 : 0) +
         static_cast<int64_t>(arms().size()) * (seeds > 0 ? seeds : seeds_of(budget));
}

nlohmann::json PairedStudy::run(const Cell& cell, const std::string& film) const {
  const GanCell gan = gan_cell_from(nlohmann::json::parse(cell.settings), cell.seed);
  return cell.stage == "floor" ? run_real_floor(gan) : run_gan_cell(gan, film);
}

std::vector<Figure> PairedStudy::figures(const std::vector<nlohmann::json>& results) const {
  std::vector<Group> groups;
  for (const auto& [arm, settings] : arms()) groups.push_back({arm, select(results, "", arm)});
  Figure figure = over_steps("FID over training, median over seeds", "fid", groups);
  figure.y_label = "FID";
  figure.log_y = true;
  return {figure};
}

}  // namespace dcgan
