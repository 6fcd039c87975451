#include "studies/study.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>
#include <set>

#include "common/error.h"

namespace dcgan {

Budget parse_budget(const std::string& name) {
  if (name == "quick") return Budget::kQuick;
  if (name == "standard") return Budget::kStandard;
  if (name == "full") return Budget::kFull;
  throw UsageError(fmt::format("--budget {}: expected quick, standard or full", name));
}

std::string to_string(Budget budget) {
  return budget == Budget::kQuick ? "quick" : budget == Budget::kStandard ? "standard" : "full";
}

std::string Cell::key() const {
  return fmt::format("{}/{}/{}/{}/{}", study, stage, arm, settings, seed);
}

std::string Cell::film() const {
  std::string name = stage + "-" + arm + "-" + settings;
  for (char& c : name) {
    const bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '-';
    if (!plain) c = '_';
  }
  return name + "-" + std::to_string(seed);
}

bool all_done(const std::vector<Cell>& cells, const std::vector<nlohmann::json>& results) {
  std::set<std::string> done;
  for (const nlohmann::json& record : results) done.insert(record["key"].get<std::string>());
  return std::all_of(cells.begin(), cells.end(),
                     [&](const Cell& cell) { return done.contains(cell.key()); });
}

bool Study::complete(Budget budget, int64_t seeds,
                     const std::vector<nlohmann::json>& results) const {
  return all_done(cells(budget, seeds, results), results);
}

}  // namespace dcgan
