#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>
#include <set>

#include "common/error.h"
#include "common/text.h"
#include "studies/activations.h"
#include "studies/batch_mixing.h"
#include "studies/covariate_shift.h"
#include "studies/depth.h"
#include "studies/faster.h"
#include "studies/gan_stability.h"
#include "studies/gradient_flow.h"
#include "studies/identity.h"
#include "studies/initialisation.h"
#include "studies/input_standardisation.h"
#include "studies/learning_rate.h"
#include "studies/own_kernels.h"
#include "studies/regularisation.h"
#include "studies/stacked_modes.h"
#include "studies/study.h"

namespace dcgan {

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

Budget parse_budget(const std::string& name) {
  if (name == "quick") return Budget::kQuick;
  if (name == "standard") return Budget::kStandard;
  if (name == "full") return Budget::kFull;
  throw UsageError(fmt::format("--budget {}: expected quick, standard or full", name));
}

std::string to_string(Budget budget) {
  return budget == Budget::kQuick ? "quick" : budget == Budget::kStandard ? "standard" : "full";
}

const std::vector<const Study*>& all_studies() {
  static const std::vector<const Study*> studies{
      &gan_stability(),   &stacked_modes(),        &batch_mixing(),   &own_kernels(),
      &faster(),          &learning_rate(),        &initialisation(), &activations(),
      &depth(),           &regularisation(),       &gradient_flow(),  &identity(),
      &covariate_shift(), &input_standardisation()};
  return studies;
}

const Study& find_study(const std::string& name) {
  std::vector<std::string> names;
  for (const Study* study : all_studies()) {
    if (study->name() == name) return *study;
    names.push_back(study->name());
  }
  const std::string nearest = nearest_name(name, names);
  throw UsageError(fmt::format("unknown study '{}'{} (dcgan study list)", name,
                               nearest.empty() ? "" : "; did you mean " + nearest + "?"));
}

}  // namespace dcgan
