// What the parts of gan-stability share: its arms, and which runs speak for an arm. Internal to the
// study.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "studies/records.h"
#include "studies/study.h"

namespace dcgan::gan_stability_parts {

// Declared before any run of the study was looked at.
inline constexpr int64_t kSteps = 600;

struct Arm {
  const char* name;
  const char* norm_g;
  const char* norm_d;
};
const std::vector<Arm>& arms();
const std::vector<std::string>& initializations();
const std::vector<double>& rates();
/// The best setting under other conditions: names, and the one setting that changes.
const std::vector<std::pair<std::string, nlohmann::json>>& transfers();

/// The name of the conditions that `settings` were run under, or "".
std::string transfer_label(const nlohmann::json& settings);
/// Settings of the cell that compares real images with real ones under these conditions.
nlohmann::json floor_of(const nlohmann::json& change);

/// Throws std::logic_error where there is none of this name.
const Arm& arm_named(const std::string& name);
bool has_setting(const nlohmann::json& record, const std::string& init, double lr);

struct Setting {
  std::string init;
  double lr;
};

/// The tuning runs: of the standard study where it was begun, else of the quick one.
Records tuning_runs(const Records& results, const std::string& arm);
/// The setting whose median score over the tuning seeds is best; failed runs rank last.
Setting best_setting(const Records& results, const std::string& arm);
/// The row of rates: fresh seeds if there are any, else the tuning runs.
Records row_of(const Records& results, const std::string& arm);
/// An arm's runs at its own best setting, on fresh seeds where there are any.
Records best_runs(const Records& results, const std::string& arm);

std::vector<double> rates_in(const Records& records);

std::vector<Finding> findings(const Records& results);
std::vector<Figure> figures(const Records& results);

}  // namespace dcgan::gan_stability_parts
