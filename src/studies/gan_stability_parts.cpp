#include "studies/gan_stability_parts.h"

#include <algorithm>
#include <limits>
#include <stdexcept>

#include "studies/statistics/estimates.h"

namespace dcgan::gan_stability_parts {

namespace st = statistics;
using nlohmann::json;

const std::vector<Arm>& arms() {
  static const std::vector<Arm> arms{
      {"both", "batch", "batch"},    {"none", "none", "none"},
      {"g-only", "batch", "none"},   {"d-only", "none", "batch"},
      {"sn-d", "batch", "spectral"}, {"spectral", "spectral", "spectral"},
      {"layer", "layer", "layer"}};
  return arms;
}

const std::vector<std::string>& initializations() {
  static const std::vector<std::string> names{"dcgan", "he"};
  return names;
}

const std::vector<double>& rates() {
  static const std::vector<double> rates{2e-4, 1e-3, 5e-3, 1e-2, 2e-2};
  return rates;
}

const std::vector<std::pair<std::string, json>>& transfers() {
  static const std::vector<std::pair<std::string, json>> changes{
      {"at width 32", {{"nf", 32}}},
      {"at 64x64 pixels", {{"image_size", 64}, {"features", "digits"}}},
      {"in colour (emoji)", {{"data", "emoji"}}},
      {"on Fashion-MNIST", {{"data", "fashion"}}}};
  return changes;
}

std::string transfer_label(const json& settings) {
  for (const auto& [label, change] : transfers()) {
    bool fits = true;
    for (const auto& [key, value] : change.items()) {
      fits &= settings.contains(key) && settings[key] == value;
    }
    if (fits) return label;
  }
  return "";
}

json floor_of(const json& change) {
  json settings = json::object();
  for (const char* key : {"data", "image_size", "features"}) {
    if (change.contains(key)) settings[key] = change[key];
  }
  return settings;
}

const Arm& arm_named(const std::string& name) {
  const auto found =
      std::find_if(arms().begin(), arms().end(), [&](const Arm& arm) { return name == arm.name; });
  if (found == arms().end()) throw std::logic_error("gan-stability: no arm " + name);
  return *found;
}

bool has_setting(const json& record, const std::string& init, double lr) {
  const json& settings = record["settings"];
  return settings["init"] == init && settings["lr"] == lr;
}

Records tuning_runs(const Records& results, const std::string& arm) {
  const Records standard = select(results, "tuning", arm);
  return standard.empty() ? select(results, "quick", arm) : standard;
}

Setting best_setting(const Records& results, const std::string& arm) {
  Setting best{initializations().front(), rates().front()};
  double best_score = -std::numeric_limits<double>::infinity();
  for (const std::string& init : initializations()) {
    for (const double lr : rates()) {
      const Records runs = select(tuning_runs(results, arm), "", "",
                                  [&](const json& r) { return has_setting(r, init, lr); });
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

Records row_of(const Records& results, const std::string& arm) {
  const Records fresh = select(results, "confirm", arm);
  return fresh.empty() ? tuning_runs(results, arm) : fresh;
}

Records best_runs(const Records& results, const std::string& arm) {
  const Setting best = best_setting(results, arm);
  const auto at_best = [&](const json& r) { return has_setting(r, best.init, best.lr); };
  const Records fresh = select(results, "confirm", arm, at_best);
  return fresh.empty() ? select(tuning_runs(results, arm), "", "", at_best) : fresh;
}

std::vector<double> rates_in(const Records& records) {
  std::vector<double> rates;
  for (const json& record : records) rates.push_back(record["settings"]["lr"].get<double>());
  std::sort(rates.begin(), rates.end());
  rates.erase(std::unique(rates.begin(), rates.end()), rates.end());
  return rates;
}

}  // namespace dcgan::gan_stability_parts
