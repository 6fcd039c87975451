#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "models/batch_norm.h"
#include "training/networks.h"

namespace dcgan {

/// One GAN training of a study, from the first step to the horizon, in memory.
struct GanCell {
  std::string data = "digits";
  int64_t image_size = 32;
  std::string norm_g = "batch";
  std::string norm_d = "batch";
  std::string init = "dcgan";
  double lr = 2e-4;
  int64_t nf = 16;  // ngf = ndf
  int64_t steps = 600;
  int64_t eval_every = 60;
  int64_t eval_samples = 2000;
  /// Empty: digits for the digits, stacked-digits for those, else random.
  std::string features;
  /// How real and generated images go through the discriminator: grouped, separate or mixed.
  std::string mixing = "grouped";
  /// Of the hidden stages of both networks, see parse_nonlinearity(); empty: the DCGAN's own.
  std::string activation;
  /// Experiments with every batch norm, see BatchNormOptions.
  BatchNormOptions batch_norm{1};
  /// own: this project's kernels; libtorch: its operators.
  std::string convolutions = "own";
  uint64_t seed = 0;
};

/// Reads the settings of a cell over the defaults; an unknown key is a programming error.
GanCell gan_cell_from(const nlohmann::json& settings, uint64_t seed);

/// Trains and measures. The record holds the trajectory (steps, fid, kid, modes, entropy, diversity
/// at every evaluation, running statistics), and from it: last, best and when; fid_batch (batch
/// statistics at the end); failed and why; collapse_step and threshold_step (null: not within the
/// horizon); late_variation (standard deviation of log FID over the last third).
///
/// A run has failed if a loss or weight is not finite, or if at the horizon its samples are
/// collapsed: their deviation is below half of the real images', or (with a classifier) fewer than
/// half of the classes are drawn.
///
/// `film`: folder for a grid at each evaluation; empty: none.
/// `observe`, if given, sees networks and batch after the step of every evaluation, and leaves them
/// as it found them.
using GanObserver = std::function<void(int64_t step, Networks& networks, const torch::Tensor& real,
                                       const torch::Tensor& latents)>;
nlohmann::json run_gan_cell(const GanCell& cell, double fid_threshold, const std::string& film,
                            const GanObserver& observe = {});

/// FID and KID of the cell's `eval_samples` of its real images, chosen at random, against all of
/// them: what sampling alone costs.
nlohmann::json run_real_floor(const GanCell& cell);

}  // namespace dcgan
