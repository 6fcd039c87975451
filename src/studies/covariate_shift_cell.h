#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>

namespace dcgan {

/// Trains a classifier (settings as classifier_cell_from() reads them) and looks at every
/// evaluation at how far its layers' inputs have drifted (Ioffe & Szegedy 2015, figure 1) and at
/// the loss along the gradient (Santurkar et al. 2018, figure 4). Beside run_classifier_cell()'s:
/// drift, drift_by_layer, quantiles, loss_range, gradient_change, smoothness.
nlohmann::json run_covariate_shift_classifier(const nlohmann::json& settings, uint64_t seed);

/// The same of a DCGAN's discriminator, whose loss is the simpler one: real images against
/// generated ones. Settings as gan_cell_from() reads them.
nlohmann::json run_covariate_shift_gan(const nlohmann::json& settings, uint64_t seed);

}  // namespace dcgan
