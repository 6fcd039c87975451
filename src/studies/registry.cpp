#include <fmt/format.h>

#include "common/error.h"
#include "common/text.h"
#include "studies/gan_stability.h"
#include "studies/study.h"

namespace dcgan {

std::string Cell::key() const {
  return fmt::format("{}/{}/{}/{}/{}", study, stage, arm, settings, seed);
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
  static const std::vector<const Study*> studies{&gan_stability()};
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
