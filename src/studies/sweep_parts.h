// What the sweeps' plans and findings are put together from.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "studies/record_figures.h"
#include "studies/tuned_sweep.h"

namespace dcgan {

/// The arms "batch" and "none", in both networks where there are two.
std::vector<TunedSweep::Arm> with_and_without();

/// Fresh seeds of a budget: 10, 20 or 40.
int64_t usual_seeds(Budget budget);

/// The small convolutional classifier: two 4x4 convolutions of stride 2 with 8 and 16 maps, ReLU,
/// He, 600 steps.
nlohmann::json small_cnn();

/// The DCGAN at 16x16 pixels, 300 steps; `change` replaces settings.
TunedSweep::Point dcgan_point(const std::string& name, const nlohmann::json& change,
                              std::vector<double> rates, double seconds);

/// Whether one arm's runs are better than another's by quality().
PairedQuestion better(const std::string& claim, const std::string& ours_name, const Records& ours,
                      const std::string& theirs_name, const Records& theirs);

/// The runs of `ours`, each with "advantage": its accuracy above that of the same seed's run of
/// `theirs`, a failed run counted as chance. Runs without a counterpart are left out.
Records with_advantage(const Records& ours, const Records& theirs);

/// The gradient norms by layer before the first step, of runs with the setting "probe".
Figure starting_gradients(const std::string& title, const std::vector<Group>& groups);

/// -steps to the target; of runs that miss it, the more accurate one is better.
double soonest(const nlohmann::json& record);

/// What failure() adds where a target is to be reached.
inline constexpr const char* kCensored =
    "; a run that does not reach the target within the horizon is censored there and ranks last";

}  // namespace dcgan
