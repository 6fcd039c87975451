#include "studies/sweep_parts.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>

namespace dcgan {

using nlohmann::json;

std::vector<TunedSweep::Arm> with_and_without() {
  return {{"batch", {{"norm", "batch"}}}, {"none", {{"norm", "none"}}}};
}

int64_t usual_seeds(Budget budget) {
  return budget == Budget::kQuick ? 10 : budget == Budget::kStandard ? 20 : 40;
}

json small_cnn() {
  return {{"network", "cnn"}, {"depth", 2},   {"width", 8},
          {"init", "he"},     {"steps", 600}, {"activation", "relu"}};
}

TunedSweep::Point dcgan_point(const std::string& name, const json& change,
                              std::vector<double> rates, double seconds) {
  json settings{{"model", "gan"},
                {"image_size", 16},
                {"steps", 300},
                {"eval_every", 100},
                {"features", "digits"}};
  settings.update(change);
  return {name, settings, std::move(rates), seconds};
}

PairedQuestion better(const std::string& claim, const std::string& ours_name, const Records& ours,
                      const std::string& theirs_name, const Records& theirs) {
  const auto [a, b] = means_by_seed(ours, theirs, quality);
  const bool gan = !ours.empty() && is_gan(ours.front()["settings"]);
  return {claim, a, b,
          fmt::format("median {}: {} {}, {} {}; failed {} and {} of {}", gan ? "FID" : "accuracy",
                      ours_name, quality_text(a, gan), theirs_name, quality_text(b, gan),
                      count_failed(ours), count_failed(theirs), theirs.size())};
}

Records with_advantage(const Records& ours, const Records& theirs) {
  auto [found, others] = paired_by_seed(ours, theirs);
  for (size_t i = 0; i < found.size(); ++i) {
    found[i]["advantage"] = accuracy(found[i]) - accuracy(others[i]);
  }
  return found;
}

Figure starting_gradients(const std::string& title, const std::vector<Group>& groups) {
  return by_layer(
      title, "norm of the weight's gradient",
      [](const json& r) {
        return r.contains("gradient_norms") ? r["gradient_norms"]["start"] : json::array();
      },
      groups);
}

double soonest(const json& record) {
  const double steps = number_of(record, "target_step", INFINITY);
  if (std::isfinite(steps)) return -steps;
  constexpr double kMissed = -1e6;  // later than any horizon
  return failed(record) ? -std::numeric_limits<double>::infinity() : kMissed + accuracy(record);
}

}  // namespace dcgan
